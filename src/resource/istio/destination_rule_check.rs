//! What istiod refuses of a DestinationRule (`pkg/config/validation: ValidateDestinationRule`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::DestinationRule;
use super::destination_rule::{
    ClientTls, ClientTlsMode, ConnectionPoolSettings, H2UpgradePolicy, HttpSettings, LoadBalancerSettings,
    OutlierDetection, PortTrafficPolicy, RetryBudget, Subset, TcpSettings, TrafficPolicy, TunnelSettings,
};
use super::load_balancer_check;
use crate::base::{Diagnostics, Duration, Location, Origin};
use crate::resource::Object;
use crate::resource::check::{self, ExportRule, doubt, fault, fqdn_fault, is_label, wildcard_domain_fault};

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<DestinationRule>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let DestinationRule { host, traffic_policy, subsets, export_to, workload_selector } = &object.spec;
    if host.is_empty() {
        out.push(fault("missing-host", &spec, "a DestinationRule needs a `host`"));
    } else if let Some(why) = wildcard_domain_fault(host.as_str()) {
        out.push(fault("malformed-host", &spec.key("host"), format!("`{host}` is not a host: {why}")));
    }
    if let Some(policy) = traffic_policy {
        check_policy(&spec.key("trafficPolicy"), policy, object.namespace(), out);
    }
    check_subsets(&spec.key("subsets"), subsets, object.namespace(), out);
    let rule = match workload_selector {
        Some(selector) => {
            check::selector(&spec.key("workloadSelector").key("matchLabels"), &selector.match_labels, out);
            ExportRule::OwnOnly
        }
        None => ExportRule::Usual,
    };
    check::export_to(&spec, object.namespace(), export_to, rule, out);
}

fn check_subsets(at: &Origin, subsets: &[Subset], namespace: &str, out: &mut Diagnostics) {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, Subset { name, labels, traffic_policy }) in subsets.iter().enumerate() {
        let place = at.index(index);
        if name.is_empty() {
            out.push(fault("missing-name", &place, "a subset needs a `name`"));
        } else if !is_label(name) {
            let message = format!("`{name}` cannot be the name of a subset");
            let help = "lower-case letters, digits and `-`";
            out.push(fault("malformed-subset", &place.key("name"), message).help(help));
        }
        if let Some(first) = names.insert(name, index).filter(|_| !name.is_empty()) {
            let first = Location::Value(at.index(first).key("name"));
            let finding = fault("duplicate-subset", &place.key("name"), format!("two subsets are called `{name}`"));
            out.push(finding.related(first, "the first"));
        }
        check::labels(&place.key("labels"), labels, out);
        if let Some(policy) = traffic_policy {
            check_policy(&place.key("trafficPolicy"), policy, namespace, out);
        }
    }
}

fn check_policy(at: &Origin, policy: &TrafficPolicy, namespace: &str, out: &mut Diagnostics) {
    let TrafficPolicy {
        load_balancer,
        connection_pool,
        outlier_detection,
        tls,
        port_level_settings,
        tunnel,
        proxy_protocol,
        retry_budget,
    } = policy;
    if policy == &TrafficPolicy::default() {
        out.push(fault("empty-policy", at, "a traffic policy that sets nothing").help("set a field, or remove it"));
    }
    if tunnel.is_some() && proxy_protocol.is_some() {
        let message = "`tunnel` and `proxyProtocol` exclude each other";
        out.push(fault("conflicting-fields", &at.key("proxyProtocol"), message));
    }
    check_common(at, (load_balancer, connection_pool, outlier_detection, tls), namespace, out);
    for (index, settings) in port_level_settings.iter().enumerate() {
        check_port_policy(&at.key("portLevelSettings").index(index), settings, namespace, out);
    }
    if let Some(tunnel) = tunnel {
        check_tunnel(&at.key("tunnel"), tunnel, out);
    }
    if let Some(RetryBudget { percent: Some(percent), .. }) = retry_budget {
        check_percent(&at.key("retryBudget").key("percent"), *percent, out);
    }
}

/// What a policy of all ports and one of a single port have in common.
type Common<'a> = (
    &'a Option<LoadBalancerSettings>,
    &'a Option<ConnectionPoolSettings>,
    &'a Option<OutlierDetection>,
    &'a Option<ClientTls>,
);

fn check_common(at: &Origin, common: Common<'_>, namespace: &str, out: &mut Diagnostics) {
    let (load_balancer, connection_pool, outlier_detection, tls) = common;
    if let Some(outlier) = outlier_detection {
        check_outlier_detection(&at.key("outlierDetection"), outlier, out);
    }
    if let Some(pool) = connection_pool {
        check_connection_pool(&at.key("connectionPool"), pool, out);
    }
    if let Some(settings) = load_balancer {
        load_balancer_check::check(&at.key("loadBalancer"), settings, outlier_detection.is_some(), out);
    }
    if let Some(tls) = tls {
        check_tls(&at.key("tls"), tls, namespace, out);
    }
}

