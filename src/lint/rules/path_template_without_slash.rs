//! A path template that does not begin with a slash.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;

declare_rule! {
    /// ## What it does
    /// Reports `paths` and `notPaths` with `{*}` or `{**}` that do not begin with `/`.
    /// ## Why is this bad
    /// Istio takes them, as it looks at what is between slashes. Envoy 1.40 ends when it reads such a template.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   rules:
    ///   - to: [{operation: {paths: ["admin/{*}"]}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata: {name: web, namespace: default}
    /// spec:
    ///   rules:
    ///   - to: [{operation: {paths: ["/admin/{*}"]}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation>
    pub(super) RULE = { name: "path-template-without-slash", codes: [], severity: Error, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.authorization_policies {
        for (at, rule) in object.spec.rules.iter().enumerate() {
            let origin = object.spec_origin().key("rules").index(at).key("to");
            let operations = rule.to.iter().enumerate().filter_map(|(at, it)| Some((at, it.operation.as_ref()?)));
            for (at, operation) in operations {
                let origin = origin.index(at).key("operation");
                for (key, paths) in [("paths", &operation.paths), ("notPaths", &operation.not_paths)] {
                    let is_wrong =
                        |path: &str| !path.starts_with('/') && (path.contains("{*}") || path.contains("{**}"));
                    for (at, path) in paths.iter().enumerate().filter(|(_, path)| is_wrong(path)) {
                        let message = format!("the template `{path}` does not begin with `/`");
                        found.push(
                            Diagnostic::new(
                                RULE.severity,
                                RULE.name,
                                Location::Value(origin.key(key).index(at)),
                                message,
                            )
                            .labelled("Envoy ends when it reads this")
                            .help(format!("write `/{path}`"))
                            .fix(Some(format!("/{path}"))),
                        );
                    }
                }
            }
        }
    }
}
