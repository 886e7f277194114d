//! Takes a request through an Envoy configuration, by Envoy's own rules and without Envoy.
//!
//! It takes a [`Configuration`], read from JSON of a bootstrap, of `--emit xds`, or of Envoy's
//! `config_dump`, and a [`Request`]; it gives an [`Outcome`]: every step that was decided, what was
//! passed over and why, and the end of the way. It needs no name that Istio gives, does no IO, and
//! judges of the filters those that Istio puts on routes (faults, CORS); others (RBAC, external authorization) it names.
//!
//! Sources of the rules: Envoy's documentation of listeners, filter chain matches, and route
//! components (`envoyproxy.io/docs/envoy/latest/api-v3/config`), and Envoy's source where these
//! are silent, each named beside the rule.

pub mod config;
mod draft;
mod request;

mod outcome;

mod codec;
mod filter;
mod filter_chain;
mod grpc;
mod header;
mod http;
mod listener;
mod location;
mod path;
mod regex;
mod rewrite;
mod route_match;
mod string_match;
#[cfg(test)]
mod tests;
mod upstream;
mod virtual_host;

pub use config::{Configuration, Lists, ReadError};
pub use draft::{Draft, split_method};
pub use grpc::{grpc_status, grpc_status_name};
pub use outcome::{
    ChainStep, End, Fault, Forward, Injection, Outcome, PassedOver, Retries, RouteStep, Share, Step, TcpForward,
    VirtualHostStep,
};
pub use request::{Mode, Protocol, Request, Tls};

use config::listener::NetworkFilter;

/// Where `request` ends up in `configuration`.
pub fn run(configuration: &Configuration, request: &Request) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.end = way(configuration, request, &mut outcome);
    outcome
}

fn way(configuration: &Configuration, request: &Request, outcome: &mut Outcome) -> End {
    let arrival = match listener::arrive(&configuration.listeners, request) {
        Ok(arrival) => arrival,
        Err(fault) => return End::Fault(fault),
    };
    outcome.listener = Some(Step { index: arrival.index, name: arrival.listener.name.clone() });
    outcome.unjudged.extend(arrival.unjudged.iter().cloned());
    let found = filter_chain::choose(arrival.listener, &arrival.connection);
    let (index, chain, passed_over) = match found {
        Ok(found) => found,
        Err((fault, passed_over)) => {
            outcome.passed_over_chains = passed_over;
            return End::Fault(fault);
        }
    };
    outcome.passed_over_chains = passed_over;
    outcome.filter_chain = Some(ChainStep { index, name: chain.name.clone(), terminates_tls: chain.tls().is_some() });
    if let Err(fault) = filter_chain::handshake(chain, request) {
        return End::Fault(fault);
    }
    for filter in &chain.filters {
        match &filter.typed_config {
            NetworkFilter::HttpConnectionManager(manager) => {
                return http::route(configuration, manager, chain.tls().is_some(), request, outcome);
            }
            NetworkFilter::TcpProxy(proxy) => return upstream::tcp(configuration, proxy),
            NetworkFilter::Other => outcome.unjudged.push(filter.name.clone()),
        }
    }
    End::Fault(Fault::NoTerminalFilter)
}
