//! Which places are preferred: locality load balancing of a cluster and of its endpoints.
//!
//! Istio docs: *Locality Load Balancing*; `istio: networking/core/loadbalancer/loadbalancer.go`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::group::Group;
use crate::base::Labels;
use crate::ir::Locality;
use crate::ir::cluster::LocalityLb;
use crate::lower::defaults;
use crate::mesh::Service;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::destination_rule::{
    Distribute, Failover, LoadBalancerSettings, LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting,
};

/// The setting that holds for a cluster.
#[derive(Clone, Debug)]
pub enum LocalitySetting<'m> {
    /// Istio's own.
    Locality {
        /// What is written, or what a service's `trafficDistribution` means.
        setting: Cow<'m, LocalityLoadBalancerSetting>,
        /// Failover also without outlier detection.
        force_failover: bool,
    },
    /// Envoy's zone-aware routing.
    ZoneAware(&'m ZoneAwareLoadBalancerSetting),
}

/// The proxy that asks, as far as places go.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// Where it is.
    pub locality: &'a Locality,
    /// Its labels.
    pub labels: &'a Labels,
}

impl<'m> LocalitySetting<'m> {
    /// DestinationRule before service before mesh; at each, zone-aware before locality. A locality
    /// setting that is turned off ends the search (`istio: GetEffectiveLbSetting`).
    pub fn effective(config: &'m MeshConfig, lb: Option<&'m LoadBalancerSettings>, service: &Service) -> Option<Self> {
        let of_rule = lb.and_then(|lb| written(lb.zone_aware_lb_setting.as_ref(), lb.locality_lb_setting.as_ref()));
        let of_service = || match (service.prefer_same_node, service.prefer_close) {
            (true, _) => Some(Some(Self::prefer(&defaults::PREFER_SAME_NODE))),
            (false, true) => Some(Some(Self::prefer(&defaults::PREFER_SAME_ZONE))),
            (false, false) => None,
        };
        let of_mesh = || written(config.zone_aware_lb_setting.as_ref(), config.locality_lb_setting.as_ref());
        of_rule.or_else(of_service).or_else(of_mesh).flatten()
    }

    /// What a `trafficDistribution` means: these labels must agree.
    fn prefer(labels: &[&str]) -> Self {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let setting = LocalityLoadBalancerSetting { failover_priority: labels, ..Default::default() };
        Self::Locality { setting: Cow::Owned(setting), force_failover: true }
    }

    /// What the cluster itself says of places (`istio: LBSettings.ApplyToCluster`).
    pub fn of_cluster(setting: Option<&Self>, has_outlier_detection: bool) -> LocalityLb {
        match setting {
            None => LocalityLb::None,
            Some(Self::Locality { setting, force_failover }) => {
                let failover = !setting.failover.is_empty() || !setting.failover_priority.is_empty();
                let fails_over = (*force_failover || has_outlier_detection) && failover;
                let weighted = fails_over || !setting.distribute.is_empty();
                if weighted { LocalityLb::Weighted } else { LocalityLb::None }
            }
            Some(Self::ZoneAware(setting)) => LocalityLb::ZoneAware {
                routing_enabled: (setting.enabled == Some(false)).then_some(0.0),
                min_cluster_size: setting.min_cluster_size,
            },
        }
    }

    /// Gives groups their shares or priorities as the client sees them. Failover without outlier
    /// detection would never leave the first priority, so that it is not written
    /// (`istio: LBSettings.ApplyToLoadAssignment`).
    pub fn apply(&self, groups: &mut Vec<Group<'_>>, client: Client<'_>, has_outlier_detection: bool) {
        match self {
            Self::Locality { setting, force_failover } => {
                if !setting.distribute.is_empty() {
                    distribute(groups, client.locality, &setting.distribute);
                } else if has_outlier_detection || *force_failover {
                    prefer_by_labels(groups, client.labels, &setting.failover_priority);
                    if setting.failover_priority.is_empty() || !setting.failover.is_empty() {
                        fail_over(
                            groups,
                            |group| locality_rank(client.locality, &group.locality, &setting.failover),
                            5,
                        );
                    }
                }
            }
            Self::ZoneAware(setting) if setting.enabled == Some(false) => {}
            Self::ZoneAware(setting) => {
                prefer_by_labels(groups, client.labels, &setting.failover_priority);
                fail_over(groups, |group| region_rank(client.locality, &group.locality, &setting.failover), 3);
            }
        }
    }
}

/// The setting of one level: `None` where nothing is written, `Some(None)` where it is off.
fn written<'m>(
    zone_aware: Option<&'m ZoneAwareLoadBalancerSetting>,
    locality: Option<&'m LocalityLoadBalancerSetting>,
) -> Option<Option<LocalitySetting<'m>>> {
    if let Some(setting) = zone_aware {
        return Some(Some(LocalitySetting::ZoneAware(setting)));
    }
    let setting = locality?;
    let on = setting.enabled != Some(false);
    Some(on.then_some(LocalitySetting::Locality { setting: Cow::Borrowed(setting), force_failover: false }))
}

