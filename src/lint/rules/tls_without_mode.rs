//! TLS settings of a destination without a mode.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::policies::{policies, tls_settings};

declare_rule! {
    /// ## What it does
    /// Reports `tls` of a DestinationRule without `mode`.
    /// ## Why is this bad
    /// The mode is DISABLE then: nothing is encrypted, whatever else is set, and Istio's automatic mutual TLS is off as
    /// well.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {sni: web.example.com}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.example.com
    ///   trafficPolicy: {tls: {mode: SIMPLE, sni: web.example.com, caCertificates: system}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings>
    pub(super) RULE = { name: "tls-without-mode", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (_, policy, origin) in policies(context) {
        for (_, _, place) in tls_settings(policy, &origin) {
            let is_written = context.node(&place).is_some_and(|tls| tls.get("mode").is_some());
            if !is_written {
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, Location::Key(place), "`tls` without `mode` is DISABLE")
                        .labelled("connections are plain text")
                        .help("set `mode`: SIMPLE, MUTUAL or ISTIO_MUTUAL; or DISABLE, to say that it is meant"),
                );
            }
        }
    }
}
