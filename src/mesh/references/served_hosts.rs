//! The hosts that a Gateway's servers serve, to look up by a VirtualService's host.

use std::collections::BTreeMap;

use crate::base::{HostPattern, NamespacedHost, Origin};
use crate::mesh::Gateway;

/// A host of a server, and the namespace that VirtualServices must be in.
struct Served<'m> {
    written: &'m NamespacedHost,
    namespace: Option<&'m str>,
    origin: Origin,
}

/// The hosts of a Gateway. A lookup costs as much as the host is long, however many there are.
pub(super) struct ServedHosts<'m> {
    all: Vec<Served<'m>>,
    /// Concrete hosts.
    exact: BTreeMap<&'m str, Vec<usize>>,
    /// Wildcards by what follows their `*`.
    suffixes: BTreeMap<&'m str, Vec<usize>>,
    /// Both, read from the end: what a wildcard takes stands side by side.
    reversed: BTreeMap<String, Vec<usize>>,
}

/// Whether a host is served.
pub(super) enum Answer<'s> {
    /// It is.
    Served,
    /// Only for VirtualServices of another namespace: by this host of a server.
    OtherNamespace(&'s Origin, &'s NamespacedHost),
    /// It is not.
    Unserved,
}

impl<'m> ServedHosts<'m> {
    pub(super) fn new(gateway: &'m Gateway) -> Self {
        let mut hosts =
            Self { all: Vec::new(), exact: BTreeMap::new(), suffixes: BTreeMap::new(), reversed: BTreeMap::new() };
        for (server, origin) in gateway.spec.servers.iter().zip(&gateway.server_origins) {
            for (at, written) in server.hosts.iter().enumerate() {
                hosts.add(written, &gateway.namespace, origin.key("hosts").index(at));
            }
        }
        hosts
    }

    /// `.` is the Gateway's namespace, `*` any (`istio: sanitizeServerHostNamespace`).
    fn add(&mut self, written: &'m NamespacedHost, own: &'m str, origin: Origin) {
        let namespace = match written.namespace.as_deref() {
            Some(".") => Some(own),
            Some("*") | None => None,
            namespace => namespace,
        };
        let at = self.all.len();
        self.all.push(Served { written, namespace, origin });
        match written.host.suffix() {
            Some(suffix) => self.suffixes.entry(suffix).or_default().push(at),
            None => self.exact.entry(written.host.as_str()).or_default().push(at),
        }
        let concrete = written.host.suffix().unwrap_or(written.host.as_str());
        self.reversed.entry(reversed(concrete)).or_default().push(at);
    }

    /// Whether a VirtualService of `namespace` has its host here: some name is taken by both
    /// (`istio: pickMatchingGatewayHosts`).
    pub(super) fn answer(&self, host: &HostPattern, namespace: &str) -> Answer<'_> {
        let mut refused = None;
        for at in self.matching(host) {
            let Some(served) = self.all.get(at) else { continue };
            match served.namespace {
                Some(required) if required != namespace => refused = refused.or(Some(served)),
                _ => return Answer::Served,
            }
        }
        refused.map_or(Answer::Unserved, |served| Answer::OtherNamespace(&served.origin, served.written))
    }

    fn matching<'h>(&'h self, host: &'h HostPattern) -> impl Iterator<Item = usize> + 'h {
        let text = host.suffix().unwrap_or(host.as_str());
        let exact = self.exact.get(text).filter(|_| !host.is_wildcard());
        // What is wider than the host: every wildcard whose suffix it ends with.
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let wider = ends.filter_map(move |at| self.suffixes.get(text.get(at..)?));
        // What is narrower than it: everything that ends with its suffix.
        let narrower = host.suffix().map(reversed).into_iter().flat_map(|start| {
            let from = self.reversed.range(start.clone()..).take_while(move |(key, _)| key.starts_with(&start));
            from.map(|(_, found)| found)
        });
        exact.into_iter().chain(wider).chain(narrower).flatten().copied()
    }
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}
