//! Host patterns to look up by a host that some name is taken by as well.

use std::sync::OnceLock;

use indexmap::IndexMap;

use super::HostPattern;

/// Things by their host. A lookup costs as much as the host is long, however many there are.
#[derive(Debug)]
pub struct Hosts<'h, T> {
    all: Vec<Held<'h, T>>,
    /// Concrete hosts.
    exact: IndexMap<&'h str, Chain>,
    /// Wildcards by what follows their `*`.
    suffixes: IndexMap<&'h str, Chain>,
    /// The texts of both, read from the end and sorted: what a wildcard takes stands side by side. Made for the first
    /// wildcard that asks.
    reversed: OnceLock<Vec<(String, usize)>>,
}

/// A thing, and the next one of the same host.
#[derive(Debug)]
struct Held<'h, T> {
    host: &'h HostPattern,
    thing: T,
    next: Option<usize>,
}

/// The things of one host, by the first and the last of them.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: usize,
    last: usize,
}

impl<T> Default for Hosts<'_, T> {
    fn default() -> Self {
        Self { all: Vec::new(), exact: IndexMap::new(), suffixes: IndexMap::new(), reversed: OnceLock::new() }
    }
}

impl<'h, T> Hosts<'h, T> {
    /// Adds a thing with its host.
    pub fn add(&mut self, host: &'h HostPattern, thing: T) {
        let at = self.all.len();
        self.all.push(Held { host, thing, next: None });
        self.reversed.take();
        let chains = if host.is_wildcard() { &mut self.suffixes } else { &mut self.exact };
        let chain = chains.entry(text(host)).or_insert(Chain { first: at, last: at });
        if let Some(before) = self.all.get_mut(chain.last).filter(|_| chain.last != at) {
            before.next = Some(at);
        }
        chain.last = at;
    }

    /// What has a host that takes every name of this one (`host.Name.SubsetOf`), itself included: the most specific
    /// first.
    pub fn wider<'s>(&'s self, host: &'s HostPattern) -> impl Iterator<Item = &'s T> + 's {
        self.ending(text(host), host.is_wildcard())
    }

    /// What takes a concrete name: the most specific first.
    pub fn taking<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s T> + 's {
        self.ending(name, false)
    }

    fn ending<'s>(&'s self, name: &'s str, is_wildcard: bool) -> impl Iterator<Item = &'s T> + 's {
        let exact = self.exact.get(name).filter(|_| !is_wildcard);
        let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]).filter(|_| !self.suffixes.is_empty());
        let suffixes = ends.filter_map(move |at| self.suffixes.get(name.get(at..)?));
        exact.into_iter().chain(suffixes).flat_map(|chain| self.chain(*chain))
    }

    /// What has a host of which this one takes every name, without those of [`Self::wider`].
    pub fn narrower<'s>(&'s self, host: &'s HostPattern) -> impl Iterator<Item = &'s T> + 's {
        let asked = host.suffix().map(|suffix| (reversed(suffix), self.reversed()));
        let found = asked.into_iter().flat_map(|(start, all)| {
            let from = all.partition_point(|(text, _)| *text < start);
            all.get(from..).unwrap_or_default().iter().take_while(move |(text, _)| text.starts_with(&start))
        });
        found.filter_map(|(_, at)| self.all.get(*at)).filter(move |held| held.host != host).map(|held| &held.thing)
    }

    /// What has a host that some name of this one is taken by (`host.Name.Matches`).
    pub fn meeting<'s>(&'s self, host: &'s HostPattern) -> impl Iterator<Item = &'s T> + 's {
        self.wider(host).chain(self.narrower(host))
    }

    fn chain(&self, chain: Chain) -> impl Iterator<Item = &T> {
        let held = std::iter::successors(self.all.get(chain.first), |held| self.all.get(held.next?));
        held.map(|held| &held.thing)
    }

    fn reversed(&self) -> &[(String, usize)] {
        self.reversed.get_or_init(|| {
            let texts = self.all.iter().enumerate().map(|(at, held)| (reversed(text(held.host)), at));
            let mut texts: Vec<_> = texts.collect();
            texts.sort();
            texts
        })
    }
}

/// The host without its `*`.
fn text(host: &HostPattern) -> &str {
    host.suffix().unwrap_or(host.as_str())
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn hosts_are_found_as_by_comparing_each() {
        let all = ["*", "*.com", "*.a.com", "x.a.com", "a.com", "b.com", "*.b.com", "x.b.com"].map(HostPattern::from);
        let mut hosts = Hosts::default();
        all.iter().for_each(|host| hosts.add(host, host.clone()));
        for host in &all {
            let meeting: BTreeSet<_> = all.iter().filter(|other| other.matches(host)).collect();
            assert_eq!(hosts.meeting(host).collect::<BTreeSet<_>>(), meeting, "{host}");
            assert_eq!(hosts.meeting(host).count(), meeting.len(), "{host}");
            let wider: BTreeSet<_> = all.iter().filter(|other| host.subset_of(other)).collect();
            assert_eq!(hosts.wider(host).collect::<BTreeSet<_>>(), wider, "{host}");
        }
        assert_eq!(hosts.wider(&"x.a.com".into()).next().map(HostPattern::as_str), Some("x.a.com"));
    }
}