/// Shares by place, from the first entry that is for the client's place. Groups that it does not
/// name lose their endpoints (`istio: applyLocalityWeights`).
fn distribute(groups: &mut [Group<'_>], client: &Locality, distribute: &[Distribute]) {
    let Some(wanted) = distribute.iter().find(|entry| matches(client, &entry.from)) else {
        return;
    };
    let mut left: BTreeSet<usize> = (0..groups.len()).collect();
    for (pattern, share) in &wanted.to {
        let named: Vec<usize> = left
            .iter()
            .copied()
            .filter(|at| groups.get(*at).is_some_and(|group| matches(&group.locality, pattern)))
            .collect();
        let weight = |group: &Group<'_>| u64::from(group.weight.unwrap_or(1));
        let total: u64 = named.iter().filter_map(|at| groups.get(*at)).map(weight).sum();
        for at in named {
            left.remove(&at);
            let Some(group) = groups.get_mut(at) else { continue };
            // A pattern that takes several groups divides its share among them, rounded up.
            let part = (weight(group) * u64::from(*share)).checked_div(total).map(|whole| {
                let rest = (weight(group) * u64::from(*share)) % total;
                whole + u64::from(rest > 0)
            });
            if let Some(part) = part.filter(|part| *part > 0) {
                group.weight = Some(u32::try_from(part).unwrap_or(u32::MAX));
            }
        }
    }
    for at in left {
        if let Some(group) = groups.get_mut(at) {
            group.members.clear();
        }
    }
}

/// Whether a place is taken by `region/zone/subzone` with `*` for any and what is missing for any.
fn matches(place: &Locality, pattern: &str) -> bool {
    let pattern = split(pattern);
    let part = |own: &str, wanted: &str| wanted == "*" || wanted.is_empty() || own == wanted;
    (pattern.region == "*" || pattern.region == place.region)
        && part(&place.zone, &pattern.zone)
        && part(&place.sub_zone, &pattern.sub_zone)
}

/// `region/zone/subzone` in parts; what is missing is empty.
pub fn split(text: &str) -> Locality {
    let mut parts = text.split('/').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    Locality { region: next(), zone: next(), sub_zone: next() }
}

/// How far a place is from the client: same, same zone, same region, the region to fail over to,
/// any other (`istio: applyLocalityFailover`, `util.LbPriority`).
fn locality_rank(client: &Locality, place: &Locality, failover: &[Failover]) -> u32 {
    if client.region == place.region {
        return match (client.zone == place.zone, client.sub_zone == place.sub_zone) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        };
    }
    match failover.iter().find(|entry| entry.from == client.region) {
        Some(entry) if entry.to != place.region => 4,
        _ => 3,
    }
}

/// The same by regions only (`istio: applyZoneAwareRegionalFailover`).
fn region_rank(client: &Locality, place: &Locality, failover: &[Failover]) -> u32 {
    if client.region == place.region {
        return 0;
    }
    match failover.iter().find(|entry| entry.from == client.region) {
        Some(entry) if entry.to == place.region => 1,
        _ => 2,
    }
}

/// Ranks groups inside the priorities they have; `ranks` is how many ranks there are.
fn fail_over(groups: &mut [Group<'_>], rank: impl Fn(&Group<'_>) -> u32, ranks: u32) {
    for group in groups.iter_mut() {
        group.priority = group.priority * ranks + rank(group);
    }
    close_gaps(groups);
}

/// Envoy wants priorities from 0 without gaps.
fn close_gaps(groups: &mut [Group<'_>]) {
    let used: BTreeSet<u32> = groups.iter().map(|group| group.priority).collect();
    let position: BTreeMap<u32, u32> = used.into_iter().zip(0..).collect();
    for group in groups {
        group.priority = position.get(&group.priority).copied().unwrap_or(group.priority);
    }
}

/// Splits groups by how many of the labels, counted from the first, an endpoint shares with the
/// client (`istio: applyFailoverPriorities`).
fn prefer_by_labels(groups: &mut Vec<Group<'_>>, client: &Labels, labels: &[String]) {
    if client.is_empty() || labels.is_empty() || groups.is_empty() {
        return;
    }
    let mut split = Vec::with_capacity(groups.len());
    for mut group in groups.drain(..) {
        let mut by_priority: BTreeMap<u32, Vec<_>> = BTreeMap::new();
        for member in group.members.drain(..) {
            by_priority.entry(label_rank(client, &member.labels, labels)).or_default().push(member);
        }
        for (priority, members) in by_priority {
            split.push(Group { priority, ..Group::of(group.locality.clone(), members) });
        }
    }
    *groups = split;
    close_gaps(groups);
}

/// 0 where all labels agree, else how many labels are left from the first that does not. A
/// different network, where it comes first, only counts after all else
/// (`istio: applyFailoverPriorityPerLocality`).
fn label_rank(client: &Labels, endpoint: &Labels, labels: &[String]) -> u32 {
    let count = labels.len() as u32;
    let mut other_network = 0;
    for (at, label) in labels.iter().enumerate() {
        // `label=value` compares with the value in place of the client's own.
        let (label, wanted) = match label.split_once('=') {
            Some((label, value)) if !value.contains('=') => (label, Some(value)),
            Some((label, _)) => (label, client.get(label)),
            None => (label.as_str(), client.get(label)),
        };
        if wanted.unwrap_or_default() == endpoint.get(label).unwrap_or_default() {
            continue;
        }
        if at == 0 && label == defaults::NETWORK_LABEL {
            other_network = count;
            continue;
        }
        return count - at as u32 + other_network;
    }
    other_network
}

#[cfg(test)]
#[path = "locality_tests.rs"]
mod tests;
