//! A gateway's servers.

use std::sync::Arc;

use crate::base::{Origin, Timestamp};
use crate::resource::istio;

/// A Gateway, from Istio's kind or from an Ingress.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The object; servers are at `spec.servers[i]` below it.
    pub origin: Origin,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// When it was made; none counts as equally old.
    pub created: Option<Timestamp>,
    /// Annotations that change its meaning.
    pub annotations: std::collections::BTreeMap<String, String>,
    /// What the user wrote, or what an Ingress means.
    pub spec: Arc<istio::Gateway>,
    /// One a server of `spec`: where it comes from, as an Ingress has no servers.
    pub server_origins: Vec<Origin>,
}

impl Gateway {
    /// `namespace/name`, which VirtualServices refer to it by.
    pub fn key(&self) -> String {
        [&self.namespace, "/", &self.name].concat()
    }
}
