//! `webhook-address-is-ip`.

use super::declare_rule;
use std::net::IpAddr;

use super::webhook_without_address::webhooks;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports a webhook of Istio whose `url` has an IP address in place of a host name.
    /// ## Why is this bad
    /// The certificate of the control plane must then be for the address, and a change of the address
    /// breaks injection.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: istio-sidecar-injector-external}
    /// webhooks:
    /// - name: rev.namespace.sidecar-injector.istio.io
    ///   clientConfig: {url: "https://10.1.1.1:15017/inject"}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: {name: istio-sidecar-injector-external}
    /// webhooks:
    /// - name: rev.namespace.sidecar-injector.istio.io
    ///   clientConfig: {url: "https://istiod.example.com:15017/inject"}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0164/>
    pub(super) RULE = { name: "webhook-address-is-ip", codes: ["IST0164"], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (object, hook) in webhooks(context) {
        let Some(node) = hook.get("clientConfig").and_then(|config| config.get("url")) else { continue };
        let Some(host) = node.as_str().and_then(host).filter(|host| host.parse::<IpAddr>().is_ok()) else { continue };
        let message = format!("the control plane is reached by the address `{host}`, not by a name");
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, object.place(node), message)
                .help("use the host name that the control plane's certificate is for"),
        );
    }
}

/// The host of a URL, without brackets.
fn host(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split('/').next()?;
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    }
}