fn check_port_policy(at: &Origin, settings: &PortTrafficPolicy, namespace: &str, out: &mut Diagnostics) {
    let PortTrafficPolicy { port, load_balancer, connection_pool, outlier_detection, tls } = settings;
    match port {
        None => out.push(fault("missing-port", at, "settings of a port need its `port.number`")),
        Some(port) if port.number.is_none() => {
            out.push(doubt("settings-without-port", &at.key("port"), "settings of no port: `number` is missing or 0"));
        }
        Some(_) => {}
    }
    if load_balancer.is_none() && connection_pool.is_none() && outlier_detection.is_none() && tls.is_none() {
        out.push(fault("empty-policy", at, "settings of a port that set nothing").help("set a field, or remove it"));
    }
    check_common(at, (load_balancer, connection_pool, outlier_detection, tls), namespace, out);
}

/// A share is between 0 and 100 percent.
pub(super) fn check_percent(at: &Origin, percent: f64, out: &mut Diagnostics) {
    if !(0.0..=100.0).contains(&percent) {
        let message = format!("`{}` is {percent}, and must be from 0 to 100", check::field(at));
        out.push(fault("percentage-out-of-range", at, message));
    }
}

/// When an endpoint is taken out (`validateOutlierDetection`).
fn check_outlier_detection(at: &Origin, outlier: &OutlierDetection, out: &mut Diagnostics) {
    check::duration(&at.key("baseEjectionTime"), outlier.base_ejection_time, out);
    check::duration(&at.key("interval"), outlier.interval, out);
    if outlier.consecutive_errors != 0 {
        let finding = doubt("deprecated-setting", &at.key("consecutiveErrors"), "`consecutiveErrors` is deprecated");
        out.push(finding.help("use `consecutive5xxErrors` or `consecutiveGatewayErrors`"));
    }
    let local = outlier.consecutive_local_origin_failures.unwrap_or_default();
    if local > 0 && !outlier.split_external_local_origin_errors {
        let message = "`consecutiveLocalOriginFailures` needs `splitExternalLocalOriginErrors`";
        let finding = fault("local-failures-not-split", &at.key("consecutiveLocalOriginFailures"), message);
        out.push(finding.help("set `splitExternalLocalOriginErrors: true`"));
    }
    check_percent(&at.key("maxEjectionPercent"), f64::from(outlier.max_ejection_percent), out);
    check_percent(&at.key("minHealthPercent"), f64::from(outlier.min_health_percent), out);
    for (index, code) in outlier.outlier_detection_http_error_codes.iter().enumerate() {
        if !(100..=599).contains(code) {
            let place = at.key("outlierDetectionHttpErrorCodes").index(index);
            out.push(fault("status-out-of-range", &place, format!("{code} is not an HTTP status from 100 to 599")));
        }
    }
}

/// Limits on the way to a service (`validateConnectionPool`).
pub(super) fn check_connection_pool(at: &Origin, pool: &ConnectionPoolSettings, out: &mut Diagnostics) {
    let ConnectionPoolSettings { tcp, http } = pool;
    if tcp.is_none() && http.is_none() {
        out.push(fault("empty-policy", at, "a connection pool needs `tcp` or `http`"));
    }
    if let Some(http) = http {
        check_http_settings(&at.key("http"), http, out);
    }
    let Some(TcpSettings { max_connections, connect_timeout, tcp_keepalive, max_connection_duration, idle_timeout }) =
        tcp
    else {
        return;
    };
    let at = at.key("tcp");
    check_limits(&at, &[("maxConnections", *max_connections)], out);
    check::duration(&at.key("connectTimeout"), *connect_timeout, out);
    check::duration(&at.key("maxConnectionDuration"), *max_connection_duration, out);
    // Less than a millisecond turns the timeout off.
    let timeout = idle_timeout.filter(|timeout| timeout.total_millis() != 0);
    check::duration(&at.key("idleTimeout"), timeout, out);
    if let Some(keepalive) = tcp_keepalive {
        check::duration(&at.key("tcpKeepalive").key("time"), keepalive.time, out);
        check::duration(&at.key("tcpKeepalive").key("interval"), keepalive.interval, out);
    }
}

fn check_http_settings(at: &Origin, http: &HttpSettings, out: &mut Diagnostics) {
    let limits = [
        ("http1MaxPendingRequests", http.http1_max_pending_requests),
        ("http2MaxRequests", http.http2_max_requests),
        ("maxRequestsPerConnection", http.max_requests_per_connection),
        ("maxRetries", http.max_retries),
        ("maxConcurrentStreams", http.max_concurrent_streams),
    ];
    check_limits(at, &limits, out);
    check::duration(&at.key("idleTimeout"), http.idle_timeout, out);
    if http.h2_upgrade_policy == H2UpgradePolicy::Upgrade && http.use_client_protocol {
        let message = "with `useClientProtocol` requests are not upgraded to HTTP/2";
        out.push(fault("conflicting-fields", &at.key("useClientProtocol"), message).help("remove `h2UpgradePolicy`"));
    }
    if let Some(keepalive) = &http.http2_keep_alive {
        let at = at.key("http2KeepAlive");
        let mut required = |key: &'static str, value: Option<Duration>| {
            if value.is_none() {
                out.push(fault("missing-duration", &at, format!("`http2KeepAlive` needs `{key}`")));
            }
            check::duration(&at.key(key), value, out);
        };
        required("interval", keepalive.interval);
        required("timeout", keepalive.timeout);
    }
}

