//! Policies for traffic to a host.

use std::sync::Arc;

use super::Visibility;
use crate::base::{HostPattern, Origin, Timestamp};
use crate::resource::istio;

/// A DestinationRule with its host resolved.
#[derive(Clone, Debug)]
pub struct DestinationRule {
    /// The object.
    pub origin: Origin,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// When it was made; none counts as equally old.
    pub created: Option<Timestamp>,
    /// The path Istio's metadata name it by (`/apis/…`).
    pub config_path: String,
    /// Who sees it.
    pub visibility: Visibility,
    /// The host, resolved to a hostname or a `*.suffix`.
    pub host: HostPattern,
    /// What the user wrote.
    pub spec: Arc<istio::DestinationRule>,
}
