//! What istiod refuses of a ServiceEntry (`pkg/config/validation: ValidateServiceEntry`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::service_entry::{Location as MeshLocation, Resolution, ServicePort};
use super::workload_check::{check_labels_and_ports, check_workload};
use super::{ServiceEntry, ServiceEntryStatus, gateway_check};
use crate::base::{Diagnostics, Location, Origin, Protocol};
use crate::resource::Object;
use crate::resource::check::{
    self, ExportRule, doubt, fault, fqdn_fault, is_label, is_partial_wildcard, wildcard_domain_fault,
};

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<ServiceEntry, ServiceEntryStatus>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let entry = &object.spec;
    if let Some(selector) = &entry.workload_selector {
        check::selector(&spec.key("workloadSelector").key("labels"), &selector.labels, out);
        if !entry.endpoints.is_empty() {
            let message = "`endpoints` and `workloadSelector` exclude each other";
            out.push(fault("conflicting-fields", &spec.key("endpoints"), message).help("keep one"));
        }
    }
    check_hosts(&spec, entry, out);
    check_addresses(&spec.key("addresses"), entry, out);
    check_ports(&spec.key("ports"), object, out);
    match entry.resolution {
        Resolution::None => check_unresolved(&spec, entry, out),
        Resolution::Static => {
            let ports = port_names(entry);
            for (index, endpoint) in entry.endpoints.iter().enumerate() {
                check_workload(&spec.key("endpoints").index(index), endpoint, Some(&ports), out);
            }
        }
        Resolution::Dns | Resolution::DnsRoundRobin => check_dns(&spec, entry, out),
        Resolution::DynamicDns => check_dynamic_dns(&spec, object, out),
    }
    check_several_hosts(&spec, entry, out);
    check::export_to(&spec, object.namespace(), &entry.export_to, ExportRule::Nobody, out);
}

fn port_names(entry: &ServiceEntry) -> Vec<&str> {
    entry.ports.iter().map(|port| port.name.as_str()).collect()
}

fn check_hosts(spec: &Origin, entry: &ServiceEntry, out: &mut Diagnostics) {
    if entry.hosts.is_empty() {
        out.push(fault("missing-hosts", spec, "a ServiceEntry needs `hosts`"));
    }
    for (index, host) in entry.hosts.iter().enumerate() {
        let at = spec.key("hosts").index(index);
        if host.is_any() {
            out.push(fault("malformed-host", &at, "a ServiceEntry cannot be for every host"));
        } else if let Some(why) = wildcard_domain_fault(host.as_str()) {
            out.push(fault("malformed-host", &at, format!("`{host}` is not a host: {why}")));
        } else if is_partial_wildcard(host.as_str()) && entry.resolution != Resolution::DynamicDns {
            let message = format!("in `{host}` the `*` stands for a part of a label only");
            let help = "`*` stands for whole labels, as in `*.example.com`";
            out.push(doubt("partial-wildcard", &at, message).help(help));
        }
    }
}

fn check_addresses(at: &Origin, entry: &ServiceEntry, out: &mut Diagnostics) {
    let takes_ranges = matches!(entry.resolution, Resolution::None | Resolution::Static);
    for (index, address) in entry.addresses.iter().enumerate() {
        let at = at.index(index);
        if address.range().is_none() {
            let message = format!("`{address}` is not an IP address or a range such as `10.0.0.0/8`");
            out.push(fault("malformed-address", &at, message));
        } else if address.is_range() && !takes_ranges {
            let message = format!("`{address}` is a range, which goes with resolution NONE or STATIC only");
            out.push(fault("range-with-dns", &at, message));
        }
    }
}

fn check_ports(at: &Origin, object: &Object<ServiceEntry, ServiceEntryStatus>, out: &mut Diagnostics) {
    let entry = &object.spec;
    // Istio gives addresses by itself unless the label says no (`ShouldV2AutoAllocateIPFromConfig`).
    let opted_out = object.meta.labels.get("networking.istio.io/enable-autoallocate-ip");
    let gets_addresses =
        entry.resolution != Resolution::None && !opted_out.is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    for (index, ServicePort { number, protocol, name, target_port: _ }) in entry.ports.iter().enumerate() {
        let place = at.index(index);
        if name.is_empty() {
            out.push(fault("missing-port-name", &place, "a port of a ServiceEntry needs a `name`"));
        } else if !is_label(name) {
            let message = format!("`{name}` cannot be the name of a port");
            out.push(fault("malformed-port-name", &place.key("name"), message).help("letters, digits and `-`"));
        }
        if let Some(first) = names.insert(name, index).filter(|_| !name.is_empty()) {
            let first = Location::Value(at.index(first).key("name"));
            let finding = fault("duplicate-port-name", &place.key("name"), format!("two ports are called `{name}`"));
            out.push(finding.related(first, "the first"));
        }
        check::port_written(&place, *number, out);
        if let Some(number) = number
            && let Some(first) = numbers.insert(*number, index)
        {
            let first = Location::Value(at.index(first).key("number"));
            let finding = fault("duplicate-port", &place.key("number"), format!("port {number} is listed twice"));
            out.push(finding.related(first, "the first"));
        }
        if !protocol.is_empty() && Protocol::parse(protocol).is_unsupported() {
            out.push(gateway_check::unknown_protocol(&place.key("protocol"), protocol));
        }
        if entry.addresses.is_empty() && !gets_addresses && matches!(protocol.as_str(), "" | "TCP") {
            let message = "TCP is told apart by address, and this ServiceEntry gets none";
            out.push(doubt("tcp-without-address", &place, message).help("set `addresses`"));
        }
    }
}

