//! VirtualServices of one gateway by their hosts.
//!
//! A gateway may have thousands of servers and thousands of VirtualServices: what a server's hosts
//! meet is found in the size of the answer, not by trying every pair.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{HostPattern, NamespacedHost};
use crate::mesh::VirtualService;

/// The VirtualServices of one gateway, by host. Hosts are kept back to front, so that those with a
/// common end are neighbours.
#[derive(Clone, Debug, Default)]
pub(super) struct HostIndex<'m> {
    virtual_services: Vec<&'m VirtualService>,
    concrete: BTreeMap<Vec<u8>, Vec<Place>>,
    wildcard: BTreeMap<Vec<u8>, Vec<Place>>,
    wildcard_lengths: BTreeSet<usize>,
}

/// A host of a VirtualService: which of them, and which of its hosts.
type Place = (usize, usize);

/// A VirtualService that a server serves, with the hosts that both have.
#[derive(Clone, Debug)]
pub(super) struct Met<'m> {
    /// The VirtualService.
    pub(super) virtual_service: &'m VirtualService,
    /// Its place in the index.
    pub(super) at: usize,
    /// The hosts that both take, the narrower of each pair, with the index of the VirtualService's host: by host, each
    /// once.
    pub(super) hosts: Vec<(&'m HostPattern, usize)>,
}

impl<'m> HostIndex<'m> {
    /// Indexes VirtualServices, which stay in their order.
    pub(super) fn new(virtual_services: &[&'m VirtualService]) -> Self {
        let mut index = Self { virtual_services: virtual_services.to_vec(), ..Self::default() };
        for (at, virtual_service) in virtual_services.iter().enumerate() {
            for (host_at, host) in virtual_service.hosts.iter().enumerate() {
                let hosts = match host.suffix() {
                    Some(suffix) => {
                        index.wildcard_lengths.insert(suffix.len());
                        index.wildcard.entry(reversed(suffix)).or_default()
                    }
                    None => index.concrete.entry(reversed(host.as_str())).or_default(),
                };
                hosts.push((at, host_at));
            }
        }
        index
    }

    /// The VirtualServices whose hosts meet those of a server, in their order. A server's host with a
    /// namespace takes only VirtualServices of it (`istio: host.NamesForNamespace, Names.Intersection`;
    /// `core.pickMatchingGatewayHosts` finds the same ones).
    pub(super) fn met<'h>(&self, hosts: &'h [NamespacedHost]) -> Vec<Met<'h>>
    where
        'm: 'h,
    {
        let mut met: Vec<(usize, &'h HostPattern, usize)> = Vec::new();
        for host in hosts {
            self.each_met(&host.host, |(at, host_at)| {
                let Some(&virtual_service) = self.virtual_services.get(at) else {
                    return;
                };
                let reachable = host.namespace.as_ref().is_none_or(|namespace| *namespace == virtual_service.namespace);
                if let (true, Some(theirs)) = (reachable, virtual_service.hosts.get(host_at)) {
                    let narrower = if host.host.subset_of(theirs) { &host.host } else { theirs };
                    met.push((at, narrower, host_at));
                }
            });
        }
        // Stable: of pairs with the same narrower host, the first counts.
        met.sort_by(|(a, host, _), (b, other, _)| (a, host).cmp(&(b, other)));
        met.dedup_by(|(a, host, _), (b, other, _)| (a, host) == (b, other));
        let found = met.chunk_by(|(a, ..), (b, ..)| a == b);
        let found = found.filter_map(|pairs| {
            let at = pairs.first()?.0;
            let virtual_service = *self.virtual_services.get(at)?;
            Some(Met { virtual_service, at, hosts: pairs.iter().map(|(_, host, at)| (*host, *at)).collect() })
        });
        found.collect()
    }

    /// Calls `found` for every indexed host that meets this one.
    fn each_met(&self, host: &HostPattern, mut found: impl FnMut(Place)) {
        let text = host.suffix().unwrap_or(host.as_str());
        let key = reversed(text);
        // Wildcards that take all of it: their ends are ends of it.
        for length in self.wildcard_lengths.iter().take_while(|length| **length <= key.len()) {
            let places = key.get(..*length).and_then(|end| self.wildcard.get(end));
            places.into_iter().flatten().copied().for_each(&mut found);
        }
        if host.is_wildcard() {
            // Those that it takes: it is an end of theirs. An equal wildcard was found above.
            for hosts in [&self.concrete, &self.wildcard] {
                let below = hosts.range(key.clone()..).take_while(|(theirs, _)| theirs.starts_with(&key));
                below.flat_map(|(_, places)| places).copied().for_each(&mut found);
            }
        } else {
            self.concrete.get(&key).into_iter().flatten().copied().for_each(found);
        }
    }
}

fn reversed(text: &str) -> Vec<u8> {
    text.bytes().rev().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::{Origin, ResourceId};
    use crate::mesh::{Semantics, Visibility};

    fn virtual_service(namespace: &str, hosts: &[&str]) -> VirtualService {
        VirtualService {
            origin: Origin::of(ResourceId(0)),
            name: hosts.concat(),
            namespace: namespace.to_owned(),
            created: None,
            annotations: BTreeMap::new(),
            config_path: "".into(),
            visibility: Visibility::Public,
            hosts: hosts.iter().map(|host| HostPattern::from(*host)).collect(),
            gateways: Vec::new(),
            http: Vec::new(),
            tls: Vec::new(),
            tcp: Vec::new(),
            semantics: Semantics::Istio,
        }
    }

    #[test]
    fn the_narrower_host_is_met() {
        let all = [
            virtual_service("a", &["a.com", "b.com"]),
            virtual_service("a", &["*.com"]),
            virtual_service("b", &["a.com", "x.org"]),
            virtual_service("a", &["*"]),
        ];
        let index = HostIndex::new(&all.iter().collect::<Vec<_>>());
        let met = |hosts: &[&str]| -> Vec<(usize, String)> {
            let hosts: Vec<NamespacedHost> = hosts.iter().map(|host| (*host).to_owned().into()).collect();
            let found = index.met(&hosts);
            let at = |found: &Met<'_>| all.iter().position(|one| std::ptr::eq(one, found.virtual_service));
            let text =
                |found: &Met<'_>| found.hosts.iter().map(|(host, _)| host.as_str()).collect::<Vec<_>>().join(" ");
            found.iter().filter_map(|found| Some((at(found)?, text(found)))).collect()
        };
        let pairs = |pairs: &[(usize, &str)]| -> Vec<(usize, String)> {
            pairs.iter().map(|(at, text)| (*at, (*text).to_owned())).collect()
        };
        assert_eq!(met(&["a.com"]), pairs(&[(0, "a.com"), (1, "a.com"), (2, "a.com"), (3, "a.com")]));
        assert_eq!(met(&["b/a.com"]), pairs(&[(2, "a.com")]));
        assert_eq!(met(&["*.com"]), pairs(&[(0, "a.com b.com"), (1, "*.com"), (2, "a.com"), (3, "*.com")]));
        assert_eq!(met(&["*"]), pairs(&[(0, "a.com b.com"), (1, "*.com"), (2, "a.com x.org"), (3, "*")]));
        assert_eq!(met(&["*.y.com"]), pairs(&[(1, "*.y.com"), (3, "*.y.com")]));
    }
}
