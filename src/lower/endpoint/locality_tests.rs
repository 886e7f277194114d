use super::super::group::Member;
use super::*;
use crate::ir;

/// Groups with one endpoint of weight 1 at each of these places.
fn groups(places: &[&str]) -> Vec<Group<'static>> {
    places.iter().map(|place| Group::of(split(place), vec![member(&[])])).collect()
}

fn member(labels: &[(&str, &str)]) -> Member<'static> {
    let endpoint = ir::endpoint::Endpoint {
        origins: Vec::new(),
        address: ir::Address::Socket { address: "10.0.0.1".to_owned(), port: 80 },
        additional_addresses: Vec::new(),
        health: None,
        load_balancing_weight: Some(1),
        metadata: Default::default(),
    };
    Member { labels: Cow::Owned(labels.iter().copied().collect()), endpoint }
}

fn setting(json: &str) -> LocalitySetting<'static> {
    let setting = serde_json::from_str(json).expect("a LocalityLoadBalancerSetting");
    LocalitySetting::Locality { setting: Cow::Owned(setting), force_failover: false }
}

fn apply(setting: &LocalitySetting<'_>, mut groups: Vec<Group<'static>>, outliers: bool) -> Vec<Group<'static>> {
    let labels: Labels = [("topology.istio.io/network", "n1"), ("zone", "a")].into_iter().collect();
    setting.apply(&mut groups, Client { locality: &split("eu/a/r1"), labels: &labels }, outliers);
    groups
}

fn priorities(groups: &[Group<'_>]) -> Vec<u32> {
    groups.iter().map(|group| group.priority).collect()
}

#[test]
fn nearer_places_come_first_when_failures_are_detected() {
    let places = ["eu/a/r1", "eu/a/r2", "eu/b", "us/a", "asia/a"];
    assert_eq!(priorities(&apply(&setting("{}"), groups(&places), true)), [0, 1, 2, 3, 3]);
    assert_eq!(priorities(&apply(&setting("{}"), groups(&places), false)), [0, 0, 0, 0, 0]);
    let to_us = setting(r#"{"failover": [{"from": "eu", "to": "us"}]}"#);
    assert_eq!(priorities(&apply(&to_us, groups(&places), true)), [0, 1, 2, 3, 4]);
    // Priorities have no gaps.
    assert_eq!(priorities(&apply(&to_us, groups(&["eu/b", "asia/a"]), true)), [0, 1]);
}

#[test]
fn shares_are_divided_among_the_places_of_a_pattern() {
    let wanted = setting(r#"{"distribute": [{"from": "eu/*", "to": {"eu/*": 75, "us/a": 25}}]}"#);
    let groups = apply(&wanted, groups(&["eu/a", "eu/b", "us/a", "us/b"]), false);
    let weights: Vec<_> = groups.iter().map(|group| (group.weight, group.members.len())).collect();
    assert_eq!(weights, [(Some(38), 1), (Some(38), 1), (Some(25), 1), (Some(1), 0)]);
}

#[test]
fn labels_split_a_place() {
    let wanted = setting(r#"{"failoverPriority": ["topology.istio.io/network", "zone"]}"#);
    let members = vec![
        member(&[("topology.istio.io/network", "n2"), ("zone", "a")]),
        member(&[("topology.istio.io/network", "n1"), ("zone", "b")]),
        member(&[("topology.istio.io/network", "n1"), ("zone", "a")]),
    ];
    let groups = apply(&wanted, vec![Group::of(split("eu/a"), members)], true);
    assert_eq!(priorities(&groups), [0, 1, 2]);
    assert_eq!(groups.iter().map(|group| group.members.len()).collect::<Vec<_>>(), [1, 1, 1]);
    let network = |at: usize| groups[at].members[0].labels.get("topology.istio.io/network");
    assert_eq!((network(0), network(1), network(2)), (Some("n1"), Some("n1"), Some("n2")));
    let overridden = setting(r#"{"failoverPriority": ["zone=b"]}"#);
    let members = vec![member(&[("zone", "a")]), member(&[("zone", "b")])];
    let groups = apply(&overridden, vec![Group::of(split("eu/a"), members)], true);
    assert_eq!(groups[0].members[0].labels.get("zone"), Some("b"));
}

#[test]
fn zone_aware_routing_ranks_regions_only() {
    let zone_aware = ZoneAwareLoadBalancerSetting::default();
    let wanted = LocalitySetting::ZoneAware(&zone_aware);
    assert_eq!(priorities(&apply(&wanted, groups(&["eu/b", "eu/a/r1", "us/a"]), false)), [0, 0, 1]);
    let off = ZoneAwareLoadBalancerSetting { enabled: Some(false), ..Default::default() };
    let wanted = LocalitySetting::ZoneAware(&off);
    assert_eq!(priorities(&apply(&wanted, groups(&["eu/b", "us/a"]), false)), [0, 0]);
    assert_eq!(
        LocalitySetting::of_cluster(Some(&wanted), false),
        LocalityLb::ZoneAware { routing_enabled: Some(0.0), min_cluster_size: None }
    );
}

#[test]
fn the_cluster_weighs_places_only_where_it_must() {
    let weighted = |json, outliers| LocalitySetting::of_cluster(Some(&setting(json)), outliers);
    assert_eq!(weighted("{}", true), LocalityLb::None);
    assert_eq!(weighted(r#"{"failoverPriority": ["a"]}"#, false), LocalityLb::None);
    assert_eq!(weighted(r#"{"failoverPriority": ["a"]}"#, true), LocalityLb::Weighted);
    assert_eq!(weighted(r#"{"distribute": [{"from": "*"}]}"#, false), LocalityLb::Weighted);
}
