//! Tests as they were read, whatever their format.

use serde_json::Value;

use super::expectation::Expectation;
use super::{router_check, validator};
use crate::base::{FileId, Span};
use crate::simulate::Request;

/// The tests of one document.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// The file it is in.
    pub file: FileId,
    /// The files and directories with the configuration, relative to the file; none is that of the run.
    pub config: Vec<String>,
    /// Whose configuration is asked, where a test does not say it.
    pub subject: Option<Subject>,
    /// The tests.
    pub tests: Vec<Test>,
}

/// Whose configuration is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Where it is said.
    pub at: Span,
    /// Which proxy.
    pub proxy: ProxyName,
}

/// Which proxy.
#[derive(Clone, Debug, PartialEq)]
pub enum ProxyName {
    /// The router that this Gateway's selector picks, as `ns/name`.
    Gateway(String),
    /// A workload of the input, as `ns/name`.
    Workload(String),
    /// Envoy's node id and its metadata, an object.
    Node {
        /// As `sidecar~10.0.0.9~pod.ns~ns.svc.cluster.local`.
        id: String,
        /// Such as labels.
        metadata: Value,
    },
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// Where it starts.
    pub at: Span,
    /// Whose configuration is asked, where it differs from the suite's.
    pub subject: Option<Subject>,
    /// What is asked.
    pub question: Question,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Where requests go: each of them must meet each expectation.
    Way {
        /// The requests.
        requests: Vec<Request>,
        /// What must hold.
        expectations: Vec<Expectation>,
    },
    /// What VirtualServices say.
    VirtualServices(validator::Case),
    /// What a route configuration does.
    RouteTable(Box<router_check::Case>),
}
