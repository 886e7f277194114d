//! Which DestinationRule holds for a service, as one client sees it.
//!
//! Takes all DestinationRules of the mesh and gives, for a service, at most one [`MergedRule`].
//! The rules of one namespace for one host are merged first, then the lookup goes through
//! namespaces: the client's, the service's, the root namespace (Istio docs: *DestinationRule*;
//! `istio: model/push_context.go: setDestinationRules, destinationRule`,
//! `model/destination_rule.go: mergeDestinationRule`, `model/sidecar.go: DestinationRule`).
//! A lookup costs the length of the hostname, not the number of rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{ExportTo, Labels, Origin, Origins};
use crate::mesh::{DestinationRule, Service};
use crate::proxy::{Proxy, ProxyView};
use crate::resource::istio::destination_rule::{Subset, TrafficPolicy};

/// A part of a DestinationRule, and where it is written.
#[derive(Clone, Debug)]
pub struct Written<'m, T> {
    /// The part.
    pub value: &'m T,
    /// Where it is written.
    pub origin: Origin,
}

/// The DestinationRules of one namespace for one host, merged.
#[derive(Clone, Debug)]
pub struct MergedRule<'m> {
    /// The rules it is merged from; the first gives it its name. Never empty.
    pub rules: Vec<&'m DestinationRule>,
    /// The policy of the first rule that has one.
    pub traffic_policy: Option<Written<'m, TrafficPolicy>>,
    /// Subsets in order; of several with one name the first.
    pub subsets: Vec<Written<'m, Subset>>,
    /// `exportTo` of the first rule as written; `.` alone where it has a workload selector.
    export_to: BTreeSet<ExportTo>,
    /// The workloads it holds for; `None` is all.
    workload_selector: Option<&'m Labels>,
}

impl<'m> MergedRule<'m> {
    /// The DestinationRules it is merged from, as whole objects.
    pub fn origins(&self) -> Origins {
        self.rules.iter().map(|rule| rule.origin.clone()).collect()
    }

    /// What it says of connections to a subset (empty: the whole service): the subset, where it has a
    /// policy, and the policy of the host.
    pub fn policy_origins(&self, subset: &str) -> Origins {
        let of_subset = self.subset(subset).filter(|subset| subset.value.traffic_policy.is_some());
        let of_subset = of_subset.map(|subset| subset.origin.clone());
        of_subset.into_iter().chain(self.traffic_policy.as_ref().map(|policy| policy.origin.clone())).collect()
    }

    /// The path that metadata name the first rule by (`/apis/…`).
    pub fn config_path(&self) -> &'m str {
        self.rules.first().map_or("", |rule| &rule.config_path)
    }

    /// The subset with this name.
    pub fn subset(&self, name: &str) -> Option<&Written<'m, Subset>> {
        self.subsets.iter().find(|subset| subset.value.name == name)
    }

    /// Whether it is for workloads it selects, not for all.
    pub fn selects_workloads(&self) -> bool {
        self.workload_selector.is_some()
    }

    fn of(rule: &'m DestinationRule) -> Self {
        let mut merged = Self {
            rules: vec![rule],
            traffic_policy: None,
            subsets: Vec::new(),
            export_to: export_to(rule),
            workload_selector: rule.spec.workload_selector.as_ref().map(|selector| &selector.match_labels),
        };
        merged.absorb(rule);
        merged
    }

    /// Adds what the rule has and this has not.
    fn absorb(&mut self, rule: &'m DestinationRule) {
        let spec = rule.origin.key("spec");
        for (at, subset) in rule.spec.subsets.iter().enumerate() {
            // Of two subsets with one name the second would be a cluster with a taken name.
            if self.subset(&subset.name).is_none() {
                self.subsets.push(Written { value: subset, origin: spec.key("subsets").index(at) });
            }
        }
        if self.traffic_policy.is_none() {
            let policy = rule.spec.traffic_policy.as_ref();
            self.traffic_policy = policy.map(|value| Written { value, origin: spec.key("trafficPolicy") });
        }
    }

    fn is_exported_to(&self, namespace: &str) -> bool {
        let takes = |to: &ExportTo| match to {
            ExportTo::All => true,
            ExportTo::Namespace(name) => name == namespace,
            ExportTo::Own | ExportTo::Nobody => false,
        };
        self.export_to.is_empty() || self.export_to.iter().any(takes)
    }
}

