//! The HTTP routes as the user wrote them, for rules that look at one route at a time.

use super::Context;
use crate::base::Origin;
use crate::resource::istio::virtual_service::{HeaderOperations, Headers, HttpMatchRequest, HttpRoute};

/// Every HTTP route of every VirtualService, delegates included, with its place.
pub(super) fn http<'a>(context: &Context<'a>) -> impl Iterator<Item = (Origin, &'a HttpRoute)> + use<'a> {
    context.resources.virtual_services.iter().flat_map(|object| {
        let http = object.spec_origin().key("http");
        object.spec.http.iter().enumerate().map(move |(at, route)| (http.index(at), route))
    })
}

/// Every match of those routes, with its route and its place.
pub(super) fn http_matches<'a>(
    context: &Context<'a>,
) -> impl Iterator<Item = (Origin, &'a HttpRoute, &'a HttpMatchRequest)> + use<'a> {
    http(context).flat_map(|(origin, route)| {
        let matches = origin.key("match");
        route.matches.iter().enumerate().map(move |(at, one)| (matches.index(at), route, one))
    })
}

/// All changes to headers, of the routes and of their destinations, each with its place.
pub(super) fn header_operations<'a>(context: &Context<'a>) -> Vec<(Origin, &'a HeaderOperations)> {
    let mut all = Vec::new();
    let mut of = |origin: &Origin, headers: Option<&'a Headers>| {
        let Some(headers) = headers else { return };
        let at = origin.key("headers");
        all.extend(headers.request.as_deref().map(|operations| (at.key("request"), operations)));
        all.extend(headers.response.as_deref().map(|operations| (at.key("response"), operations)));
    };
    for (origin, route) in http(context) {
        of(&origin, route.headers.as_ref());
        for (at, destination) in route.route.iter().enumerate() {
            of(&origin.key("route").index(at), destination.headers.as_ref());
        }
    }
    all
}
