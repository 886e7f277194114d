//! Connections without Istio's TLS to workloads that refuse them.

use std::collections::{BTreeMap, BTreeSet};

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::mutual_tls::MutualTls;
use crate::lint::policies::{policies, tls_settings};
use crate::mesh::{PeerAuthentication, Registry, Service};
use crate::resource::istio::destination_rule::ClientTlsMode;
use crate::resource::istio::peer_authentication::MutualTlsMode;

declare_rule! {
    /// ## What it does
    /// Reports TLS mode DISABLE, SIMPLE or MUTUAL for a Service whose namespace (or mesh) takes mutual TLS only: a
    /// PeerAuthentication without selector with mode STRICT, and none with a selector in the namespace; or for one of
    /// which all workloads in the input do so.
    /// ## Why is this bad
    /// Sidecars of such workloads refuse what is not Istio's mutual TLS. Requests get 503.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: default, namespace: prod}
    /// spec: {mtls: {mode: STRICT}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.prod.svc.cluster.local
    ///   trafficPolicy: {tls: {mode: DISABLE}}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: prod}
    /// spec: {ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: default, namespace: prod}
    /// spec: {mtls: {mode: STRICT}}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   host: web.prod.svc.cluster.local
    ///   trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/common-problems/network-issues/#503-errors-after-setting-destination-rule>
    pub(super) RULE = { name: "plain-text-to-strict-service", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let strict = Strictness::new(context);
    let mutual_tls = MutualTls::new(context);
    for (rule, policy, origin) in policies(context) {
        let mut services = context.mesh.services_with_host(rule.host.as_str());
        let Some(service) = services.next().filter(|service| service.registry == Registry::Kubernetes) else {
            continue;
        };
        let authentication = strict.of(&service.namespace).or_else(|| of_workloads(context, &mutual_tls, service));
        let Some(authentication) = authentication.filter(|_| services.next().is_none()) else { continue };
        for (tls, _, place) in tls_settings(policy, &origin) {
            // Without any mode, another rule says what it means.
            let place = place.key("mode");
            if tls.mode == ClientTlsMode::IstioMutual || context.node(&place).is_none() {
                continue;
            }
            let message = format!("the workloads of `{}` take Istio's mutual TLS only", rule.host);
            let mode = authentication.origin.key("spec").key("mtls").key("mode");
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                    .labelled("requests get 503")
                    .related(Location::Value(mode), "required here")
                    .help("use mode ISTIO_MUTUAL, or leave `tls` out: Istio chooses it by itself"),
            );
        }
    }
}

/// The first PeerAuthentication that requires mutual TLS of a workload of a Service, where all have one, for all ports.
fn of_workloads<'m>(
    context: &Context<'m>,
    mutual_tls: &MutualTls<'m>,
    service: &Service,
) -> Option<&'m PeerAuthentication> {
    let namespace = service.namespace.as_str();
    if service.selector.is_empty() {
        return None;
    }
    let workloads = context.workloads(&service.selector).filter(|it| it.namespace == namespace);
    let mut strict = workloads.map(|workload| {
        let required = mutual_tls.of_workloads(namespace, &workload.labels);
        required.by.filter(|by| required.mode == MutualTlsMode::Strict && by.spec.port_level_mtls.is_empty())
    });
    let first = strict.next()??;
    strict.all(|it| it.is_some()).then_some(first)
}

/// The PeerAuthentications that require mutual TLS of whole namespaces
/// (`istio: pilot/pkg/security/authn/policy_applier.go: ComposePeerAuthentication`).
struct Strictness<'m> {
    mesh: Option<&'m PeerAuthentication>,
    namespaces: BTreeMap<&'m str, &'m PeerAuthentication>,
    /// Namespaces with some for single workloads, of which nothing is said.
    divided: BTreeSet<&'m str>,
}

impl<'m> Strictness<'m> {
    fn new(context: &Context<'m>) -> Self {
        let root = context.mesh.config.root_namespace.as_str();
        let mut strictness = Self { mesh: None, namespaces: BTreeMap::new(), divided: BTreeSet::new() };
        for one in &context.mesh.peer_authentications {
            let selects = one.spec.selector.as_ref().is_some_and(|selector| !selector.match_labels.is_empty());
            if selects {
                strictness.divided.insert(&one.namespace);
            } else if one.namespace == root {
                strictness.mesh = strictness.mesh.or(Some(one));
            } else {
                strictness.namespaces.entry(&one.namespace).or_insert(one);
            }
        }
        strictness
    }

    fn of(&self, namespace: &str) -> Option<&'m PeerAuthentication> {
        let mode = |one: &&PeerAuthentication| one.spec.mtls.as_ref().map(|mtls| mtls.mode).unwrap_or_default();
        let own = self.namespaces.get(namespace).copied().filter(|one| mode(one) != MutualTlsMode::Unset);
        let counting = own.or(self.mesh).filter(|_| !self.divided.contains(namespace));
        counting.filter(|one| mode(one) == MutualTlsMode::Strict)
    }
}
