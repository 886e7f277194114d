//! An AuthorizationPolicy about identities of peers that have none.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::lint::mutual_tls::MutualTls;
use crate::resource::Object;
use crate::resource::istio::AuthorizationPolicy;
use crate::resource::istio::peer_authentication::MutualTlsMode;
use crate::resource::istio::policy::Attached;

declare_rule! {
    /// ## What it does
    /// Reports conditions of AuthorizationPolicies on the identity of the peer (principals, namespaces, service accounts,
    /// trust domains, the server name) where a PeerAuthentication turns mutual TLS off.
    /// ## Why is this bad
    /// Without mutual TLS a peer has no identity: what allows it allows nobody, and what denies it denies nobody.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: default, namespace: shop}
    /// spec: {mtls: {mode: DISABLE}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: shop}
    /// spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: {name: default, namespace: shop}
    /// spec: {mtls: {mode: STRICT}}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: shop}
    /// spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>,
    /// <https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source>
    pub(super) RULE = { name: "principal-without-mtls", codes: ["KIA0105"], severity: Error, check: check };
}

/// Attributes that come from the peer's certificate or from TLS.
const CONDITIONS: [&str; 3] = ["source.principal", "source.namespace", "connection.sni"];

/// Fields of a source that come from the peer's certificate.
const FIELDS: [&str; 8] = [
    "principals",
    "notPrincipals",
    "namespaces",
    "notNamespaces",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mutual_tls = MutualTls::new(context);
    for policy in context.resources.authorization_policies.iter().filter(|it| it.spec.targets().is_empty()) {
        let namespace = policy.namespace();
        let required = match policy.spec.selector().filter(|it| !it.is_empty()) {
            Some(selector) => mutual_tls.of_workloads(namespace, selector),
            None => mutual_tls.of_namespace(namespace),
        };
        let Some(by) = required.by.filter(|_| required.mode == MutualTlsMode::Disable) else { continue };
        for place in identities(policy) {
            let off = Location::Value(by.origin.key("spec").key("mtls").key("mode"));
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), "peers have no identity here")
                    .labelled("this matches nobody")
                    .related(off, "mutual TLS is turned off")
                    .help("use mode PERMISSIVE or STRICT, or another condition"),
            );
        }
    }
}

/// The places of a policy that are about the identity of peers.
fn identities(policy: &Object<AuthorizationPolicy>) -> Vec<Origin> {
    let mut found = Vec::new();
    for (at, rule) in policy.spec.rules.iter().enumerate() {
        let origin = policy.spec_origin().key("rules").index(at);
        for (at, from) in rule.from.iter().enumerate() {
            let origin = origin.key("from").index(at).key("source");
            let lists = from.source.iter().flat_map(|source| source.lists());
            let written = lists.filter(|(key, list)| FIELDS.contains(key) && !list.is_empty());
            found.extend(written.map(|(key, _)| origin.key(key)));
        }
        let conditions = rule.when.iter().enumerate().filter(|(_, it)| CONDITIONS.contains(&it.key.as_str()));
        found.extend(conditions.map(|(at, _)| origin.key("when").index(at)));
    }
    found
}
