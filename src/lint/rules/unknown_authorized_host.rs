//! An AuthorizationPolicy about a host that is not there.

use std::collections::BTreeSet;

use super::declare_rule;
use super::unknown_http_method::operations;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `hosts` of AuthorizationPolicies that are the name of a Kubernetes Service which the input does not have,
    /// where it holds Services of that namespace.
    /// ## Why is this bad
    /// No request has the host. Often it is a typing error.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: shop}
    /// spec: {rules: [{to: [{operation: {hosts: [wbe.shop.svc.cluster.local]}}]}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: shop}
    /// spec: {rules: [{to: [{operation: {hosts: [web.shop.svc.cluster.local]}}]}]}
    /// ```
    /// ## References
    /// <https://kiali.io/docs/features/validations/>
    pub(super) RULE = { name: "unknown-authorized-host", codes: ["KIA0104"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let mesh = context.mesh;
    let namespaces: BTreeSet<&str> = context.resources.services.iter().map(|it| it.namespace()).collect();
    let suffix = format!(".svc.{}", mesh.domain);
    for policy in &context.resources.authorization_policies {
        for (origin, operation) in operations(policy) {
            for (key, hosts) in [("hosts", &operation.hosts), ("notHosts", &operation.not_hosts)] {
                for (at, written) in hosts.iter().enumerate().filter(|(_, host)| !host.contains('*')) {
                    let host = written.split(':').next().unwrap_or_default().to_ascii_lowercase();
                    let Some((_, namespace)) = host.strip_suffix(&suffix).and_then(|it| it.split_once('.')) else {
                        continue;
                    };
                    if !namespaces.contains(namespace) || mesh.services_with_host(&host).next().is_some() {
                        continue;
                    }
                    let place = Location::Value(origin.key(key).index(at));
                    let message = format!("no service in the input has host `{host}`");
                    found.push(
                        Diagnostic::new(RULE.severity, RULE.name, place, message)
                            .help("check the name and the namespace"),
                    );
                }
            }
        }
    }
}
