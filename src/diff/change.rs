//! What a comparison finds.

use serde::Serialize;

use super::answer::Aspect;
use super::topic::Topic;
use crate::explain::provenance::Citation;
use crate::simulate::Request;

/// One thing that changes for a proxy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What happens to it.
    pub kind: Kind,
    /// What it is.
    pub object: Object,
    /// Its name, or what it takes.
    pub name: String,
    /// What it is part of, from the outside in, each as `listener 0.0.0.0_8080`.
    pub place: Vec<String>,
    /// What is different about it; `existence` for what is added or removed.
    pub topic: Topic,
    /// As it was.
    pub old: Option<String>,
    /// As it is.
    pub new: Option<String>,
    /// What the user wrote for it before; empty where that is not known.
    pub old_origins: Vec<Citation>,
    /// What the user writes for it now.
    pub new_origins: Vec<Citation>,
    /// A request that shows it.
    pub witness: Witness,
}

impl Change {
    /// One without a place, contents, origins and witness.
    pub(super) fn new(kind: Kind, object: Object, name: impl Into<String>, topic: Topic) -> Self {
        Self {
            kind,
            object,
            name: name.into(),
            place: Vec::new(),
            topic,
            old: None,
            new: None,
            old_origins: Vec::new(),
            new_origins: Vec::new(),
            witness: Witness::None { why: String::new() },
        }
    }
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another content.
    Changed,
    /// It has another place among others, where that matters.
    Moved,
    /// An earlier route takes all of its requests now.
    Shadowed,
    /// No earlier route takes all of its requests any more.
    Reachable,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Moved => "moved",
            Self::Shadowed => "shadowed",
            Self::Reachable => "reachable",
        }
    }
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// A listener.
    Listener,
    /// A filter chain.
    FilterChain,
    /// What is the same for all virtual hosts of a filter chain.
    RouteConfiguration,
    /// A virtual host, or one of its domains.
    Host,
    /// A route.
    Route,
    /// A cluster.
    Cluster,
    /// An endpoint of a cluster.
    Endpoint,
    /// A certificate, or the authorities that are trusted.
    Secret,
}

impl Object {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Listener => "listener",
            Self::FilterChain => "filter chain",
            Self::RouteConfiguration => "routes",
            Self::Host => "host",
            Self::Route => "route",
            Self::Cluster => "cluster",
            Self::Endpoint => "endpoint",
            Self::Secret => "secret",
        }
    }
}

/// A request that shows a change, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The old and the new configuration answer it differently.
    Request(Box<Shown>),
    /// No request shows it.
    None {
        /// Why.
        why: String,
    },
}

/// A request and its two answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The request, as the arguments of `meshc route`.
    pub request: String,
    /// The answer before, as far as it differs.
    pub old: String,
    /// The answer now, as far as it differs.
    pub new: String,
    /// In what the answers differ.
    pub differs: Vec<Aspect>,
    /// Under which circumstances a client sees it, where it is not seen by each single request.
    pub when: Option<String>,
    /// Filters on the way that may answer first, and are not evaluated.
    pub unless: Vec<String>,
    /// The request itself.
    #[serde(skip)]
    pub sent: Request,
}
