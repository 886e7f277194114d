//! Which parts of the configurations that tests asked were reached by no test.
//!
//! Only what the user's files made counts: a part without any origin is built in. Where one line
//! makes a part of several proxies or virtual hosts, reaching one of them reaches it.

use indexmap::IndexMap;

use crate::explain::provenance::{self, Citation, Provenance};
use crate::simulate::config::listener::{FilterChain, NetworkFilter};
use crate::simulate::config::route::RouteConfiguration;
use crate::simulate::{Configuration, Outcome};

/// Parts and whether a test reached them.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Filter chains.
    pub filter_chains: Parts,
    /// Virtual hosts.
    pub virtual_hosts: Parts,
    /// Routes.
    pub routes: Parts,
}

/// Parts of a kind, by what tells them apart.
#[derive(Clone, Debug, Default)]
pub struct Parts(IndexMap<String, Part>);

/// One part.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// What made it, where that is known.
    pub origin: Option<Citation>,
    /// Whether a test reached it.
    pub reached: bool,
}

impl Parts {
    /// How many there are.
    pub fn total(&self) -> usize {
        self.0.len()
    }

    /// How many tests reached.
    pub fn reached(&self) -> usize {
        self.0.values().filter(|part| part.reached).count()
    }

    /// Those that no test reached, by place.
    pub fn missed(&self) -> Vec<&Part> {
        let mut missed: Vec<&Part> = self.0.values().filter(|part| !part.reached).collect();
        let place = |part: &Part| part.origin.as_ref().map(|it| (it.file.clone(), it.line, it.column));
        missed.sort_by_key(|part| (place(part), part.name.clone()));
        missed
    }

    /// The reached ones of a hundred; all where there are none.
    pub fn percent(&self) -> f64 {
        if self.0.is_empty() { 100.0 } else { 100.0 * self.reached() as f64 / self.total() as f64 }
    }

    /// `origins` is `None` where nothing is known of them.
    fn add(&mut self, name: String, origins: Option<&[Citation]>) {
        if origins.is_some_and(<[Citation]>::is_empty) {
            return;
        }
        let origin = origins.and_then(<[Citation]>::first).cloned();
        self.0.entry(key(&name, origin.as_ref())).or_insert(Part { name, origin, reached: false });
    }

    fn reach(&mut self, name: &str, origins: Option<&[Citation]>) {
        if let Some(part) = self.0.get_mut(&key(name, origins.and_then(<[Citation]>::first))) {
            part.reached = true;
        }
    }
}

/// What is written once is one part; what is not known to be written is told apart by its name.
fn key(name: &str, origin: Option<&Citation>) -> String {
    match origin {
        Some(Citation { file, line, column, path, .. }) => format!("{file}:{line}:{column} {path}"),
        None => name.to_owned(),
    }
}

impl Coverage {
    /// Adds the parts of a configuration; `origins` is of the same one.
    pub fn add(&mut self, configuration: &Configuration, origins: Option<&Provenance>) {
        for (at, listener) in configuration.listeners.iter().enumerate() {
            let written = origins.map(|origins| origins.listeners.get(at));
            let chains = listener.filter_chains.iter().chain(&listener.default_filter_chain);
            for (number, chain) in chains.enumerate() {
                let written = written.map(|listener| listener?.filter_chains.get(number));
                let chain_origins = written.map(|it| it.map_or(&[][..], |chain| &chain.origins[..]));
                self.filter_chains.add(chain_name(&listener.name, &chain.name, number), chain_origins);
                for routes in inline(chain) {
                    let named = |it: &&provenance::RouteConfiguration| it.name == routes.name;
                    self.add_routes(routes, written.map(|chain| chain?.routes.iter().find(named)));
                }
            }
        }
        for routes in configuration.routes.values() {
            let named = |it: &&provenance::RouteConfiguration| it.name == routes.name;
            self.add_routes(routes, origins.map(|origins| origins.routes.iter().find(named)));
        }
    }

    fn add_routes(&mut self, routes: &RouteConfiguration, written: Option<Option<&provenance::RouteConfiguration>>) {
        for (at, host) in routes.virtual_hosts.iter().enumerate() {
            let written = written.map(|routes| routes?.virtual_hosts.get(at));
            let host_origins = written.map(|it| it.map_or(&[][..], |host| &host.origins[..]));
            self.virtual_hosts.add(host_name(&routes.name, &host.name), host_origins);
            for (number, route) in host.routes.iter().enumerate() {
                let written = written.map(|host| host?.routes.get(number));
                let route_origins = written.map(|it| it.map_or(&[][..], |route| &route.origins[..]));
                self.routes.add(route_name(&host.name, &route.name, number), route_origins);
            }
        }
    }

    /// Marks what a request reached.
    pub fn reach(&mut self, outcome: &Outcome, origins: Option<&Provenance>) {
        if let (Some(listener), Some(chain)) = (&outcome.listener, &outcome.filter_chain) {
            let chain_origins = origins.map(|origins| chain_of(outcome, origins).map_or(&[][..], |it| &it.origins[..]));
            self.filter_chains.reach(&chain_name(&listener.name, &chain.name, chain.index), chain_origins);
        }
        self.reach_routes(outcome, origins);
    }

    /// Marks the virtual host and the route that a request reached.
    pub fn reach_routes(&mut self, outcome: &Outcome, origins: Option<&Provenance>) {
        let (Some(routes), Some(host)) = (&outcome.route_configuration, &outcome.virtual_host) else { return };
        let named = |it: &&provenance::RouteConfiguration| it.name == *routes;
        let written = origins.map(|origins| match outcome.inline {
            true => chain_of(outcome, origins).and_then(|chain| chain.routes.iter().find(named)),
            false => origins.routes.iter().find(named),
        });
        let written_host = written.map(|routes| routes?.virtual_hosts.get(host.index));
        let host_origins = written_host.map(|it| it.map_or(&[][..], |host| &host.origins[..]));
        self.virtual_hosts.reach(&host_name(routes, &host.name), host_origins);
        let Some(route) = &outcome.route else { return };
        let written_route = written_host.map(|host| host?.routes.get(route.index));
        let route_origins = written_route.map(|it| it.map_or(&[][..], |route| &route.origins[..]));
        self.routes.reach(&route_name(&host.name, &route.name, route.index), route_origins);
    }
}

/// The filter chain that a request reached.
fn chain_of<'a>(outcome: &Outcome, origins: &'a Provenance) -> Option<&'a provenance::FilterChain> {
    let listener = origins.listeners.get(outcome.listener.as_ref()?.index)?;
    listener.filter_chains.get(outcome.filter_chain.as_ref()?.index)
}

/// Route configurations that are written in a chain.
fn inline(chain: &FilterChain) -> impl Iterator<Item = &RouteConfiguration> {
    chain.filters.iter().filter_map(|filter| match &filter.typed_config {
        NetworkFilter::HttpConnectionManager(manager) => manager.route_config.as_ref(),
        NetworkFilter::TcpProxy(_) | NetworkFilter::Other => None,
    })
}

fn chain_name(listener: &str, chain: &str, at: usize) -> String {
    format!("{listener}: {}", if chain.is_empty() { format!("[{at}]") } else { format!("[{at}] {chain}") })
}

fn host_name(routes: &str, host: &str) -> String {
    if routes.is_empty() { host.to_owned() } else { format!("{routes}: {host}") }
}

fn route_name(host: &str, route: &str, at: usize) -> String {
    format!("{host}: {}", if route.is_empty() { format!("[{at}]") } else { format!("[{at}] {route}") })
}
