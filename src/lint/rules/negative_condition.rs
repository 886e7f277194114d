//! `negative-condition`.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::Context;
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports conditions in `status` by which Istio has refused an object: Services, ServiceEntries,
    /// WorkloadEntries, AuthorizationPolicies and objects of the Gateway API.
    /// ## Why is this bad
    /// In a dump of a cluster this is where Istio says what it does not do.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{name: http, port: 80}]}
    /// status: {conditions: [{type: istio.io/WaypointBound, status: "False", reason: NoWaypoint, message: no waypoint}]}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{name: http, port: 80}]}
    /// status: {conditions: [{type: istio.io/WaypointBound, status: "True", reason: NoWaypoint, message: no waypoint}]}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0171/>
    pub(super) RULE = { name: "negative-condition", codes: ["IST0171"], severity: Warning, check: check };
}

/// The conditions that are to be true, by kind.
const WANTED: [(&[&str], &[&str]); 3] = [
    (&["Service", "ServiceEntry", "WorkloadEntry"], &["istio.io/WaypointBound"]),
    (&["AuthorizationPolicy"], &["ZtunnelAccepted", "WaypointAccepted"]),
    (&["Gateway", "HTTPRoute", "GRPCRoute"], &["Accepted", "Programmed", "ResolvedRefs"]),
];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (kinds, wanted) in WANTED {
        for object in context.written(kinds) {
            let Some(status) = object.at(&["status"]) else { continue };
            let parents = status.get("parents").map(Node::elements).unwrap_or_default();
            let lists = [status].into_iter().chain(parents);
            for condition in lists.flat_map(|it| it.get("conditions").map(Node::elements).unwrap_or_default()) {
                let text = |key: &str| condition.get(key).and_then(Node::as_str).unwrap_or_default();
                let (kind, reason) = (text("type"), text("reason"));
                let partly = kind == "WaypointAccepted" && reason == "PartiallyInvalid";
                if !wanted.contains(&kind) || !(partly || text("status") == "False") {
                    continue;
                }
                let message = format!("condition `{kind}` says `{reason}`: {}", text("message"));
                found.push(Diagnostic::new(RULE.severity, RULE.name, object.place(condition), message));
            }
        }
    }
}
