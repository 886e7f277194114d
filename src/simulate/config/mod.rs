//! The parts of an Envoy configuration that decide where a request goes.
//!
//! Names of fields are those of Envoy's protos. What is not read here does not decide it, or is
//! named by the outcome as not judged.

pub mod cluster;
pub mod filter;
pub mod listener;
pub mod matcher;
mod read;
pub mod route;

use indexmap::IndexMap;

pub use read::{Lists, ReadError};

use cluster::{Cluster, ClusterLoadAssignment};
use listener::Listener;
use route::RouteConfiguration;

/// One proxy's configuration.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Its listeners, in order.
    pub listeners: Vec<Listener>,
    /// The route configurations that listeners name.
    pub routes: IndexMap<String, RouteConfiguration>,
    /// Its clusters by name.
    pub clusters: IndexMap<String, Cluster>,
    /// Endpoints of clusters that have them by discovery.
    pub endpoints: IndexMap<String, ClusterLoadAssignment>,
    /// Whether a path with a `#` is refused, and not cut there: the runtime feature
    /// `http_reject_path_with_fragment`, which Istio turns off.
    pub rejects_fragments: bool,
}