fn check_limits(at: &Origin, limits: &[(&'static str, i32)], out: &mut Diagnostics) {
    for (key, limit) in limits.iter().filter(|(_, limit)| *limit < 0) {
        out.push(fault("negative-limit", &at.key(*key), format!("`{key}` is {limit}, and cannot be below 0")));
    }
}

/// TLS to a service (`agent.ValidateTLS`).
fn check_tls(at: &Origin, tls: &ClientTls, namespace: &str, out: &mut Diagnostics) {
    if let Some(name) = tls.credential_name.strip_prefix("configmap://") {
        check_config_map(&at.key("credentialName"), name, namespace, out);
    }
    let by_name = !tls.credential_name.is_empty();
    let files = [
        (!tls.ca_certificates.is_empty(), "caCertificates"),
        (by_name, "credentialName"),
        (!tls.subject_alt_names.is_empty(), "subjectAltNames"),
        (!tls.client_certificate.is_empty(), "clientCertificate"),
        (!tls.private_key.is_empty(), "privateKey"),
        (!tls.ca_crl.is_empty(), "caCrl"),
    ];
    let written = |keys: &[&str]| -> Vec<&'static str> {
        files.into_iter().filter(|(written, key)| *written && keys.contains(key)).map(|(_, key)| key).collect()
    };
    if tls.insecure_skip_verify == Some(true) {
        let keys: &[&str] = match tls.mode {
            ClientTlsMode::Simple => &["caCertificates", "credentialName", "subjectAltNames"],
            ClientTlsMode::Mutual => &["caCertificates", "subjectAltNames"],
            ClientTlsMode::Disable | ClientTlsMode::IstioMutual => &[],
        };
        for key in written(keys) {
            let message = format!("`{key}` is for checking the server, which `insecureSkipVerify` turns off");
            out.push(fault("conflicting-fields", &at.key(key), message).help("remove one of them"));
        }
    }
    if !matches!(tls.mode, ClientTlsMode::Simple | ClientTlsMode::Mutual) {
        return;
    }
    if by_name {
        for key in written(&["clientCertificate", "privateKey", "caCertificates", "caCrl"]) {
            let message = format!("`{key}` and `credentialName` exclude each other");
            let other = Location::Value(at.key("credentialName"));
            out.push(
                fault("conflicting-certificates", &at.key(key), message).related(other, "the other").help("keep one"),
            );
        }
        return;
    }
    if tls.mode == ClientTlsMode::Mutual && tls.client_certificate.is_empty() {
        let message = "mode MUTUAL needs `clientCertificate` (or `credentialName`)";
        out.push(fault("missing-certificate", at, message));
    }
    if tls.mode == ClientTlsMode::Mutual && tls.private_key.is_empty() {
        out.push(fault("missing-private-key", at, "mode MUTUAL needs `privateKey` (or `credentialName`)"));
    }
}

/// A ConfigMap is one of the rule's own namespace.
fn check_config_map(at: &Origin, name: &str, namespace: &str, out: &mut Diagnostics) {
    match name.split_once('/') {
        None if !name.is_empty() => {}
        Some((of, name)) if of == namespace && !name.is_empty() && !name.contains('/') => {}
        _ => {
            let message = format!("`configmap://{name}` does not name a ConfigMap of namespace `{namespace}`");
            out.push(fault("malformed-credential-name", at, message).help("write `configmap://name`"));
        }
    }
}

/// A tunnel (`validateTunnelSettings`).
fn check_tunnel(at: &Origin, tunnel: &TunnelSettings, out: &mut Diagnostics) {
    let TunnelSettings { protocol, target_host, target_port } = tunnel;
    if !matches!(protocol.as_str(), "" | "CONNECT" | "POST") {
        let message = format!("a tunnel is made by `CONNECT` or `POST`, not `{protocol}`");
        out.push(fault("unknown-protocol", &at.key("protocol"), message));
    }
    if target_host.is_empty() {
        out.push(fault("missing-host", at, "a tunnel needs `targetHost`"));
    } else if let Some(why) = fqdn_fault(target_host).filter(|_| target_host.parse::<IpAddr>().is_err()) {
        out.push(fault("malformed-host", &at.key("targetHost"), format!("`{target_host}` is not a host: {why}")));
    }
    if target_port.is_none() {
        out.push(fault("missing-port", at, "a tunnel needs `targetPort`"));
    }
}
