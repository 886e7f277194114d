//! A match of an HTTP rule that an earlier one of other form covers.

use std::collections::BTreeSet;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::lint::cover::{ByPath, covers, witness};
use crate::mesh::{Semantics, VirtualService};
use crate::resource::istio::virtual_service::{HttpMatchRequest, StringMatch};

declare_rule! {
    /// ## What it does
    /// Reports `http` matches that no request reaches because an earlier match of the VirtualService takes all their
    /// requests: an exact path or an expression after its prefix, a match with headers or a method after the same path
    /// without.
    /// ## Why is this bad
    /// The first match that holds counts. After one that takes every request, Istio does not even send the rest.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /api}}]
    ///     route: [{destination: {host: one.example.com}}]
    ///   - match: [{uri: {exact: /api/login}, method: {exact: POST}}]
    ///     route: [{destination: {host: two.example.com}}]
    /// ```
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {regex: ".*"}}]
    ///     route: [{destination: {host: one.example.com}}]
    ///   - match: [{headers: {x-user: {exact: jason}}}]
    ///     route: [{destination: {host: two.example.com}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {exact: /api/login}, method: {exact: POST}}]
    ///     route: [{destination: {host: two.example.com}}]
    ///   - match: [{uri: {prefix: /api}}]
    ///     route: [{destination: {host: one.example.com}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute>
    pub(super) RULE = { name: "covered-route-match", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    // A delegate's rule is in each VirtualService that uses it.
    let mut reported = BTreeSet::new();
    for service in context.mesh.virtual_services.iter().filter(|it| it.semantics == Semantics::Istio) {
        check_rules(service, &mut reported, found);
    }
}

fn check_rules(service: &VirtualService, reported: &mut BTreeSet<Origin>, found: &mut Diagnostics) {
    let mut earlier: ByPath<(&HttpMatchRequest, &Origin)> = ByPath::default();
    for rule in &service.http {
        if rule.spec.matches.is_empty() {
            // What follows is not reached at all, which another rule says.
            return;
        }
        for (one, origins) in rule.spec.matches.iter().zip(&rule.match_origins) {
            let Some(origin) = origins.first() else { continue };
            let covering: Vec<_> = earlier.candidates(one);
            let covering = covering.into_iter().filter(|(other, _)| covers(other, one, &service.gateways));
            let covering: Vec<_> = covering.collect();
            match covering.first() {
                None => earlier.add(one, (one, origin)),
                Some((_, first)) => {
                    let is_known = covering.iter().any(|(other, _)| plainly_covers(other, one));
                    if !is_known && reported.insert(origin.clone()) {
                        found.push(report(service, one, origin, first));
                    }
                }
            }
        }
    }
}

/// What `ineffective-route-match` reports: the same match, or a longer prefix with the same other conditions.
fn plainly_covers(earlier: &HttpMatchRequest, later: &HttpMatchRequest) -> bool {
    let prefixes = match (&earlier.uri, &later.uri) {
        (Some(StringMatch::Prefix(wide)), Some(StringMatch::Prefix(narrow))) => narrow.starts_with(wide),
        (own, other) => own == other,
    };
    let same = HttpMatchRequest { uri: later.uri.clone(), name: later.name.clone(), ..earlier.clone() } == *later;
    let kept = |empty: bool, same: bool| empty || same;
    let is_prefix = matches!(earlier.uri, Some(StringMatch::Prefix(_)));
    prefixes
        && (same
            || (is_prefix
                && kept(earlier.scheme.is_none(), earlier.scheme == later.scheme)
                && kept(earlier.method.is_none(), earlier.method == later.method)
                && kept(earlier.authority.is_none(), earlier.authority == later.authority)
                && kept(earlier.headers.is_empty(), earlier.headers == later.headers)
                && kept(earlier.query_params.is_empty(), earlier.query_params == later.query_params)
                && kept(earlier.without_headers.is_empty(), earlier.without_headers == later.without_headers)
                && kept(earlier.source_labels.is_empty(), earlier.source_labels == later.source_labels)
                && kept(earlier.gateways.is_empty(), earlier.gateways == later.gateways)
                && earlier.ignore_uri_case == later.ignore_uri_case))
}

fn report(service: &VirtualService, one: &HttpMatchRequest, place: &Origin, first: &Origin) -> Diagnostic {
    let message = "this match is never used: an earlier one takes all its requests";
    let label = match witness(one, &service.hosts) {
        Some(request) => format!("{request} goes to the earlier rule"),
        None => "its requests go to the earlier rule".to_owned(),
    };
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place.clone()), message)
        .labelled(label)
        .related(Location::Value(first.clone()), "this one takes them")
        .help("put the more specific match first, or remove it")
}
