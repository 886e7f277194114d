//! Routes of hosts.

use std::sync::{Arc, LazyLock};

use super::Visibility;
use crate::base::{HostPattern, Origin, Origins, Path, Timestamp};
use crate::resource::istio;

/// A VirtualService with delegates merged and short names resolved to hostnames.
#[derive(Clone, Debug)]
pub struct VirtualService {
    /// The object.
    pub origin: Origin,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// When it was made; none counts as equally old.
    pub created: Option<Timestamp>,
    /// Annotations that change its meaning.
    pub annotations: std::collections::BTreeMap<String, String>,
    /// The path Istio's metadata name it by (`/apis/…`).
    pub config_path: Arc<str>,
    /// Who sees it.
    pub visibility: Visibility,
    /// Its hosts, resolved to hostnames, in the user's order.
    pub hosts: Vec<HostPattern>,
    /// Its gateways as `namespace/name` or `mesh`; never empty.
    pub gateways: Vec<String>,
    /// HTTP routes in order.
    pub http: Vec<Rule<istio::virtual_service::HttpRoute>>,
    /// TLS routes in order.
    pub tls: Vec<Rule<istio::virtual_service::TlsRoute>>,
    /// TCP routes in order.
    pub tcp: Vec<Rule<istio::virtual_service::TcpRoute>>,
    /// Whether Istio treats it as made from a Gateway API or Ingress object.
    pub semantics: Semantics,
}

impl VirtualService {
    /// Where a host is written.
    pub fn host_origin(&self, at: usize) -> Origin {
        /// The same steps for all of them.
        static HOSTS: LazyLock<Path> = LazyLock::new(|| Path::root().key("spec").key("hosts"));
        Origin { resource: self.origin.resource, path: HOSTS.index(at) }
    }
}

/// Which rules a VirtualService follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semantics {
    /// Istio's own.
    #[default]
    Istio,
    /// Kubernetes Ingress: prefixes end at path separators.
    Ingress,
}

/// A rule, and the nodes that made it: its own and, for a delegate, the delegating one too.
#[derive(Clone, Debug)]
pub struct Rule<T> {
    /// The nodes, the closest first.
    pub origins: Origins,
    /// The nodes of each of its matches, in their order; a delegate's match narrows one of the
    /// delegating rule. Empty where the rule itself is the match, as a path of an Ingress is.
    pub match_origins: Vec<Origins>,
    /// The rule.
    pub spec: Arc<T>,
}

impl<T> Rule<T> {
    /// A rule with `matches` matches that are written in it.
    pub fn written(origin: Origin, matches: usize, spec: T) -> Self {
        let match_origins = (0..matches).map(|at| vec![origin.key("match").index(at)]).collect();
        Self { origins: vec![origin], match_origins, spec: Arc::new(spec) }
    }
}
