//! What the checks know of a configuration, whatever form it was read from.

use std::collections::BTreeSet;

use crate::base::{Diagnostic, Diagnostics, Location, Origin};

/// A text of the configuration, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    pub text: &'a str,
    pub place: Option<Origin>,
}

/// The name of something that should be defined elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Use<'a> {
    pub name: &'a str,
    /// What names it, as `the route`.
    pub by: &'a str,
    pub place: Option<Origin>,
}

/// A listener.
#[derive(Clone, Debug)]
pub(super) struct Listener<'a> {
    pub name: &'a str,
    /// The sockets it binds; none where connections are only handed to it.
    pub sockets: Vec<Socket<'a>>,
    /// Each chain's matches, every one as a text that equal matches have in common.
    pub chains: Vec<(Vec<String>, Option<Origin>)>,
    pub place: Option<Origin>,
}

/// A bound socket.
#[derive(Clone, Debug)]
pub(super) struct Socket<'a> {
    pub address: &'a str,
    pub port: u64,
    pub udp: bool,
    /// Whether others may bind it beside this listener (`enable_reuse_port`, by default true).
    pub reuse: bool,
    pub place: Option<Origin>,
}

/// A Unix socket.
#[derive(Clone, Debug)]
pub(super) struct Pipe<'a> {
    pub path: &'a str,
    pub mode: Option<u64>,
    /// Whether it is listened on, not connected to.
    pub is_bound: bool,
    pub place: Option<Origin>,
}

/// A number or an enumeration's value that must be one of some.
#[derive(Clone, Debug)]
pub(super) struct Written<'a> {
    /// As it is written.
    pub text: std::borrow::Cow<'a, str>,
    pub place: Option<Origin>,
}

/// A regular expression and the text that its groups are put into.
#[derive(Clone, Debug)]
pub(super) struct Rewrite<'a> {
    pub pattern: &'a str,
    pub substitution: &'a str,
    pub place: Option<Origin>,
}

/// Two ends of a range of TLS versions; `None` where Envoy decides.
#[derive(Clone, Debug)]
pub(super) struct TlsVersions {
    pub least: Option<u8>,
    pub most: Option<u8>,
    pub place: Option<Origin>,
}

/// What others are defined, and who names them.
#[derive(Clone, Debug, Default)]
pub(super) struct Names<'a> {
    pub defined: Vec<Text<'a>>,
    pub used: Vec<Use<'a>>,
    /// Whether more may be defined by a control plane, or in a part that is not there.
    pub open: bool,
}

impl<'a> Names<'a> {
    /// The uses that nothing defines; none where more may be defined elsewhere.
    pub(super) fn undefined(&self) -> Vec<&Use<'a>> {
        if self.open {
            return Vec::new();
        }
        let defined: BTreeSet<&str> = self.defined.iter().map(|one| one.text).collect();
        self.used.iter().filter(|one| !defined.contains(one.name)).collect()
    }
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts<'a> {
    pub listeners: Vec<Listener<'a>>,
    /// The socket of the admin interface, which binds without sharing.
    pub admin: Option<Socket<'a>>,
    pub pipes: Vec<Pipe<'a>>,
    pub clusters: Names<'a>,
    pub route_configurations: Names<'a>,
    pub secrets: Names<'a>,
    pub endpoints: Names<'a>,
    pub internal_listeners: Names<'a>,
    /// The domains of each route configuration.
    pub domains: Vec<Vec<Text<'a>>>,
    pub headers: Vec<Text<'a>>,
    /// Values of `retry_on`: words with commas between them.
    pub retries: Vec<Text<'a>>,
    pub rewrites: Vec<Rewrite<'a>>,
    pub regexes: Vec<Text<'a>>,
    pub server_names: Vec<Text<'a>>,
    /// Ports of addresses, and whether 0 is one.
    pub ports: Vec<(Written<'a>, Zero)>,
    pub tls_versions: Vec<TlsVersions>,
    pub files: Vec<Text<'a>>,
    pub redirects: Vec<Written<'a>>,
    pub responses: Vec<Written<'a>>,
}

/// Whether a port may be 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zero {
    /// The system chooses one, as for a listener.
    Chosen,
    /// Nothing answers there, as for an endpoint.
    Refused,
}

/// Where a finding points.
pub(super) fn at(place: &Option<Origin>) -> Location {
    place.clone().map_or(Location::Nowhere, Location::Value)
}

/// Those that have the name of one before them, each with the first.
pub(super) fn repeated<'f, 'a>(texts: &'f [Text<'a>]) -> Vec<(&'f Text<'a>, &'f Text<'a>)> {
    let mut first = std::collections::BTreeMap::new();
    let mut again = Vec::new();
    for one in texts {
        match first.entry(one.text) {
            std::collections::btree_map::Entry::Vacant(free) => drop(free.insert(one)),
            std::collections::btree_map::Entry::Occupied(taken) => again.push((*taken.get(), one)),
        }
    }
    again
}

/// Reports what is defined twice where a name may stand once; `kind` is as users call it.
pub(super) fn report_repeated(code: &'static str, kind: &str, defined: &[Text<'_>], found: &mut Diagnostics) {
    for (first, again) in repeated(defined) {
        let message = format!("the {kind} `{}` is defined twice", again.text);
        found.push(
            Diagnostic::error(code, at(&again.place), message)
                .labelled("defined again here")
                .related(at(&first.place), "first defined here")
                .help("keep one, or rename one and what names it"),
        );
    }
}
