//! TLS to a service whose certificate nobody checks.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::{Context, Rule};
use crate::resource::istio::destination_rule::{ClientTls, ClientTlsMode};

declare_rule! {
    /// ## What it does
    /// Reports TLS of a DestinationRule (`SIMPLE` or `MUTUAL`) without `caCertificates`. A
    /// `credentialName` with authorities counts only together with a `workloadSelector`, as
    /// sidecars read it only then.
    /// ## Why is this bad
    /// The proxy accepts any certificate, so that anybody on the way can read and change the
    /// traffic.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: db}
    /// spec:
    ///   host: db.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: db}
    /// spec:
    ///   host: db.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0128/>
    pub(super) RULE = { name: "unverified-upstream-certificate", codes: ["IST0128"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for rule in &context.resources.destination_rules {
        let policy = rule.spec.traffic_policy.as_ref();
        if let Some(tls) = policy.and_then(|policy| policy.tls.as_ref()) {
            let origin = rule.spec_origin().key("trafficPolicy").key("tls");
            found.0.extend(unverified(
                &RULE,
                tls,
                rule.spec.workload_selector.is_some(),
                &origin,
                rule.spec.host.as_str(),
            ));
        }
    }
}

/// A finding of `rule` where nothing checks the certificate of `host`.
pub(super) fn unverified(
    rule: &Rule,
    tls: &ClientTls,
    selects: bool,
    origin: &Origin,
    host: &str,
) -> Option<Diagnostic> {
    let mode = match tls.mode {
        ClientTlsMode::Simple => "SIMPLE",
        ClientTlsMode::Mutual => "MUTUAL",
        ClientTlsMode::Disable | ClientTlsMode::IstioMutual => return None,
    };
    let checked = !tls.ca_certificates.is_empty() || (!tls.credential_name.is_empty() && selects);
    if checked {
        return None;
    }
    let message = format!("TLS to `{host}` has mode `{mode}` and no `caCertificates`: its certificate is not checked");
    Some(
        Diagnostic::new(rule.severity, rule.name, Location::Value(origin.clone()), message)
            .help("set `caCertificates` to a file of the proxy, or to `system` for the operating system's authorities"),
    )
}
