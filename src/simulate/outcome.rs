//! What became of a request.

use std::fmt;

use serde::Serialize;

/// Every step that was decided, and the end. A step that is missing was not reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// The listener.
    pub listener: Option<Step>,
    /// The filter chain.
    pub filter_chain: Option<ChainStep>,
    /// Filter chains that did not take it, in order.
    pub passed_over_chains: Vec<PassedOver>,
    /// The route configuration; empty is one without a name.
    pub route_configuration: Option<String>,
    /// Whether the route configuration is written in the filter chain.
    pub inline: bool,
    /// The virtual host.
    pub virtual_host: Option<VirtualHostStep>,
    /// The route.
    pub route: Option<RouteStep>,
    /// Routes before it that did not take it, in order.
    pub passed_over_routes: Vec<PassedOver>,
    /// Filters on the way that may answer first or change something, and are not judged.
    pub unjudged: Vec<String>,
    /// Faults that are injected on the way.
    pub injections: Vec<Injection>,
    /// Headers that CORS sets in the response, as `name: value`.
    pub cors_headers: Vec<String>,
    /// The filter that answers, before the request is routed.
    pub answered_by: Option<String>,
    /// Whether the client speaks gRPC: an answer of the proxy itself then has the status 200, and tells the one that is
    /// meant by `grpc-status`, as [`grpc_status`](super::grpc_status) gives it.
    pub grpc: bool,
    /// The end.
    pub end: End,
}

impl Outcome {
    /// The status that the proxy itself answers with: of a redirect, an answer, an error, or a cluster that is not there;
    /// `None` where a cluster answers, or no one does.
    pub fn own_status(&self) -> Option<u16> {
        match &self.end {
            End::Redirect { status, .. } | End::DirectResponse { status, .. } => Some(*status),
            End::Fault(fault) => fault.status(),
            End::Forward(forward) => {
                let mut statuses = forward.clusters.iter().filter(|it| it.weight > 0).map(|it| it.missing_status);
                let first = statuses.next().flatten();
                first.filter(|_| statuses.all(|status| status == first))
            }
            End::Tcp(_) => None,
        }
    }
}

/// A fault that a filter injects. One for all requests ends the way; one for a part of them leaves it as it is for the
/// others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Injection {
    /// The request waits first.
    Delay {
        /// Of a million requests.
        per_million: u32,
        /// How long, as `1.5s`.
        duration: String,
    },
    /// The request is answered with an error.
    Abort {
        /// Of a million requests.
        per_million: u32,
        /// The status.
        status: u16,
        /// The `grpc-status` for a client that speaks gRPC, where it is said.
        grpc_status: Option<u32>,
    },
}

/// A named object at a place in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its place, from 0.
    pub index: usize,
    /// Its name; may be empty.
    pub name: String,
}

/// The filter chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainStep {
    /// Its place; the default chain comes after the others.
    pub index: usize,
    /// Its name; may be empty.
    pub name: String,
    /// Whether TLS ends here.
    pub terminates_tls: bool,
}

/// The virtual host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VirtualHostStep {
    /// Its place in the route configuration.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// The domain that took the host.
    pub domain: String,
}

/// The route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteStep {
    /// Its place in the virtual host.
    pub index: usize,
    /// Its name; may be empty.
    pub name: String,
    /// Of a million such requests, this many take it, the others go on to the next; unset is all.
    pub per_million: Option<u32>,
}

/// What did not take the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// Its place in its list.
    pub index: usize,
    /// Its name; may be empty.
    pub name: String,
    /// The first condition that failed.
    pub why: String,
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum End {
    /// An HTTP request goes to an endpoint.
    Forward(Box<Forward>),
    /// Bytes go to an endpoint.
    Tcp(TcpForward),
    /// The proxy sends the client elsewhere.
    Redirect {
        /// The status.
        status: u16,
        /// The `location` header.
        location: String,
    },
    /// The proxy answers.
    DirectResponse {
        /// The status.
        status: u16,
        /// The body, where it is written in place.
        body: Option<String>,
    },
    /// It goes nowhere.
    Fault(Fault),
}

impl Default for End {
    fn default() -> Self {
        Self::Fault(Fault::NoListener)
    }
}

/// Where an HTTP request goes, and as what.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forward {
    /// The clusters with their parts; one, unless the route has weights.
    pub clusters: Vec<Share>,
    /// Path and query after rewriting.
    pub path: String,
    /// The authority after rewriting.
    pub host: String,
    /// Whether the authority becomes the hostname of the endpoint.
    pub auto_host: bool,
    /// How long an answer may take, as `15s`; `0s` is without limit.
    pub timeout: String,
    /// How often a failed try is repeated, and when.
    pub retries: Option<Retries>,
    /// Clusters that get copies.
    pub mirrors: Vec<String>,
    /// Headers that are set or added to the request, as `name: value`.
    pub request_headers_added: Vec<String>,
    /// Headers removed from the request.
    pub request_headers_removed: Vec<String>,
    /// Headers that are set or added to the response.
    pub response_headers_added: Vec<String>,
    /// Headers removed from the response.
    pub response_headers_removed: Vec<String>,
}

