//! What istiod refuses of a Sidecar (`pkg/config/validation: ValidateSidecar`).

use std::collections::{BTreeMap, BTreeSet};

use super::gateway::{ServerPort, ServerTls, ServerTlsMode};
use super::service_entry_check::is_ip;
use super::sidecar::{CaptureMode, EgressListener, IngressListener, OutboundTrafficPolicy, OutboundTrafficPolicyMode};
use super::{Sidecar, destination_rule_check, gateway_check, virtual_service_check};
use crate::base::{Diagnostics, Location, NamespacedHost, Origin, Port, Protocol};
use crate::resource::Object;
use crate::resource::check::{self, doubt, fault, fqdn_fault, is_label, wildcard_domain_fault};

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<Sidecar>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let Sidecar { workload_selector, ingress, egress, inbound_connection_pool, outbound_traffic_policy } = &object.spec;
    if let Some(selector) = workload_selector {
        check::selector(&spec.key("workloadSelector").key("labels"), &selector.labels, out);
    }
    let nothing = ingress.is_empty() && egress.is_empty();
    if nothing && outbound_traffic_policy.is_none() && inbound_connection_pool.is_none() {
        out.push(fault("missing-listeners", &spec, "a Sidecar without `egress` or `ingress` sets nothing"));
    }
    let mut ports: BTreeMap<Port, Origin> = BTreeMap::new();
    for (index, listener) in ingress.iter().enumerate() {
        let at = spec.key("ingress").index(index);
        check_ingress(&at, listener, out);
        check_unique(&at, listener.port.as_ref(), &mut ports, out);
    }
    if let Some(pool) = inbound_connection_pool {
        destination_rule_check::check_connection_pool(&spec.key("inboundConnectionPool"), pool, out);
    }
    check_egress(&spec.key("egress"), egress, object.namespace(), out);
    if let Some(policy) = outbound_traffic_policy {
        check_policy(&spec.key("outboundTrafficPolicy"), policy, out);
    }
}

fn check_unique(at: &Origin, port: Option<&ServerPort>, ports: &mut BTreeMap<Port, Origin>, out: &mut Diagnostics) {
    let Some(number) = port.and_then(|port| port.number) else { return };
    let place = at.key("port").key("number");
    if let Some(first) = ports.insert(number, place.clone()) {
        let finding = fault("duplicate-port", &place, format!("two listeners are on port {number}"));
        out.push(finding.related(Location::Value(first), "the other"));
    }
}

/// Name, protocol and target port of a listener's port.
fn check_port(at: &Origin, port: &ServerPort, out: &mut Diagnostics) {
    if !port.name.is_empty() && !is_label(&port.name) {
        let message = format!("`{}` cannot be the name of a port", port.name);
        out.push(fault("malformed-port-name", &at.key("name"), message).help("lower-case letters, digits and `-`"));
    }
    if !port.protocol.is_empty() {
        gateway_check::check_protocol(at, port, out);
    }
    if port.target_port.is_some() {
        let message = "`targetPort` has no effect in a Sidecar";
        out.push(fault("target-port-in-sidecar", &at.key("targetPort"), message).help("use `defaultEndpoint`"));
    }
}

fn check_bind(at: &Origin, bind: &str, out: &mut Diagnostics) {
    if !bind.is_empty() && !is_ip(bind) {
        out.push(fault("malformed-address", &at.key("bind"), format!("`{bind}` is not an IP address")));
    }
}

fn check_ingress(at: &Origin, listener: &IngressListener, out: &mut Diagnostics) {
    let IngressListener { port, bind, capture_mode: _, default_endpoint, tls, connection_pool } = listener;
    let Some(port) = port else {
        out.push(fault("missing-port", at, "an ingress listener needs a `port`"));
        return;
    };
    check_port(&at.key("port"), port, out);
    check::port_written(&at.key("port"), port.number, out);
    check_bind(at, bind, out);
    if let Some(message) = endpoint_fault(default_endpoint) {
        let help = "`127.0.0.1:port`, `0.0.0.0:port`, `[::1]:port`, `[::]:port` or `unix:///path`";
        out.push(fault("malformed-endpoint", &at.key("defaultEndpoint"), message).help(help));
    }
    let protocol = Protocol::parse(&port.protocol);
    if let Some(tls) = tls {
        check_tls(&at.key("tls"), tls, protocol, out);
    }
    if let Some(pool) = connection_pool {
        let at = at.key("connectionPool");
        destination_rule_check::check_connection_pool(&at, pool, out);
        if pool.http.is_some() && !protocol.is_http() {
            let message = "the port is not HTTP: only the `tcp` settings count";
            out.push(doubt("http-settings-without-http", &at.key("http"), message).help("set the port's `protocol`"));
        }
    }
}

fn endpoint_fault(endpoint: &str) -> Option<String> {
    if endpoint.is_empty() {
        return None;
    }
    if let Some(path) = endpoint.strip_prefix("unix://") {
        return gateway_check::socket_fault(path).map(str::to_owned);
    }
    let Some((host, port)) = endpoint.rsplit_once(':') else {
        return Some(format!("`{endpoint}` has no port"));
    };
    if !matches!(host, "" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "[::]") {
        return Some(format!("`{host}` is not an address of the workload itself"));
    }
    let port_read = port.parse().ok().and_then(Port::new);
    port_read.is_none().then(|| format!("`{port}` is not a port from 1 to 65535"))
}

