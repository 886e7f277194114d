//! A redirect whose target the same rule redirects again.

use super::declare_rule;
use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, HostPattern, Location, Protocol};
use crate::lint::Context;
use crate::lint::binding::{Bound, RouteKind, taken};
use crate::mesh::VirtualService;
use crate::resource::istio::virtual_service::{HttpMatchRequest, HttpRedirect, StringMatch};

declare_rule! {
    /// ## What it does
    /// Reports redirects whose target the same match takes again: the path stays or is one that it takes, the `authority`
    /// is a host of the VirtualService, and with a `scheme` the routes are also those of a server of that scheme.
    /// ## Why is this bad
    /// The client follows until it gives up with too many redirects.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {prefix: /shop}}]
    ///     redirect: {uri: /shop/home}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - match: [{uri: {exact: /shop}}]
    ///     redirect: {uri: /shop/home}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRedirect>
    pub(super) RULE = { name: "redirect-to-itself", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let linked: BTreeMap<_, _> = context.mesh.virtual_services.iter().map(|it| (it.origin.resource, it)).collect();
    // What a delegate's match takes is up to the VirtualService that delegates to it.
    for object in context.resources.virtual_services.iter().filter(|object| !object.spec.hosts.is_empty()) {
        let Some(service) = linked.get(&object.id) else { continue };
        let http = object.spec_origin().key("http");
        let mut earlier: Vec<&HttpMatchRequest> = Vec::new();
        for (at, route) in object.spec.http.iter().enumerate() {
            if let Some(redirect) = &route.redirect
                && let Some(place) = same_place(context, service, redirect)
            {
                let none = [HttpMatchRequest::default()];
                let matches = if route.matches.is_empty() { none.as_slice() } else { route.matches.as_slice() };
                let loops = matches.iter().find_map(|one| loop_of(one, redirect));
                if let Some((from, to)) = loops.filter(|(_, to)| !earlier.iter().any(|one| may_take(one, to))) {
                    let location = |key: &'static str| Location::Value(http.index(at).key("redirect").key(key));
                    found.push(report((&from, &to), redirect, &place, location));
                }
            }
            if route.matches.is_empty() {
                break;
            }
            earlier.extend(&route.matches);
        }
    }
}

/// Where a redirect leads to that changes no more than the path.
enum Place<'m> {
    /// To the server that the request came to.
    Same,
    /// To a server of the redirect's scheme, with the same routes.
    Server(Bound<'m>),
}

/// Where requests come to after a redirect, if the VirtualService has them again.
fn same_place<'m>(context: &Context<'m>, service: &VirtualService, redirect: &HttpRedirect) -> Option<Place<'m>> {
    let authority = redirect.authority.as_str();
    let is_own = |host: &HostPattern| host.matches(&HostPattern::from(authority));
    let stays = authority.is_empty() || service.hosts.iter().any(is_own);
    if !stays || redirect.port.is_some() || redirect.derive_port.is_some() {
        return None;
    }
    let is_tls = match redirect.scheme.to_ascii_lowercase().as_str() {
        "" => return Some(Place::Same),
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let servers = context.servers().with_hosts_of(service, &context.gateways().known(service));
    let of_scheme = |(_, server, _): &Bound<'_>| {
        let port = server.port.as_ref();
        let redirects = server.tls.as_ref().is_some_and(|tls| tls.https_redirect);
        let protocol = port.map(|port| Protocol::parse(&port.protocol));
        // The port that goes with the scheme.
        let number = port.and_then(|port| port.number).map(|number| number.number());
        taken(server) == Some(RouteKind::Http)
            && protocol.is_some_and(|it| it.is_tls() == is_tls)
            && number == Some(if is_tls { 443 } else { 80 })
            && !redirects
    };
    servers.into_iter().find(of_scheme).map(Place::Server)
}

/// Whether a match with whatever other conditions may take the path.
fn may_take(one: &HttpMatchRequest, target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let cased = |text: &str| if one.ignore_uri_case { text.to_ascii_lowercase() } else { text.to_owned() };
    match &one.uri {
        Some(StringMatch::Exact(text)) => cased(text) == cased(path),
        Some(StringMatch::Prefix(text)) => cased(path).starts_with(&cased(text)),
        Some(StringMatch::Regex(_) | StringMatch::Unset) | None => true,
    }
}

