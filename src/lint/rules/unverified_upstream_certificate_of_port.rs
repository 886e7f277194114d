//! TLS to a port of a service whose certificate nobody checks.

use super::declare_rule;
use super::unverified_upstream_certificate::unverified;
use crate::base::Diagnostics;
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports TLS in `portLevelSettings` of a DestinationRule (`SIMPLE` or `MUTUAL`) without
    /// `caCertificates`.
    /// ## Why is this bad
    /// The proxy accepts any certificate on that port. Settings of a port replace those of the
    /// host, so `caCertificates` of the host do not help.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: db}
    /// spec:
    ///   host: db.example.com
    ///   trafficPolicy:
    ///     portLevelSettings:
    ///     - {port: {number: 443}, tls: {mode: SIMPLE}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: db}
    /// spec:
    ///   host: db.example.com
    ///   trafficPolicy:
    ///     portLevelSettings:
    ///     - {port: {number: 443}, tls: {mode: SIMPLE, caCertificates: system}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0129/>
    pub(super) RULE = { name: "unverified-upstream-certificate-of-port", codes: ["IST0129"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for rule in &context.resources.destination_rules {
        let settings = rule.spec.traffic_policy.iter().flat_map(|policy| &policy.port_level_settings).enumerate();
        for (at, setting) in settings {
            let Some(tls) = &setting.tls else { continue };
            let origin = rule.spec_origin().key("trafficPolicy").key("portLevelSettings").index(at).key("tls");
            let selects = rule.spec.workload_selector.is_some();
            found.0.extend(unverified(&RULE, tls, selects, &origin, rule.spec.host.as_str()));
        }
    }
}