/// The DestinationRules that may hold for one client, indexed for lookup.
#[derive(Clone, Debug)]
pub struct DestinationRules<'m> {
    proxy: &'m Proxy,
    root_namespace: &'m str,
    /// Rules of the client's namespace, private ones too.
    own: HostIndex<'m>,
    /// Rules that are seen outside their namespace, by namespace.
    exported: BTreeMap<&'m str, HostIndex<'m>>,
}

impl<'m> DestinationRules<'m> {
    /// Merges and indexes the rules of the mesh for the proxy of a view.
    pub fn new(view: &ProxyView<'m>) -> Self {
        let config = &view.mesh.config;
        let root_namespace = config.root_namespace.as_str();
        let client = view.proxy.namespace.as_str();
        let private_by_default = config.default_destination_rule_export_to.contains(&ExportTo::Own);
        let mut rules: Vec<&DestinationRule> = view.mesh.destination_rules.iter().collect();
        // Rules with a selector come first, then the older ones
        // (`sortConfigBySelectorAndCreationTime`).
        rules.sort_by(|a, b| {
            let key = |rule: &&'m DestinationRule| (rule.spec.workload_selector.is_none(), rule.created);
            key(a).cmp(&key(b)).then_with(|| (&a.name, &a.namespace).cmp(&(&b.name, &b.namespace)))
        });

        let mut own = HostIndex::default();
        let mut exported: BTreeMap<&str, HostIndex<'_>> = BTreeMap::new();
        for rule in rules {
            let to = export_to(rule);
            let private = is_private(&to, &rule.namespace, private_by_default);
            if rule.namespace == client {
                // In the root namespace only private rules are local: public ones hold for the
                // mesh and come last.
                let local = if client == root_namespace { private } else { is_local(&to, &rule.namespace) };
                if local {
                    own.add(rule);
                }
            }
            if !private {
                exported.entry(&rule.namespace).or_default().add(rule);
            }
        }
        Self { proxy: view.proxy, root_namespace, own, exported }
    }

    /// The rule that holds for traffic of the proxy to a service.
    pub fn lookup(&self, service: &Service) -> Option<&MergedRule<'m>> {
        let hostname = service.hostname.as_str();
        let candidates = match self.own.most_specific(hostname) {
            Some(rules) => rules.iter().collect(),
            None => [service.namespace.as_str(), self.root_namespace]
                .into_iter()
                .map(|namespace| self.exported_from(namespace, hostname))
                .find(|rules| !rules.is_empty())
                .unwrap_or_default(),
        };
        self.for_workload(&candidates)
    }

    fn exported_from(&self, namespace: &str, hostname: &str) -> Vec<&MergedRule<'m>> {
        let rules = self.exported.get(namespace).and_then(|index| index.most_specific(hostname));
        rules.into_iter().flatten().filter(|rule| rule.is_exported_to(&self.proxy.namespace)).collect()
    }

    /// The first rule that selects the proxy, else the last that has no selector.
    fn for_workload<'a>(&self, candidates: &[&'a MergedRule<'m>]) -> Option<&'a MergedRule<'m>> {
        let selects = |rule: &&&MergedRule<'m>| {
            let same_namespace = rule.rules.first().is_some_and(|first| first.namespace == self.proxy.namespace);
            same_namespace && rule.workload_selector.is_some_and(|selector| selector.selects(&self.proxy.labels))
        };
        let catch_all = || candidates.iter().rfind(|rule| rule.workload_selector.is_none());
        candidates.iter().find(selects).or_else(catch_all).copied()
    }
}