/// Retries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Retries {
    /// How often at most.
    pub attempts: u32,
    /// When, as Envoy names it.
    pub on: String,
    /// How long one try may take.
    pub per_try_timeout: Option<String>,
}

/// Where bytes go.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TcpForward {
    /// The clusters with their parts.
    pub clusters: Vec<Share>,
}

/// A cluster's part.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// The cluster.
    pub cluster: String,
    /// Its weight; the weights of all are the whole.
    pub weight: u32,
    /// The endpoints that are known.
    pub endpoints: Vec<String>,
    /// How endpoints are found; `None` is a cluster that does not exist.
    pub discovery: Option<String>,
    /// The status that is answered for a cluster that does not exist.
    pub missing_status: Option<u16>,
    /// The authority that it receives, unless it becomes the endpoint's hostname.
    pub host: String,
    /// The client's headers as it receives them, names in lower case; without those that Envoy adds by itself, and with
    /// variables of Envoy as they are written. None for TCP.
    pub request_headers: Vec<(String, String)>,
}

/// Why it goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Nothing listens there.
    NoListener,
    /// No filter chain takes the connection, so it is closed.
    NoFilterChain,
    /// Two filter chains take the same connections; Envoy refuses the listener.
    SeveralFilterChains {
        /// Their names.
        names: Vec<String>,
    },
    /// The filter chain ends TLS and the client speaks none.
    PlaintextToTls,
    /// The filter chain asks for a certificate and the client has none.
    NoClientCertificate,
    /// TLS or other bytes come where HTTP is expected.
    NotHttp,
    /// The filter chain has neither an HTTP connection manager nor a TCP proxy.
    NoTerminalFilter,
    /// The route configuration is not there: 404.
    NoRouteConfiguration {
        /// Its name.
        name: String,
    },
    /// No virtual host takes the host: 404.
    NoVirtualHost {
        /// The host.
        host: String,
    },
    /// No route of the virtual host takes the request: 404.
    NoRoute,
    /// The route or virtual host uses a feature that is not evaluated.
    NotEvaluated {
        /// Which.
        what: String,
    },
    /// The path cannot be normalised, or its escaped slashes or its fragment are refused: 400.
    BadPath,
    /// The request is refused before it is routed.
    BadRequest {
        /// The status.
        status: u16,
        /// What is wrong with it.
        why: String,
    },
    /// The request is no valid HTTP/2, and its stream is reset.
    StreamReset {
        /// What is wrong with it.
        why: String,
    },
}

impl Fault {
    /// The status that an HTTP client sees, where it gets an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NoRouteConfiguration { .. } | Self::NoVirtualHost { .. } | Self::NoRoute => Some(404),
            Self::BadPath => Some(400),
            Self::BadRequest { status, .. } => Some(*status),
            Self::NoListener
            | Self::NoFilterChain
            | Self::SeveralFilterChains { .. }
            | Self::PlaintextToTls
            | Self::NoClientCertificate
            | Self::NotHttp
            | Self::NoTerminalFilter
            | Self::StreamReset { .. }
            | Self::NotEvaluated { .. } => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoListener => f.write_str("nothing listens there"),
            Self::NoFilterChain => f.write_str("no filter chain takes the connection, so it is closed"),
            Self::SeveralFilterChains { names } => {
                write!(
                    f,
                    "filter chains take the same connections, and Envoy refuses the listener: {}",
                    names.join(", ")
                )
            }
            Self::PlaintextToTls => f.write_str("the filter chain ends TLS, and the client speaks plaintext"),
            Self::NoClientCertificate => {
                f.write_str("the filter chain asks for a client certificate, and there is none")
            }
            Self::NotHttp => f.write_str("HTTP is expected, and something else comes"),
            Self::NoTerminalFilter => f.write_str("the filter chain has neither HTTP nor a TCP proxy"),
            Self::NoRouteConfiguration { name } => write!(f, "404: there is no route configuration `{name}`"),
            Self::NoVirtualHost { host } => write!(f, "404: no virtual host takes `{host}`"),
            Self::NoRoute => f.write_str("404: no route of the virtual host takes the request"),
            Self::NotEvaluated { what } => write!(f, "not evaluated: {what}"),
            Self::BadPath => f.write_str("400: the path is refused"),
            Self::BadRequest { status, why } => write!(f, "{status}: {why}"),
            Self::StreamReset { why } => write!(f, "the stream is reset: {why}"),
        }
    }
}
