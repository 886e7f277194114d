//! The HTTP routes as the user wrote them, for rules that look at one route at a time.

use super::Context;
use crate::base::Origin;
use crate::resource::istio::virtual_service::{HttpMatchRequest, HttpRoute};

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
