//! Clients and servers that do not agree about mutual TLS.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, HostPattern, Location};
use crate::lint::Context;
use crate::lint::mutual_tls::{MutualTls, Required, selector};
use crate::mesh::{DestinationRule, PeerAuthentication};
use crate::resource::istio::destination_rule::ClientTlsMode;
use crate::resource::istio::peer_authentication::MutualTlsMode;

declare_rule! {
    /// ## What it does
    /// Reports DestinationRules for a wildcard that send plain text to workloads that take only mutual TLS (mode STRICT of a
    /// PeerAuthentication), and those that send mutual TLS to workloads that take only plain text. With `enableAutoMtls: false`
    /// it reports a PeerAuthentication of mode STRICT for a namespace or the mesh where no DestinationRule sends mutual TLS.
    /// ## Why is this bad
    /// Connections fail.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: default, namespace: shop}
    /// spec: {mtls: {mode: STRICT}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: plain, namespace: shop}
    /// spec: {host: "*.shop.svc.cluster.local", trafficPolicy: {tls: {mode: DISABLE}}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: default, namespace: shop}
    /// spec: {mtls: {mode: PERMISSIVE}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: plain, namespace: shop}
    /// spec: {host: "*.shop.svc.cluster.local", trafficPolicy: {tls: {mode: DISABLE}}}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "mtls-modes-clash", codes: ["KIA0205", "KIA0206", "KIA0207", "KIA0208", "KIA0401", "KIA0501", "KIA0505", "KIA0506"], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mutual_tls = MutualTls::new(context);
    for rule in &context.mesh.destination_rules {
        let Some(tls) = rule.spec.traffic_policy.as_ref().and_then(|policy| policy.tls.as_ref()) else { continue };
        let Some(server) = server(context, &mutual_tls, rule) else { continue };
        let Some(by) = server.by else { continue };
        let message = match (tls.mode, server.mode) {
            // For a single host another rule tells it.
            (ClientTlsMode::Disable, MutualTlsMode::Strict) if rule.host.is_wildcard() => {
                "plain text is sent, and only mutual TLS is taken"
            }
            (ClientTlsMode::IstioMutual, MutualTlsMode::Disable) => "mutual TLS is sent, and only plain text is taken",
            _ => continue,
        };
        let place = Location::Value(rule.origin.key("spec").key("trafficPolicy").key("tls").key("mode"));
        let taken = Location::Value(by.origin.key("spec").key("mtls").key("mode"));
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("connections fail")
                .related(taken, "what is taken")
                .help("leave `tls` out: Istio finds out what is taken"),
        );
    }
    if context.mesh.config.enable_auto_mtls == Some(false) {
        check_strict(context, found);
    }
}

/// What the workloads of a rule's host take; `None` where that is not known.
fn server<'a>(context: &Context<'a>, mutual_tls: &MutualTls<'a>, rule: &DestinationRule) -> Option<Required<'a>> {
    let domain = format!(".svc.{}", context.mesh.domain);
    if let Some(suffix) = rule.host.suffix() {
        return match suffix.strip_suffix(&domain) {
            Some("") => Some(mutual_tls.of_mesh()),
            Some(of_namespace) => Some(mutual_tls.of_namespace(of_namespace.strip_prefix('.')?)),
            None if suffix.is_empty() || domain.ends_with(suffix) => Some(mutual_tls.of_mesh()),
            None => None,
        };
    }
    let (_, namespace) = rule.host.as_str().strip_suffix(&domain)?.split_once('.')?;
    let service = context.mesh.services_with_host(rule.host.as_str()).next();
    let selector = service.map(|it| &it.selector).filter(|it| !it.is_empty());
    Some(match selector {
        Some(selector) => mutual_tls.of_workloads(namespace, selector),
        None => mutual_tls.of_namespace(namespace),
    })
}

/// Without automatic mutual TLS clients send plain text unless a DestinationRule says otherwise.
fn check_strict(context: &Context<'_>, found: &mut Diagnostics) {
    let is_strict = |it: &&PeerAuthentication| it.spec.mtls.as_ref().is_some_and(|it| it.mode == MutualTlsMode::Strict);
    let sends = |it: &&DestinationRule| {
        let tls = it.spec.traffic_policy.as_ref().and_then(|policy| policy.tls.as_ref());
        tls.is_some_and(|tls| tls.mode == ClientTlsMode::IstioMutual)
    };
    let sending: Vec<_> = context.mesh.destination_rules.iter().filter(sends).collect();
    let whole = context.mesh.peer_authentications.iter().filter(|it| selector(it).is_none());
    for policy in whole.filter(is_strict) {
        let is_root = policy.namespace == context.mesh.config.root_namespace;
        let namespace = if is_root { String::new() } else { format!(".{}", policy.namespace) };
        let hosts = HostPattern::from(format!("*{namespace}.svc.{}", context.mesh.domain).as_str());
        if sending.iter().any(|it| it.host.matches(&hosts)) {
            continue;
        }
        let place = Location::Value(policy.origin.key("spec").key("mtls").key("mode"));
        let message = "only mutual TLS is taken, and no DestinationRule sends it";
        found.push(
            Diagnostic::new(RULE.severity, RULE.name, place, message)
                .labelled("connections fail: automatic mutual TLS is off")
                .help("remove `enableAutoMtls: false`, or write a DestinationRule of mode ISTIO_MUTUAL"),
        );
    }
}
