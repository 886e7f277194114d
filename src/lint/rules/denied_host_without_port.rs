//! A host to deny that a request gets around with a port.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::resource::istio::authorization_policy::Action;

declare_rule! {
    /// ## What it does
    /// Reports `hosts` of rules to DENY that have no entry for the host with a port, as `example.com:*`.
    /// ## Why is this bad
    /// The host is compared with the `Host` header, in which a client may write a port. `example.com` does not match
    /// `example.com:80`, so that request is not denied.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   action: DENY
    ///   rules:
    ///   - to: [{operation: {hosts: [example.com]}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   action: DENY
    ///   rules:
    ///   - to: [{operation: {hosts: [example.com, "example.com:*"]}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/ops/best-practices/security/#writing-host-match-policies>
    pub(super) RULE = { name: "denied-host-without-port", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let denying = context.resources.authorization_policies.iter().filter(|it| it.spec.action == Action::Deny);
    for object in denying {
        for (rule, to) in object.spec.rules.iter().enumerate().map(|(at, rule)| (at, &rule.to)) {
            let operations = to.iter().enumerate().filter_map(|(at, it)| Some((at, it.operation.as_ref()?)));
            for (at, operation) in operations {
                let place = object.spec_origin().key("rules").index(rule).key("to").index(at).key("operation");
                let has_port = |host: &str| {
                    let with_port = format!("{host}:");
                    operation.hosts.iter().any(|other| other.starts_with(&with_port))
                };
                let bare = operation.hosts.iter().enumerate();
                // With a `*` at the end it takes a port as well.
                let mut bare = bare.filter(|(_, host)| !host.contains(':') && !host.ends_with('*') && !host.is_empty());
                if let Some((at, host)) = bare.find(|(_, host)| !has_port(host)) {
                    let message = format!("a request with `Host: {host}:80` is not denied by `{host}`");
                    found.push(
                        Diagnostic::new(
                            RULE.severity,
                            RULE.name,
                            Location::Value(place.key("hosts").index(at)),
                            message,
                        )
                        .help(format!("add `{host}:*`")),
                    );
                }
            }
        }
    }
}
