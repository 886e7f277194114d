//! Settings of a port that leave out what is set for all ports.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin, Severity};
use crate::lint::Context;
use crate::lint::policies::policies;
use crate::resource::istio::destination_rule::{PortTrafficPolicy, TrafficPolicy};

declare_rule! {
    /// ## What it does
    /// Reports `portLevelSettings` of a DestinationRule that lack `tls`, `connectionPool`, `outlierDetection` or
    /// `loadBalancer` where the policy around them has it.
    /// ## Why is this bad
    /// The settings of a port replace those around them; they are not added to them. What they leave out is at its
    /// default for this port: without `tls` the port gets plain text.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy:
    ///     tls: {mode: SIMPLE, caCertificates: system}
    ///     portLevelSettings:
    ///     - port: {number: 443}
    ///       connectionPool: {tcp: {maxConnections: 10}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy:
    ///     tls: {mode: SIMPLE, caCertificates: system}
    ///     portLevelSettings:
    ///     - port: {number: 443}
    ///       tls: {mode: SIMPLE, caCertificates: system}
    ///       connectionPool: {tcp: {maxConnections: 10}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#TrafficPolicy-PortTrafficPolicy>
    pub(super) RULE = { name: "port-settings-replace", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (_, policy, origin) in policies(context) {
        for (at, port) in policy.port_level_settings.iter().enumerate() {
            let missing = missing(policy, port);
            if !missing.is_empty() {
                found.push(report(&missing, &origin, at));
            }
        }
    }
}

/// What the policy has, and the port has not (`istio: model.MergeTrafficPolicy`).
fn missing(policy: &TrafficPolicy, port: &PortTrafficPolicy) -> Vec<&'static str> {
    let fields = [
        ("tls", policy.tls.is_some(), port.tls.is_some()),
        ("connectionPool", policy.connection_pool.is_some(), port.connection_pool.is_some()),
        ("outlierDetection", policy.outlier_detection.is_some(), port.outlier_detection.is_some()),
        ("loadBalancer", policy.load_balancer.is_some(), port.load_balancer.is_some()),
    ];
    fields.into_iter().filter(|(_, around, own)| *around && !own).map(|(key, ..)| key).collect()
}

fn report(missing: &[&'static str], origin: &Origin, at: usize) -> Diagnostic {
    let names: Vec<_> = missing.iter().map(|key| format!("`{key}`")).collect();
    let (names, first) = (names.join(" and "), missing.first().copied().unwrap_or_default());
    let message = format!("the settings of this port replace those around them, and leave out {names}");
    let label = match first {
        "tls" => "TLS of this port is what it is without any setting",
        _ => "these are at their defaults for this port",
    };
    let place = Location::Value(origin.key("portLevelSettings").index(at));
    // Which endpoint a request gets is seldom what breaks.
    let severity = if first == "loadBalancer" { Severity::Note } else { RULE.severity };
    Diagnostic::new(severity, RULE.name, place, message)
        .labelled(label)
        .related(Location::Key(origin.key(first)), "this does not count for the port")
        .help(format!("repeat {names} for the port"))
}
