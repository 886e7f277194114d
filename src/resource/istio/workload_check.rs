//! What istiod refuses of a WorkloadEntry, a WorkloadGroup or an endpoint of a ServiceEntry
//! (`pkg/config/validation: validateWorkloadEntry, ValidateWorkloadGroup`).

use super::gateway_check::socket_fault;
use super::workload_group::ReadinessProbe;
use super::{WorkloadEntry, WorkloadEntryStatus, WorkloadGroup};
use crate::base::{Diagnostics, Origin};
use crate::resource::Object;
use crate::resource::check::{self, doubt, fault, fqdn_fault, is_label};

/// Checks a WorkloadEntry by itself.
pub(in crate::resource) fn check(object: &Object<WorkloadEntry, WorkloadEntryStatus>, out: &mut Diagnostics) {
    check_workload(&object.spec_origin(), &object.spec, None, out);
}

/// Checks a WorkloadGroup by itself.
pub(in crate::resource) fn check_group(object: &Object<WorkloadGroup>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let WorkloadGroup { metadata, template, probe } = &object.spec;
    if template.is_none() {
        out.push(fault("missing-template", &spec, "a WorkloadGroup needs a `template`"));
    }
    if let Some(metadata) = metadata {
        check::labels(&spec.key("metadata").key("labels"), &metadata.labels, out);
    }
    if let Some(probe) = probe {
        check_probe(&spec.key("probe"), probe, out);
    }
}

/// Checks one workload. `ports` are the names of its ServiceEntry's ports, whose endpoints are
/// addresses; alone it may also be a host.
pub(super) fn check_workload(at: &Origin, workload: &WorkloadEntry, ports: Option<&[&str]>, out: &mut Diagnostics) {
    let address = &workload.address;
    if address.is_empty() && workload.network.is_empty() {
        out.push(fault("missing-address", at, "a workload needs an `address`"));
        return;
    }
    if address.is_empty() {
        let message = format!("no `address`: the workload is reached through the gateway of `{}`", workload.network);
        out.push(doubt("network-without-address", at, message));
    } else if let Some(path) = address.unix_path() {
        check_socket(at, path, workload, ports, out);
    } else if address.ip().is_none() {
        let why = fqdn_fault(address.as_str());
        if ports.is_some() {
            let message = format!("`{address}` is not an IP address, which resolution STATIC needs");
            out.push(
                fault("malformed-address", &at.key("address"), message).help("use an address, or `resolution: DNS`"),
            );
        } else if let Some(why) = why {
            let message = format!("`{address}` is neither a host nor an IP address: {why}");
            out.push(fault("malformed-address", &at.key("address"), message));
        }
    }
    check_labels_and_ports(at, workload, ports, out);
}

fn check_socket(at: &Origin, path: &str, workload: &WorkloadEntry, ports: Option<&[&str]>, out: &mut Diagnostics) {
    if let Some(message) = socket_fault(path) {
        out.push(fault("malformed-address", &at.key("address"), message));
    }
    if !workload.ports.is_empty() {
        out.push(fault("port-of-socket", &at.key("ports"), "a Unix socket has no ports").help("remove `ports`"));
    }
    if let Some(count) = ports.map(<[&str]>::len).filter(|count| *count != 1) {
        let message = format!("a Unix socket serves one port, and the ServiceEntry has {count}");
        out.push(fault("port-of-socket", &at.key("address"), message));
    }
}

/// Labels, and ports that the ServiceEntry has.
pub(super) fn check_labels_and_ports(
    at: &Origin,
    workload: &WorkloadEntry,
    ports: Option<&[&str]>,
    out: &mut Diagnostics,
) {
    for name in workload.ports.keys() {
        let at = at.key("ports").key(name.clone());
        if !is_label(name) {
            out.push(fault("malformed-port-name", &at, format!("`{name}` cannot be the name of a port")));
        }
        if let Some(ports) = ports.filter(|ports| !ports.contains(&name.as_str())) {
            let message = format!("the ServiceEntry has no port `{name}`");
            let known: Vec<_> = ports.iter().map(|port| format!("`{port}`")).collect();
            out.push(fault("unknown-port-name", &at, message).help(format!("its ports are {}", known.join(", "))));
        }
    }
    check::labels(&at.key("labels"), &workload.labels, out);
}

fn check_probe(at: &Origin, probe: &ReadinessProbe, out: &mut Diagnostics) {
    let ReadinessProbe {
        initial_delay_seconds,
        timeout_seconds,
        period_seconds,
        success_threshold,
        failure_threshold,
        http_get,
        tcp_socket,
        exec,
        grpc,
    } = probe;
    let numbers = [
        ("initialDelaySeconds", initial_delay_seconds),
        ("timeoutSeconds", timeout_seconds),
        ("periodSeconds", period_seconds),
        ("successThreshold", success_threshold),
        ("failureThreshold", failure_threshold),
    ];
    for (key, number) in numbers.into_iter().filter(|(_, number)| **number < 0) {
        out.push(fault("negative-limit", &at.key(key), format!("`{key}` is {number}, and cannot be below 0")));
    }
    let methods = [
        (http_get.is_some(), "httpGet"),
        (tcp_socket.is_some(), "tcpSocket"),
        (exec.is_some(), "exec"),
        (grpc.is_some(), "grpc"),
    ];
    let mut written = methods.into_iter().filter(|(written, _)| *written).map(|(_, key)| key);
    match written.next() {
        None => out.push(fault("missing-probe", at, "a probe needs `httpGet`, `tcpSocket` or `exec`")),
        Some("grpc") => {
            let message = "istiod's webhook does not take a probe by gRPC";
            out.push(fault("field-not-implemented", &at.key("grpc"), message));
        }
        Some(first) => {
            for other in written {
                let message = format!("`{first}` and `{other}` exclude each other");
                out.push(fault("conflicting-fields", &at.key(other), message).help("keep one"));
            }
        }
    }
    if let Some(http) = http_get {
        let at = at.key("httpGet");
        check::port_written(&at, http.port, out);
        if !matches!(http.scheme.as_str(), "" | "HTTP" | "HTTPS") {
            let message = format!("`{}` is not a scheme of probes", http.scheme);
            out.push(fault("unknown-scheme", &at.key("scheme"), message).help("`HTTP` or `HTTPS`"));
        }
        for (index, header) in http.http_headers.iter().enumerate() {
            let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if header.name.is_empty() || !header.name.bytes().all(named) {
                let message = format!("`{}` cannot be the name of a header of a probe", header.name);
                out.push(fault("malformed-header-name", &at.key("httpHeaders").index(index), message));
            }
        }
    }
    if let Some(tcp) = tcp_socket {
        check::port_written(&at.key("tcpSocket"), tcp.port, out);
    }
    if let Some(exec) = exec {
        let at = at.key("exec");
        if exec.command.is_empty() {
            out.push(fault("missing-command", &at, "`exec` needs a `command`"));
        }
        for (index, _) in exec.command.iter().enumerate().filter(|(_, word)| word.is_empty()) {
            out.push(fault("missing-command", &at.key("command").index(index), "a word of a `command` is empty"));
        }
    }
}