fn report(
    (from, to): (&str, &str),
    redirect: &HttpRedirect,
    place: &Place<'_>,
    location: impl Fn(&'static str) -> Location,
) -> Diagnostic {
    let keeps_path = redirect.uri.is_empty() && redirect.prefix_rewrite.is_empty();
    let key = match (redirect.uri.is_empty(), redirect.prefix_rewrite.is_empty(), place) {
        (false, ..) => "uri",
        (_, false, _) => "prefixRewrite",
        (_, _, Place::Server(_)) => "scheme",
        (_, _, Place::Same) => "authority",
    };
    let message = match place {
        _ if !keeps_path => format!("`{from}` is redirected to `{to}`, which this rule redirects again"),
        Place::Same => format!("requests for `{}` are redirected to themselves", redirect.authority),
        Place::Server(_) => format!("requests by {} are redirected to themselves", redirect.scheme.to_uppercase()),
    };
    let found = Diagnostic::new(RULE.severity, RULE.name, location(key), message)
        .labelled("the client ends with too many redirects");
    match place {
        Place::Server((_, _, server)) => found
            .related(Location::Value(server.key("port")), "this server has the rule as well")
            .help("match with the `port` of the other server, or set its `tls.httpsRedirect` and remove this rule"),
        Place::Same if keeps_path => found.help("put a rule for this host first, or in a VirtualService of its own"),
        Place::Same => found.help("match with `exact`, or put a rule for the target first"),
    }
}

/// A path and what it is redirected to, where the match takes both. Conditions that the client's next request may
/// not have are not looked at: a match with any says nothing.
fn loop_of(one: &HttpMatchRequest, redirect: &HttpRedirect) -> Option<(String, String)> {
    let only_path = HttpMatchRequest { uri: one.uri.clone(), name: one.name.clone(), ..HttpMatchRequest::default() };
    if only_path != *one {
        return None;
    }
    let prefix = match &one.uri {
        None => "/",
        Some(StringMatch::Prefix(prefix)) => prefix.as_str(),
        Some(StringMatch::Exact(path)) => {
            let stays = *path == redirect.uri || (redirect.uri.is_empty() && redirect.prefix_rewrite.is_empty());
            return stays.then(|| (path.clone(), path.clone()));
        }
        Some(StringMatch::Regex(_) | StringMatch::Unset) => return None,
    };
    if redirect.uri.is_empty() && redirect.prefix_rewrite.is_empty() {
        return Some((prefix.to_owned(), prefix.to_owned()));
    }
    let target = if redirect.uri.is_empty() { &redirect.prefix_rewrite } else { &redirect.uri };
    let path = target.split(['?', '#']).next().unwrap_or_default();
    path.starts_with(prefix).then(|| (prefix.to_owned(), target.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fixture;

    fn found(hosts: &str, http: &str) -> Vec<String> {
        let gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: gw}\nspec:\n  \
            selector: {a: b}\n  servers:\n  \
            - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}\n  \
            - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.test], tls: {mode: SIMPLE, credentialName: a}}\n";
        let service = format!(
            "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a}}\n\
             spec: {{hosts: {hosts}, gateways: [gw], http: {http}}}\n"
        );
        let found = fixture::found(&RULE, &format!("{gateway}{service}"));
        found.0.into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn hosts_and_schemes_that_lead_back() {
        let own = "requests for `a.test` are redirected to themselves";
        assert_eq!(found("[a.test]", "[{redirect: {authority: a.test}}]"), [own]);
        assert_eq!(found("[b.test, '*.test']", "[{redirect: {authority: a.test}}]"), [own]);
        assert_eq!(found("[b.test]", "[{redirect: {authority: a.test}}]"), [""; 0]);
        let https = "requests by https are redirected to themselves";
        let found_https = found("[a.test]", "[{redirect: {scheme: https}}]");
        assert!(found_https.iter().all(|it| it.eq_ignore_ascii_case(https)) && found_https.len() == 1);
        assert_eq!(found("[b.test]", "[{redirect: {scheme: https}}]"), [""; 0]);
        assert_eq!(found("[a.test]", "[{match: [{port: 80}], redirect: {scheme: https}}]"), [""; 0]);
        assert_eq!(found("[a.test]", "[{match: [{uri: {exact: /}}], redirect: {scheme: https, uri: /b}}]"), [""; 0]);
    }
}
