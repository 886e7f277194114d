//! An AuthorizationPolicy about an identity that nobody has.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `principals` of AuthorizationPolicies whose trust domain is not the mesh's, nor one of its aliases, and those
    /// whose ServiceAccount the input does not have, where it holds ServiceAccounts of that namespace.
    /// ## Why is this bad
    /// No peer has the identity. Often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: {name: web, namespace: shop}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: shop}
    /// spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/wbe]}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: {name: web, namespace: shop}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: shop}
    /// spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "unknown-principal", codes: ["KIA0106", "KIA0108"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let accounts: BTreeSet<_> =
        context.resources.service_accounts.iter().map(|it| (it.namespace(), it.name())).collect();
    let used: BTreeSet<_> = context
        .mesh
        .workloads
        .iter()
        .map(|it| (it.namespace.as_str(), it.service_account.rsplit('/').next().unwrap_or_default()))
        .collect();
    let namespaces: BTreeSet<&str> = accounts.iter().map(|(namespace, _)| *namespace).collect();
    let config = &context.mesh.config;
    for policy in &context.resources.authorization_policies {
        for (at, rule) in policy.spec.rules.iter().enumerate() {
            let origin = policy.spec_origin().key("rules").index(at).key("from");
            for (at, from) in rule.from.iter().enumerate() {
                let origin = origin.index(at).key("source");
                let lists = from
                    .source
                    .iter()
                    .flat_map(|it| [("principals", &it.principals), ("notPrincipals", &it.not_principals)]);
                for (key, list) in lists {
                    for (at, principal) in list.iter().enumerate() {
                        let Some(identity) = Identity::parse(principal) else { continue };
                        let (namespace, account) = (identity.namespace, identity.account);
                        let domain = identity.trust_domain;
                        let known_domain = domain == config.trust_domain
                            || domain == "cluster.local"
                            || config.trust_domain_aliases.contains(domain);
                        let is_own = (namespace, account);
                        let message = if !known_domain {
                            format!(
                                "`{domain}` is not the trust domain of the mesh, which is `{}`",
                                config.trust_domain
                            )
                        } else if namespaces.contains(namespace)
                            && !accounts.contains(&is_own)
                            && !used.contains(&is_own)
                            && account != "default"
                        {
                            format!("no ServiceAccount `{namespace}/{account}` in the input")
                        } else {
                            continue;
                        };
                        let place = Location::Value(origin.key(key).index(at));
                        found.push(
                            Diagnostic::new(RULE.severity, RULE.name, place, message)
                                .labelled("nobody has this identity")
                                .help("an identity is `TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT`"),
                        );
                    }
                }
            }
        }
    }
}

/// The parts of an identity without wildcards.
struct Identity<'a> {
    trust_domain: &'a str,
    namespace: &'a str,
    account: &'a str,
}

impl<'a> Identity<'a> {
    fn parse(principal: &'a str) -> Option<Self> {
        let mut parts = principal.split('/');
        let (trust_domain, ns, namespace, sa, account) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_whole = ns == "ns" && sa == "sa" && parts.next().is_none() && !principal.contains('*');
        is_whole.then_some(Self { trust_domain, namespace, account })
    }
}