fn check_tls(at: &Origin, tls: &ServerTls, protocol: Protocol, out: &mut Diagnostics) {
    let fields = [
        (!tls.subject_alt_names.is_empty(), "subjectAltNames"),
        (tls.https_redirect, "httpsRedirect"),
        (!tls.credential_name.is_empty(), "credentialName"),
        (!tls.credential_names.is_empty(), "credentialNames"),
        (!tls.tls_certificates.is_empty(), "tlsCertificates"),
    ];
    for (_, key) in fields.into_iter().filter(|(written, _)| *written) {
        out.push(fault("tls-field-not-used", &at.key(key), format!("a Sidecar takes no `{key}`")).help("remove it"));
    }
    if matches!(tls.mode, ServerTlsMode::IstioMutual | ServerTlsMode::AutoPassthrough) {
        let message = "a Sidecar takes PASSTHROUGH, SIMPLE, MUTUAL or OPTIONAL_MUTUAL";
        out.push(fault("tls-mode-in-sidecar", &at.key("mode"), message));
    }
    if !protocol.is_tls() {
        let message = format!("a port with protocol {protocol} takes no `tls`");
        out.push(fault("tls-on-plain-port", at, message).help("use protocol HTTPS or TLS"));
    }
    gateway_check::check_tls(at, tls, out);
}

fn check_egress(at: &Origin, listeners: &[EgressListener], namespace: &str, out: &mut Diagnostics) {
    let mut ports: BTreeMap<Port, Origin> = BTreeMap::new();
    let mut sockets = BTreeSet::new();
    for (index, listener) in listeners.iter().enumerate() {
        let at = at.index(index);
        match &listener.port {
            None if index + 1 < listeners.len() => {
                let message = "a listener without port takes all others' traffic, so it stands last";
                out.push(fault("catch-all-not-last", &at, message).help("move it to the end, or give it a port"));
            }
            None => {}
            Some(port) => {
                check_port(&at.key("port"), port, out);
                check_unique(&at, Some(port), &mut ports, out);
                check_egress_bind(&at, listener, port, out);
                if port.number.is_none() && !sockets.insert(listener.bind.as_str()) {
                    let message = format!("two listeners are on `{}`", listener.bind);
                    out.push(fault("duplicate-port", &at.key("bind"), message));
                }
            }
        }
        check_egress_hosts(&at, &listener.hosts, namespace, out);
    }
}

fn check_egress_bind(at: &Origin, listener: &EgressListener, port: &ServerPort, out: &mut Diagnostics) {
    if port.number.is_some() {
        check_bind(at, &listener.bind, out);
        return;
    }
    match listener.bind.strip_prefix("unix://") {
        None => {
            let message = "a port needs a number from 1 to 65535, or `bind` a Unix socket";
            out.push(fault("missing-port", &at.key("port"), message));
        }
        Some(path) => {
            if let Some(message) = gateway_check::socket_fault(path) {
                out.push(fault("malformed-address", &at.key("bind"), message));
            }
        }
    }
    if listener.capture_mode == CaptureMode::Iptables {
        let message = "traffic to a Unix socket cannot be captured";
        out.push(fault("capture-of-socket", &at.key("captureMode"), message).help("use NONE"));
    }
}

fn check_egress_hosts(at: &Origin, hosts: &[NamespacedHost], namespace: &str, out: &mut Diagnostics) {
    if hosts.is_empty() {
        out.push(
            fault("missing-hosts", at, "an egress listener needs `hosts`").help("`*/*` for all, `./*` for its own"),
        );
    }
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (index, host) in hosts.iter().enumerate() {
        let at = at.key("hosts").index(index);
        let name = host.host.as_str();
        let Some(of) = host.namespace.as_deref() else {
            let message = format!("`{host}` has no namespace");
            out.push(fault("malformed-host", &at, message).help(format!("write `*/{host}` or `./{host}`")));
            continue;
        };
        let plain = of.strip_prefix('~').unwrap_or(of);
        if of.is_empty() || !(matches!(plain, "" | "*" | ".") || is_label(plain)) {
            out.push(fault("malformed-host", &at, format!("`{of}` cannot be the name of a namespace")));
        }
        gateway_check::check_host_name(&at, name, false, out);
        if of.starts_with('~') {
            continue;
        }
        let of = if of == "." { namespace } else { of };
        if seen.contains(&(of, "*")) || !seen.insert((of, name)) {
            out.push(doubt("duplicate-egress-host", &at, format!("`{host}` is covered by an earlier entry")));
        }
    }
    let others = seen.iter().any(|(of, _)| *of != "*");
    if seen.contains(&("*", "*")) && others {
        let message = "`*/*` covers everything: the other entries have no effect";
        out.push(doubt("redundant-egress-hosts", &at.key("hosts"), message).help("remove `*/*`, or the others"));
    }
}

fn check_policy(at: &Origin, policy: &OutboundTrafficPolicy, out: &mut Diagnostics) {
    let Some(proxy) = &policy.egress_proxy else { return };
    let place = at.key("egressProxy");
    if policy.mode != OutboundTrafficPolicyMode::AllowAny {
        let message = "`egressProxy` is for mode ALLOW_ANY";
        out.push(fault("egress-proxy-without-allow-any", &place, message).help("set `mode: ALLOW_ANY`"));
        return;
    }
    if let Some(why) = fqdn_fault(proxy.host.as_str()).filter(|_| wildcard_domain_fault(proxy.host.as_str()).is_none())
    {
        out.push(fault("malformed-host", &place.key("host"), format!("`{}` is not a host: {why}", proxy.host)));
    }
    if proxy.port.is_none() {
        out.push(fault("missing-port", &place, "`egressProxy` needs a `port`"));
    }
    virtual_service_check::check_destination(&place, proxy, out);
}
