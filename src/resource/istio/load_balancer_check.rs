//! What istiod refuses of a load balancer (`pkg/config/validation: validateLoadBalancer`).

use std::collections::BTreeSet;

use super::destination_rule::{
    ConsistentHashLb, Failover, LoadBalancerSettings, LocalityLoadBalancerSetting, WarmupConfiguration,
};
use super::destination_rule_check::check_percent;
use crate::base::{Change, Diagnostics, Edit, Location, Origin};
use crate::resource::check::{self, doubt, fault};

/// Labels that Istio derives from an endpoint's locality.
const TOPOLOGY: [&str; 3] =
    ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

/// Checks one load balancer. `is_ejecting` is whether its policy has outlier detection.
pub(super) fn check(at: &Origin, settings: &LoadBalancerSettings, is_ejecting: bool, out: &mut Diagnostics) {
    let LoadBalancerSettings {
        simple,
        consistent_hash,
        backend_utilization,
        locality_lb_setting,
        zone_aware_lb_setting,
        warmup_duration_secs,
        warmup,
    } = settings;
    let ways = [
        (simple.is_some(), "simple"),
        (consistent_hash.is_some(), "consistentHash"),
        (backend_utilization.is_some(), "backendUtilization"),
    ];
    check_alternatives(at, &ways, out);
    if let Some(hash) = consistent_hash {
        check_hash(&at.key("consistentHash"), hash, out);
    }
    if locality_lb_setting.is_some() && zone_aware_lb_setting.is_some() {
        let message = "`localityLbSetting` and `zoneAwareLbSetting` exclude each other";
        out.push(fault("conflicting-fields", &at.key("zoneAwareLbSetting"), message));
    }
    if let Some(setting) = locality_lb_setting {
        check_locality(&at.key("localityLbSetting"), setting, is_ejecting, out);
    }
    if let Some(setting) = zone_aware_lb_setting {
        let at = at.key("zoneAwareLbSetting");
        for (index, label) in setting.failover_priority.iter().enumerate() {
            if TOPOLOGY.contains(&label.as_str()) {
                let message = format!("`{label}` is taken into account anyway");
                out.push(fault("topology-in-priority", &at.key("failoverPriority").index(index), message));
            }
        }
        check_failover(&at, &setting.failover, &setting.failover_priority, is_ejecting, out);
        if setting.min_cluster_size == Some(0) {
            out.push(fault("size-out-of-range", &at.key("minClusterSize"), "`minClusterSize` is at least 1"));
        }
    }
    check::duration(&at.key("warmupDurationSecs"), *warmup_duration_secs, out);
    if let Some(warmup) = warmup {
        check_warmup(&at.key("warmup"), warmup, out);
    }
}

