//! Host patterns to look up by a host that some name is taken by as well.

use std::collections::BTreeMap;

use crate::base::HostPattern;

/// Things by their host.
#[derive(Debug)]
pub(super) struct Hosts<T> {
    all: Vec<T>,
    /// Concrete hosts.
    exact: BTreeMap<String, Vec<usize>>,
    /// Wildcards by what follows their `*`.
    suffixes: BTreeMap<String, Vec<usize>>,
    /// Both, read from the end: what a wildcard takes stands side by side.
    reversed: BTreeMap<String, Vec<usize>>,
}

impl<T> Default for Hosts<T> {
    fn default() -> Self {
        Self { all: Vec::new(), exact: BTreeMap::new(), suffixes: BTreeMap::new(), reversed: BTreeMap::new() }
    }
}

impl<T> Hosts<T> {
    /// Adds a thing with its host.
    pub(super) fn add(&mut self, host: &HostPattern, thing: T) {
        let at = self.all.len();
        self.all.push(thing);
        let text = match host.suffix() {
            Some(suffix) => {
                self.suffixes.entry(suffix.to_owned()).or_default().push(at);
                suffix
            }
            None => {
                self.exact.entry(host.as_str().to_owned()).or_default().push(at);
                host.as_str()
            }
        };
        self.reversed.entry(reversed(text)).or_default().push(at);
    }

    /// What has a host that takes every name of this one (`host.Name.SubsetOf`), itself included: the most specific
    /// first.
    pub(super) fn wider<'h>(&'h self, host: &'h HostPattern) -> impl Iterator<Item = &'h T> + 'h {
        let text = host.suffix().unwrap_or(host.as_str());
        let exact = self.exact.get(text).filter(|_| !host.is_wildcard());
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let suffixes = ends.filter_map(move |at| self.suffixes.get(text.get(at..)?));
        exact.into_iter().chain(suffixes).flatten().filter_map(|at| self.all.get(*at))
    }

    /// What has a host of which this one takes every name, without those of [`Self::wider`].
    pub(super) fn narrower<'h>(&'h self, host: &'h HostPattern) -> impl Iterator<Item = &'h T> + 'h {
        let start = reversed(host.suffix().unwrap_or(host.as_str()));
        let from = self.reversed.range(start.clone()..).take_while(move |(key, _)| key.starts_with(&start));
        let found = from.map(|(_, found)| found).filter(|_| host.is_wildcard()).flatten();
        let same = host.suffix().and_then(|suffix| self.suffixes.get(suffix));
        found.filter(move |at| !same.is_some_and(|same| same.contains(at))).filter_map(|at| self.all.get(*at))
    }

    /// What has a host that some name of this one is taken by (`host.Name.Matches`).
    pub(super) fn meeting<'h>(&'h self, host: &'h HostPattern) -> impl Iterator<Item = &'h T> + 'h {
        self.wider(host).chain(self.narrower(host))
    }
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