fn check_unresolved(spec: &Origin, entry: &ServiceEntry, out: &mut Diagnostics) {
    if !entry.endpoints.is_empty() {
        let message = "with resolution NONE traffic goes to the address that the client asks for";
        out.push(
            fault("endpoints-not-used", &spec.key("endpoints"), message).help("set `resolution: STATIC` or `DNS`"),
        );
    }
    if entry.workload_selector.is_some() {
        let message = "with resolution NONE the selected workloads are not used";
        out.push(doubt("selector-not-used", &spec.key("workloadSelector"), message).help("set `resolution: STATIC`"));
    }
}

fn check_dns(spec: &Origin, entry: &ServiceEntry, out: &mut Diagnostics) {
    for (index, host) in entry.hosts.iter().enumerate().filter(|_| entry.endpoints.is_empty()) {
        if host.is_wildcard() && fqdn_fault(host.as_str()).is_some() {
            let message = format!("`{host}` cannot be resolved by DNS");
            let help = "name `endpoints`, use concrete hosts, or `resolution: DYNAMIC_DNS`";
            out.push(fault("wildcard-with-dns", &spec.key("hosts").index(index), message).help(help));
        }
    }
    if entry.resolution == Resolution::DnsRoundRobin && entry.endpoints.len() > 1 {
        let message = format!("DNS_ROUND_ROBIN takes one endpoint, not {}", entry.endpoints.len());
        out.push(fault("too-many-endpoints", &spec.key("endpoints"), message).help("use `resolution: DNS`"));
    }
    let ports = port_names(entry);
    for (index, endpoint) in entry.endpoints.iter().enumerate() {
        let at = spec.key("endpoints").index(index);
        let address = endpoint.address.as_str();
        if address.is_empty() {
            out.push(fault("missing-address", &at, "an endpoint needs an `address`"));
        } else if let Some(why) = fqdn_fault(address).filter(|_| endpoint.address.ip().is_none()) {
            let message = format!("`{address}` is neither a host nor an IP address: {why}");
            out.push(fault("malformed-address", &at.key("address"), message));
        }
        check_labels_and_ports(&at, endpoint, Some(&ports), out);
    }
    let tcp = entry.ports.iter().any(|port| Protocol::parse(&port.protocol).is_tcp());
    if tcp && !entry.addresses.is_empty() && entry.hosts.len() > 1 {
        let message = "several hosts share the addresses: TCP cannot be told apart";
        out.push(doubt("hosts-share-address", &spec.key("hosts"), message).help("make a ServiceEntry for each host"));
    }
}

fn check_dynamic_dns(spec: &Origin, object: &Object<ServiceEntry, ServiceEntryStatus>, out: &mut Diagnostics) {
    let entry = &object.spec;
    for (index, host) in entry.hosts.iter().enumerate().filter(|(_, host)| !host.is_wildcard()) {
        let message = format!("DYNAMIC_DNS is for wildcards, and `{host}` is none");
        out.push(fault("concrete-host-with-dynamic-dns", &spec.key("hosts").index(index), message).help("use DNS"));
    }
    for (key, written) in [("addresses", !entry.addresses.is_empty()), ("endpoints", !entry.endpoints.is_empty())] {
        if written {
            let message = format!("`{key}` is not used with DYNAMIC_DNS, which resolves what the client asks for");
            out.push(fault("conflicting-fields", &spec.key(key), message).help("remove it"));
        }
    }
    for (index, port) in entry.ports.iter().enumerate() {
        let protocol = Protocol::parse(&port.protocol);
        if !matches!(protocol, Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::Tls) {
            let message = "DYNAMIC_DNS takes HTTP, HTTP2, GRPC and TLS only";
            out.push(fault("protocol-with-dynamic-dns", &spec.key("ports").index(index), message));
        }
    }
    let waypoint = object.meta.labels.get("istio.io/use-waypoint").unwrap_or_default();
    if entry.location == MeshLocation::MeshInternal && !waypoint.is_empty() && !waypoint.eq_ignore_ascii_case("none") {
        let message = "DYNAMIC_DNS inside the mesh does not go with a waypoint";
        out.push(fault("conflicting-fields", &spec.key("location"), message));
    }
}

fn check_several_hosts(spec: &Origin, entry: &ServiceEntry, out: &mut Diagnostics) {
    if entry.resolution == Resolution::None || entry.hosts.len() < 2 {
        return;
    }
    let plain = |port: &ServicePort| {
        let protocol = Protocol::parse(&port.protocol);
        !protocol.is_http() && !protocol.is_tls()
    };
    if let Some(index) = entry.ports.iter().position(plain) {
        let message = "several hosts on a port that is neither HTTP nor TLS cannot be told apart";
        let finding = fault("hosts-not-told-apart", &spec.key("ports").index(index), message);
        out.push(finding.help("make a ServiceEntry for each host, or set the port's `protocol`"));
    }
}

/// Whether an address is an IP address.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}