/// Of fields that exclude each other one is written.
fn check_alternatives(at: &Origin, fields: &[(bool, &'static str)], out: &mut Diagnostics) {
    let mut written = fields.iter().filter(|(written, _)| *written).map(|(_, key)| *key);
    if let Some(first) = written.next() {
        for other in written {
            let message = format!("`{first}` and `{other}` exclude each other");
            out.push(fault("conflicting-fields", &at.key(other), message).help("keep one"));
        }
    }
}

fn check_hash(at: &Origin, hash: &ConsistentHashLb, out: &mut Diagnostics) {
    let ConsistentHashLb {
        http_header_name,
        http_cookie,
        use_source_ip,
        http_query_parameter_name,
        ring_hash,
        maglev,
        minimum_ring_size,
    } = hash;
    let keys = [
        (http_header_name.is_some(), "httpHeaderName"),
        (http_cookie.is_some(), "httpCookie"),
        (use_source_ip.is_some(), "useSourceIp"),
        (http_query_parameter_name.is_some(), "httpQueryParameterName"),
    ];
    check_alternatives(at, &keys, out);
    check_alternatives(at, &[(ring_hash.is_some(), "ringHash"), (maglev.is_some(), "maglev")], out);
    if let Some(cookie) = http_cookie {
        let at = at.key("httpCookie");
        if cookie.name.is_empty() {
            out.push(fault("missing-name", &at, "a cookie needs a `name`"));
        }
        let mut names = BTreeSet::new();
        for (index, attribute) in cookie.attributes.iter().enumerate() {
            let at = at.key("attributes").index(index);
            if attribute.name.is_empty() {
                out.push(fault("missing-name", &at, "an attribute of a cookie needs a `name`"));
            } else if !names.insert(attribute.name.as_str()) {
                let message = format!("the cookie has attribute `{}` twice", attribute.name);
                out.push(fault("duplicate-cookie-attribute", &at.key("name"), message));
            }
        }
    }
    if *minimum_ring_size != 0 {
        let at = at.key("minimumRingSize");
        out.push(
            doubt("deprecated-setting", &at, "`minimumRingSize` is deprecated")
                .help("use `ringHash.minimumRingSize`")
                .corrected([
                    Edit { at: Location::Key(at.clone()), change: Change::Word("ringHash".to_owned()) },
                    Edit { at: Location::Value(at.clone()), change: Change::Between("{minimumRingSize: ", "}") },
                ]),
        );
        if ring_hash.is_some() || maglev.is_some() {
            let message = "`minimumRingSize` excludes `ringHash` and `maglev`";
            out.push(fault("conflicting-fields", &at, message));
        }
    }
    if let Some(maglev) = maglev {
        // Envoy's largest table, and its requirement (`maglev_lb.cc`).
        let (size, at) = (maglev.table_size, at.key("maglev"));
        if size == 0 {
            out.push(fault("missing-table-size", &at, "`maglev` needs a `tableSize`").help("a prime such as 65537"));
        } else if size >= 5_000_011 || !is_prime(size) {
            let message = format!("{size} is not a prime below 5000011");
            out.push(fault("table-size-out-of-range", &at.key("tableSize"), message).help("a prime such as 65537"));
        }
    }
}

fn is_prime(number: u64) -> bool {
    number >= 2 && (2..).take_while(|factor| factor * factor <= number).all(|factor| !number.is_multiple_of(factor))
}

/// Preference of localities (`agent.ValidateLocalityLbSetting`).
pub(super) fn check_locality(
    at: &Origin,
    setting: &LocalityLoadBalancerSetting,
    is_ejecting: bool,
    out: &mut Diagnostics,
) {
    let LocalityLoadBalancerSetting { distribute, failover, failover_priority, enabled: _ } = setting;
    if !distribute.is_empty() && !failover.is_empty() {
        let message = "`distribute` and `failover` exclude each other";
        out.push(fault("conflicting-fields", &at.key("failover"), message).help("keep one"));
        return;
    }
    for (index, label) in failover_priority.iter().enumerate().filter(|_| !failover.is_empty()) {
        if TOPOLOGY.contains(&label.as_str()) {
            let message = format!("`failover` excludes `{label}` as a priority");
            out.push(fault("topology-in-priority", &at.key("failoverPriority").index(index), message));
        }
    }
    let at_distribute = at.key("distribute");
    for (index, shares) in distribute.iter().enumerate() {
        let to = at_distribute.index(index).key("to");
        let mut sum = 0_u64;
        for (locality, weight) in &shares.to {
            sum += u64::from(*weight);
            if !(1..=100).contains(weight) {
                let message = format!("`{locality}` gets {weight} percent, and must get from 1 to 100");
                out.push(fault("percentage-out-of-range", &to.key(locality.clone()), message));
            }
        }
        if sum != 100 {
            out.push(fault(
                "shares-not-100",
                &to,
                format!("the shares of localities sum up to {sum} percent, not 100"),
            ));
        }
        let places = shares.to.keys().map(|locality| (to.key(locality.clone()), locality.as_str()));
        check_localities(places, out);
    }
    let sources = distribute.iter().enumerate();
    let sources = sources.map(|(index, shares)| (at_distribute.index(index).key("from"), shares.from.as_str()));
    check_localities(sources, out);
    check_failover(at, failover, failover_priority, is_ejecting, out);
}

/// Localities are `region/zone/subzone`, perhaps with `*` at the end, and do not overlap.
fn check_localities<'a>(localities: impl Iterator<Item = (Origin, &'a str)>, out: &mut Diagnostics) {
    let mut seen: Vec<(&str, Vec<&str>)> = Vec::new();
    for (at, locality) in localities {
        let stars = locality.matches('*').count();
        if stars > 1 || stars == 1 && !locality.ends_with('*') {
            let message = format!("in `{locality}` a `*` stands elsewhere than at the end");
            out.push(fault("malformed-locality", &at, message));
        } else if locality.split('/').any(str::is_empty) {
            let message = format!("`{locality}` has an empty region, zone or subzone");
            out.push(
                fault("malformed-locality", &at, message).help("`region`, `region/zone` or `region/zone/subzone`"),
            );
        }
        let mut parts: Vec<_> = locality.splitn(3, '/').collect();
        while parts.last() == Some(&"*") {
            parts.pop();
        }
        let overlap = seen.iter().find(|(_, others)| parts.starts_with(others) || others.starts_with(&parts));
        if let Some((other, _)) = overlap {
            out.push(fault("overlapping-localities", &at, format!("`{locality}` and `{other}` overlap")));
        }
        seen.push((locality, parts));
    }
}

fn check_failover(at: &Origin, failover: &[Failover], priority: &[String], is_ejecting: bool, out: &mut Diagnostics) {
    let fails_over = !failover.is_empty() || !priority.is_empty();
    if fails_over && !is_ejecting {
        let message = "failover has no effect without `outlierDetection`: no endpoint is ever unhealthy";
        out.push(
            doubt("failover-without-outlier-detection", at, message).help("add `outlierDetection` to this policy"),
        );
    }
    for (index, Failover { from, to }) in failover.iter().enumerate() {
        let at = at.key("failover").index(index);
        if from == to {
            out.push(fault("failover-to-itself", &at, format!("`{from}` cannot fail over to itself")));
        }
        for (key, region) in [("from", from), ("to", to)] {
            if region.contains(['/', '*']) {
                let message = format!("`{region}` is not a region: failover is between regions");
                out.push(fault("malformed-locality", &at.key(key), message));
            }
        }
    }
}

fn check_warmup(at: &Origin, warmup: &WarmupConfiguration, out: &mut Diagnostics) {
    let WarmupConfiguration { duration, minimum_percent, aggression } = warmup;
    if duration.is_none() {
        out.push(fault("missing-duration", at, "`warmup` needs a `duration`"));
    }
    check::duration(&at.key("duration"), *duration, out);
    if let Some(percent) = minimum_percent {
        check_percent(&at.key("minimumPercent"), *percent, out);
    }
    if aggression.is_some_and(|aggression| aggression <= 0.0) {
        out.push(fault("aggression-out-of-range", &at.key("aggression"), "`aggression` is above 0"));
    }
}
