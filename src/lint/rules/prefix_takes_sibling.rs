//! A path prefix that also takes a sibling of the path.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::lint::Context;
use crate::resource::istio::virtual_service::{HttpMatchRequest, StringMatch};

declare_rule! {
    /// ## What it does
    /// Reports `prefix: /foo` where another match of the VirtualService has a path such as `/foobar` and comes later.
    /// ## Why is this bad
    /// A prefix is compared character by character: `/foo` takes `/foobar` as well as `/foo/bar`. The later match gets
    /// no request.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /shop}}]
    ///     route: [{destination: {host: shop.example.net}}]
    ///   - match: [{uri: {prefix: /shopping}}]
    ///     route: [{destination: {host: shopping.example.net}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {exact: /shop}}, {uri: {prefix: /shop/}}]
    ///     route: [{destination: {host: shop.example.net}}]
    ///   - match: [{uri: {prefix: /shopping}}]
    ///     route: [{destination: {host: shopping.example.net}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch>
    pub(super) RULE = { name: "prefix-takes-sibling", codes: [], severity: Note, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for object in &context.resources.virtual_services {
        let mut earlier: BTreeMap<&str, Origin> = BTreeMap::new();
        let http = object.spec_origin().key("http");
        for (at, route) in object.spec.http.iter().enumerate() {
            for (index, one) in route.matches.iter().enumerate() {
                let origin = http.index(at).key("match").index(index).key("uri");
                let (text, key) = match &one.uri {
                    Some(StringMatch::Prefix(text)) => (text.as_str(), "prefix"),
                    Some(StringMatch::Exact(text)) => (text.as_str(), "exact"),
                    _ => continue,
                };
                if let Some((prefix, first)) = sibling(text, &earlier) {
                    found.push(report(text, prefix, first, origin.key(key)));
                }
                if key == "prefix" && is_path_only(one) && !text.ends_with('/') && text.len() > 1 {
                    earlier.entry(text).or_insert_with(|| origin.key(key));
                }
            }
        }
    }
}

/// An earlier prefix that ends within the last segment that it has of this path.
fn sibling<'e>(text: &str, earlier: &'e BTreeMap<&str, Origin>) -> Option<(&'e str, &'e Origin)> {
    let ends = text.char_indices().filter(|(at, next)| *at > 0 && !matches!(next, '/' | '?'));
    let mut ends = ends.filter_map(|(at, _)| earlier.get_key_value(text.get(..at)?));
    ends.next().map(|(prefix, origin)| (*prefix, origin))
}

/// With other conditions the prefix does not take all of the sibling.
fn is_path_only(one: &HttpMatchRequest) -> bool {
    HttpMatchRequest { uri: one.uri.clone(), name: one.name.clone(), ..HttpMatchRequest::default() } == *one
}

fn report(text: &str, prefix: &str, first: &Origin, place: Origin) -> Diagnostic {
    let message = format!("the earlier prefix `{prefix}` takes `{text}` as well");
    Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
        .labelled(format!("`{text}` is below no `{prefix}/`, and yet goes to the earlier rule"))
        .related(Location::Value(first.clone()), "this prefix")
        .help(format!("match `exact: {prefix}` and `prefix: {prefix}/` there, or put this rule first"))
}
