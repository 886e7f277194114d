//! VirtualServices with names resolved and delegates merged
//! (`istio: model/virtualservice_controller.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::delegate;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::mesh::names;
use crate::mesh::site::Site;
use crate::mesh::{Rule, Semantics, VirtualService, Visibility};
use crate::resource::istio::virtual_service::{Destination, HttpRoute, TcpRoute, TlsRoute};
use crate::resource::{Object, istio};

type VirtualServiceObject = Object<istio::VirtualService>;

/// VirtualServices by namespace and name.
struct Delegates<'r> {
    /// Those without hosts: the only ones to delegate to.
    all: BTreeMap<(&'r str, &'r str), &'r VirtualServiceObject>,
    /// Those with hosts; none where nothing is delegated.
    with_hosts: BTreeMap<(String, String), Origin>,
}

/// Links all VirtualServices, in Istio's order. Those without hosts appear only where they are
/// delegated to.
pub(in crate::mesh) fn virtual_services(
    objects: Vec<VirtualServiceObject>,
    site: &Site<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<VirtualService> {
    let is_root = |object: &VirtualServiceObject| !object.spec.hosts.is_empty();
    let (roots, without_hosts) = match objects.iter().all(is_root) {
        true => (objects, Vec::new()),
        false => objects.into_iter().partition(is_root),
    };
    let key = |object: &VirtualServiceObject| (object.namespace().to_owned(), object.name().to_owned());
    let delegating = roots.iter().any(|object| object.spec.http.iter().any(|route| route.delegate.is_some()));
    let with_hosts = roots.iter().filter(|_| delegating).map(|object| (key(object), object.spec_origin().key("hosts")));
    let delegates = Delegates {
        all: without_hosts.iter().map(|object| ((object.namespace(), object.name()), object)).collect(),
        with_hosts: with_hosts.collect(),
    };
    roots.into_iter().map(|object| virtual_service(object, &delegates, site, diagnostics)).collect()
}

fn virtual_service(
    object: VirtualServiceObject,
    delegates: &Delegates<'_>,
    site: &Site<'_>,
    diagnostics: &mut Diagnostics,
) -> VirtualService {
    let origin = object.origin();
    let spec_origin = object.spec_origin();
    let visibility = visibility(&object, site);
    let Object { id: _, meta, spec, status: () } = object;
    let istio::VirtualService { hosts, gateways, http, tls, tcp, export_to: _ } = spec;
    let namespace = meta.namespace;
    let names = Names { namespace: &namespace, domain: site.domain };
    let rule = |field: &'static str, at: usize| spec_origin.key(field).index(at);
    let tls = tls.into_iter().enumerate();
    let tls = tls.map(|(at, route)| Rule::written(rule("tls", at), route.matches.len(), names.tls(route)));
    let tcp = tcp.into_iter().enumerate();
    let tcp = tcp.map(|(at, route)| Rule::written(rule("tcp", at), route.matches.len(), names.tcp(route)));
    let gateways = match gateways.as_slice() {
        [] => vec!["mesh".to_owned()],
        gateways => gateways.iter().map(|gateway| names.gateway(gateway)).collect(),
    };
    VirtualService {
        origin,
        config_path: ["/apis/networking.istio.io/v1/namespaces/", &namespace, "/virtual-service/", &meta.name]
            .concat()
            .into(),
        name: meta.name,
        created: meta.creation_timestamp,
        annotations: meta.annotations.0,
        visibility,
        hosts: hosts.into_iter().map(|host| names::hostname(host, names.namespace, names.domain)).collect(),
        gateways,
        http: http_rules(http, &spec_origin.key("http"), names, delegates, site, diagnostics),
        tls: tls.collect(),
        tcp: tcp.collect(),
        semantics: Semantics::Istio,
        namespace,
    }
}

fn visibility(object: &VirtualServiceObject, site: &Site<'_>) -> Visibility {
    let default = &site.config.default_virtual_service_export_to;
    Visibility::resolve(&object.spec.export_to, default, object.namespace())
}

/// The HTTP rules; one that delegates is replaced by those of its delegate. Where that is not
/// possible it is left out, as istiod does, and reported.
fn http_rules(
    routes: Vec<HttpRoute>,
    origin: &Origin,
    names: Names<'_>,
    delegates: &Delegates<'_>,
    site: &Site<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Rule<HttpRoute>> {
    let mut rules = Vec::with_capacity(routes.len());
    for (at, route) in routes.into_iter().enumerate() {
        let origin = origin.index(at);
        let root = names.http(route);
        let Some(reference) = &root.delegate else {
            rules.push(Rule::written(origin, root.matches.len(), root));
            continue;
        };
        let namespace = if reference.namespace.is_empty() { names.namespace } else { &reference.namespace };
        let place = || Location::Value(origin.key("delegate"));
        let Some(delegate) = delegates.all.get(&(namespace, reference.name.as_str())) else {
            let with_hosts = delegates.with_hosts.get(&(namespace.to_owned(), reference.name.clone()));
            diagnostics.push(unknown_delegate(namespace, &reference.name, place(), with_hosts));
            continue;
        };
        if !visibility(delegate, site).includes(names.namespace) {
            let name = format!("{namespace}/{}", reference.name);
            let message = format!("delegate `{name}` is not exported to namespace `{}`", names.namespace);
            diagnostics.push(
                Diagnostic::warning("delegate-not-exported", place(), message)
                    .labelled("this route is left out")
                    .related(Location::Value(delegate.origin()), "the delegate"),
            );
            continue;
        }
        rules.extend(delegated(&root, &origin, delegate, site, diagnostics));
    }
    rules
}

/// The rules of a delegate, narrowed by the one that delegates.
fn delegated(
    root: &HttpRoute,
    root_origin: &Origin,
    delegate: &VirtualServiceObject,
    site: &Site<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Rule<HttpRoute>> {
    let names = Names { namespace: delegate.namespace(), domain: site.domain };
    let mut rules = Vec::with_capacity(delegate.spec.http.len());
    for (at, route) in delegate.spec.http.iter().enumerate() {
        let origin = delegate.spec_origin().key("http").index(at);
        let own = names.http(route.clone());
        let pairs = delegate::match_pairs(&root.matches, &own.matches).into_iter().flatten();
        let match_origins = pairs.map(|(own, of_root)| {
            let own = own.map(|at| origin.key("match").index(at));
            own.into_iter().chain(of_root.map(|at| root_origin.key("match").index(at))).collect()
        });
        match delegate::merged(root, own) {
            Some(merged) => {
                let match_origins = match_origins.collect();
                let origins = vec![origin, root_origin.clone()];
                rules.push(Rule { origins, match_origins, spec: Arc::new(merged) });
            }
            None => diagnostics.push(
                Diagnostic::warning(
                    "delegate-conflict",
                    Location::Value(origin.key("match")),
                    format!(
                        "no request matches both this route of delegate `{}/{}` and the route that delegates to it",
                        delegate.namespace(),
                        delegate.name()
                    ),
                )
                .labelled("this route is left out")
                .related(Location::Value(root_origin.clone()), "the route that delegates")
                .help("every match of a delegate's route must narrow a match of the delegating route"),
            ),
        }
    }
    rules
}

fn unknown_delegate(namespace: &str, name: &str, place: Location, with_hosts: Option<&Origin>) -> Diagnostic {
    let found = |message| Diagnostic::warning("unknown-delegate", place, message).labelled("this route is left out");
    match with_hosts {
        Some(hosts) => found(format!("VirtualService `{namespace}/{name}` has hosts, so it is no delegate"))
            .related(Location::Value(hosts.clone()), "these")
            .help("take `hosts` out of it, or write its routes here"),
        None => found(format!("no delegate VirtualService `{namespace}/{name}` in the input"))
            .help("a delegate is a VirtualService without `hosts`"),
    }
}

/// Resolves the names in the routes of a VirtualService
/// (`istio: model.ResolveVirtualServiceShortnames`).
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) namespace: &'a str,
    pub(super) domain: &'a str,
}

impl Names<'_> {
    fn gateway(&self, written: &str) -> String {
        names::gateway(written, self.namespace)
    }

    fn gateways(&self, written: &mut [String]) {
        written.iter_mut().for_each(|gateway| *gateway = self.gateway(gateway));
    }

    fn destination(&self, destination: &mut Destination) {
        let host = std::mem::take(&mut destination.host);
        destination.host = names::hostname(host, self.namespace, self.domain);
    }

    fn http(&self, mut route: HttpRoute) -> HttpRoute {
        route.matches.iter_mut().for_each(|it| self.gateways(&mut it.gateways));
        let routes = route.route.iter_mut().filter_map(|it| it.destination.as_mut());
        let mirrors = route.mirrors.iter_mut().filter_map(|it| it.destination.as_mut());
        routes.chain(mirrors).chain(&mut route.mirror).for_each(|it| self.destination(it));
        route
    }

    fn tls(&self, mut route: TlsRoute) -> TlsRoute {
        route.matches.iter_mut().for_each(|it| self.gateways(&mut it.gateways));
        route.route.iter_mut().filter_map(|it| it.destination.as_mut()).for_each(|it| self.destination(it));
        route
    }

    fn tcp(&self, mut route: TcpRoute) -> TcpRoute {
        route.matches.iter_mut().for_each(|it| self.gateways(&mut it.gateways));
        route.route.iter_mut().filter_map(|it| it.destination.as_mut()).for_each(|it| self.destination(it));
        route
    }
}