/// Merged rules by host: concrete names, and wildcards by what follows the `*`.
#[derive(Clone, Debug, Default)]
struct HostIndex<'m> {
    concrete: BTreeMap<&'m str, Vec<MergedRule<'m>>>,
    wildcard: BTreeMap<&'m str, Vec<MergedRule<'m>>>,
    /// Lengths of the keys of `wildcard`.
    suffix_lengths: BTreeSet<usize>,
}

impl<'m> HostIndex<'m> {
    fn add(&mut self, rule: &'m DestinationRule) {
        let rules = match rule.host.suffix() {
            Some(suffix) => {
                self.suffix_lengths.insert(suffix.len());
                self.wildcard.entry(suffix).or_default()
            }
            None => self.concrete.entry(rule.host.as_str()).or_default(),
        };
        merge(rules, rule);
    }

    /// The rules of the most specific host that takes `hostname`, which may be a wildcard
    /// (`model/config.go: MostSpecificHostMatch`).
    fn most_specific(&self, hostname: &str) -> Option<&[MergedRule<'m>]> {
        let (concrete, needle) = match hostname.strip_prefix('*') {
            Some(suffix) => (None, suffix),
            None => (self.concrete.get(hostname), hostname),
        };
        let by_suffix = || {
            let fitting = self.suffix_lengths.iter().rev().filter_map(|length| needle.len().checked_sub(*length));
            fitting.filter_map(|start| needle.get(start..)).find_map(|suffix| self.wildcard.get(suffix))
        };
        concrete.or_else(by_suffix).map(Vec::as_slice)
    }
}

/// Merges a rule into those for the same host and namespace, or puts it beside them.
fn merge<'m>(merged: &mut Vec<MergedRule<'m>>, rule: &'m DestinationRule) {
    let to = export_to(rule);
    let selector = rule.spec.workload_selector.as_ref().map(|selector| &selector.match_labels);
    let mut stands_alone = true;
    for existing in merged.iter_mut() {
        if to == existing.export_to {
            stands_alone = false;
        } else {
            stands_alone = true;
            // Who sees the older rule must see the newer one too, or they stay apart.
            if existing.export_to.is_empty() || !to.is_superset(&existing.export_to) {
                continue;
            }
        }
        match (existing.workload_selector, selector) {
            (Some(theirs), Some(own)) if theirs != own => {
                stands_alone = true;
                continue;
            }
            (Some(_), Some(_)) | (None, None) => stands_alone = false,
            (Some(_), None) | (None, Some(_)) => {}
        }
        existing.rules.push(rule);
        existing.absorb(rule);
    }
    if stands_alone {
        merged.push(MergedRule::of(rule));
    }
}

/// `exportTo` as written; a rule with a workload selector is never seen outside its namespace.
fn export_to(rule: &DestinationRule) -> BTreeSet<ExportTo> {
    match rule.spec.workload_selector {
        Some(_) => BTreeSet::from([ExportTo::Own]),
        None => rule.spec.export_to.iter().cloned().collect(),
    }
}

fn names_own(to: &ExportTo, namespace: &str) -> bool {
    *to == ExportTo::Own || matches!(to, ExportTo::Namespace(name) if name == namespace)
}

/// Whether clients in the rule's own namespace see it.
fn is_local(to: &BTreeSet<ExportTo>, namespace: &str) -> bool {
    to.is_empty() || to.iter().any(|to| *to == ExportTo::All || names_own(to, namespace))
}

/// Whether nobody outside the rule's namespace sees it.
fn is_private(to: &BTreeSet<ExportTo>, namespace: &str, by_default: bool) -> bool {
    match to.len() {
        0 => by_default,
        1 => to.iter().all(|to| names_own(to, namespace)),
        _ => false,
    }
}

#[cfg(test)]
#[path = "destination_rule_tests.rs"]
mod tests;
