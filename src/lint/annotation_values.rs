//! What the values of Istio's annotations may be (`istio: inject.AnnotationValidation`).

use crate::base::{Diagnostics, FileId, Severity};
use crate::resource::istio::proxy_defaults::ProxyConfig;
use crate::yaml;

/// What is wrong with the value of an annotation; nothing is, where Istio takes any.
pub(super) fn fault(name: &str, value: &str) -> Option<String> {
    match name {
        "sidecar.istio.io/interceptionMode" => {
            wrong(["REDIRECT", "TPROXY", "NONE"].contains(&value), "this is none of REDIRECT, TPROXY and NONE")
        }
        "status.sidecar.istio.io/port" => wrong(is_port(value), "this is no port number"),
        "readiness.status.sidecar.istio.io/initialDelaySeconds"
        | "readiness.status.sidecar.istio.io/periodSeconds"
        | "readiness.status.sidecar.istio.io/failureThreshold" => {
            wrong(is_number::<u32>(value), "this is no whole number")
        }
        "traffic.sidecar.istio.io/includeOutboundIPRanges" if value == "*" => None,
        "traffic.sidecar.istio.io/includeOutboundIPRanges" | "traffic.sidecar.istio.io/excludeOutboundIPRanges" => {
            list(value, |range| range.parse::<ipnet::IpNet>().is_ok(), "is no range of addresses as `10.0.0.0/8`")
        }
        "traffic.sidecar.istio.io/includeInboundPorts" if value == "*" => None,
        "traffic.sidecar.istio.io/includeInboundPorts"
        | "traffic.sidecar.istio.io/excludeInboundPorts"
        | "traffic.sidecar.istio.io/excludeOutboundPorts" => list(value.trim(), is_port, "is no port number"),
        "traffic.sidecar.istio.io/excludeInterfaces"
        | "traffic.sidecar.istio.io/kubevirtInterfaces"
        | "istio.io/reroute-virtual-interfaces" => list(value, is_interface, "is no name of a network interface"),
        "prometheus.istio.io/merge-metrics" => wrong(is_bool(value), "this is neither true nor false"),
        "proxy.istio.io/config" => proxy_config(value),
        "sidecar.istio.io/proxyCPU"
        | "sidecar.istio.io/proxyMemory"
        | "sidecar.istio.io/proxyCPULimit"
        | "sidecar.istio.io/proxyMemoryLimit" => wrong(is_quantity(value), "this is no quantity as `100m` or `128Mi`"),
        _ => None,
    }
}

fn wrong(right: bool, message: &str) -> Option<String> {
    (!right).then(|| message.to_owned())
}

/// The first of a list with commas that is not as it should be; an empty list is.
fn list(value: &str, right: impl Fn(&str) -> bool, fault: &str) -> Option<String> {
    let wrong = value.split(',').find(|one| !right(one)).filter(|_| !value.is_empty())?;
    Some(format!("`{wrong}` {fault}"))
}

/// Go reads a number without a sign.
fn is_number<T: std::str::FromStr>(value: &str) -> bool {
    !value.starts_with('+') && value.parse::<T>().is_ok()
}

fn is_port(value: &str) -> bool {
    is_number::<u16>(value.trim())
}

fn is_interface(name: &str) -> bool {
    let name = name.trim();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@');
    (1..=15).contains(&name.len()) && name.bytes().all(allowed)
}

/// What Go's `strconv.ParseBool` takes.
fn is_bool(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False")
}

/// What Kubernetes' `resource.ParseQuantity` takes: a number and a unit.
fn is_quantity(value: &str) -> bool {
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let end = unsigned.find(|it: char| !(it.is_ascii_digit() || it == '.')).unwrap_or(unsigned.len());
    let (number, unit) = unsigned.split_at(end);
    let exponent = unit.strip_prefix(['e', 'E']).map(|it| it.strip_prefix(['+', '-']).unwrap_or(it));
    let unit_is_right = matches!(
        unit,
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei"
    ) || exponent.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
    number.bytes().any(|byte| byte.is_ascii_digit()) && number.matches('.').count() <= 1 && unit_is_right
}

/// The first fault of a ProxyConfig inside the text.
fn proxy_config(text: &str) -> Option<String> {
    let file = FileId(u32::MAX);
    let (documents, mut found) = yaml::parse(file, text);
    if let Some(document) = documents.first() {
        let _: ProxyConfig = yaml::decode(&document.root, file, &mut found);
    }
    first_error(found)
}

fn first_error(found: Diagnostics) -> Option<String> {
    found.0.into_iter().find(|it| it.severity == Severity::Error).map(|it| it.message)
}

#[cfg(test)]
mod tests {
    use super::fault;

    fn right(name: &str, values: &[&str]) {
        for value in values {
            assert_eq!(fault(name, value), None, "{name}: {value}");
        }
    }

    fn wrong(name: &str, values: &[&str]) {
        for value in values {
            assert!(fault(name, value).is_some(), "{name}: {value}");
        }
    }

    #[test]
    fn numbers_and_words() {
        right("readiness.status.sidecar.istio.io/periodSeconds", &["10", "0", "4294967295"]);
        wrong("readiness.status.sidecar.istio.io/periodSeconds", &["", "bar", "-1", "+1", "1.5", "4294967296"]);
        right("status.sidecar.istio.io/port", &["0", " 15020 ", "65535"]);
        wrong("status.sidecar.istio.io/port", &["", "65536", "http"]);
        right("prometheus.istio.io/merge-metrics", &["true", "f", "1"]);
        wrong("prometheus.istio.io/merge-metrics", &["yes", ""]);
        right("sidecar.istio.io/interceptionMode", &["REDIRECT", "NONE"]);
        wrong("sidecar.istio.io/interceptionMode", &["redirect"]);
    }

    #[test]
    fn lists() {
        right("traffic.sidecar.istio.io/includeInboundPorts", &["*", "", "80", "80, 443"]);
        wrong("traffic.sidecar.istio.io/includeInboundPorts", &["80,*", "80,", "http"]);
        wrong("traffic.sidecar.istio.io/excludeInboundPorts", &["*"]);
        right("traffic.sidecar.istio.io/includeOutboundIPRanges", &["*", "", "10.0.0.0/8,fd00::/8"]);
        wrong("traffic.sidecar.istio.io/includeOutboundIPRanges", &["10.0.0.0", "10.0.0.0/8, 11.0.0.0/8"]);
        wrong("traffic.sidecar.istio.io/excludeOutboundIPRanges", &["*"]);
        right("traffic.sidecar.istio.io/excludeInterfaces", &["", "eth0", "eth0, net1"]);
        wrong("traffic.sidecar.istio.io/excludeInterfaces", &["eth0,", "a-name-of-an-interface"]);
    }

    #[test]
    fn quantities() {
        right("sidecar.istio.io/proxyCPU", &["100m", "1", "1.5", "2k", "1e3", ".5"]);
        right("sidecar.istio.io/proxyMemory", &["128Mi", "1Gi", "1E"]);
        wrong("sidecar.istio.io/proxyMemory", &["", "128MB", "Mi", "1.2.3", "1e", "12 Mi"]);
    }

    #[test]
    fn a_configuration_of_the_proxy() {
        right("proxy.istio.io/config", &["", "{}", "concurrency: 2\nproxyMetadata: {A: b}"]);
        wrong("proxy.istio.io/config", &["concurency: 2", "{", "concurrency: many"]);
    }
}
