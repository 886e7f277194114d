//! Filter chains of outbound listeners before they are matched.

use std::collections::BTreeSet;

use super::address::UNSPECIFIED;
use crate::base::{Address, Origins, Protocol};
use crate::ir::listener::{Cidr, FilterChain, FilterChainMatch, NetworkFilter};
use crate::lower::defaults;
use crate::mesh::Service;

/// A filter chain of an outbound listener.
#[derive(Clone, Debug)]
pub(super) struct Chain<'m> {
    /// What the user wrote that made it.
    pub(super) origins: Origins,
    /// The path of the VirtualService that made it.
    pub(super) config_path: Option<String>,
    /// SNI; `*` takes all, and so do none.
    pub(super) server_names: Vec<String>,
    /// Addresses and ranges of the destination.
    pub(super) ranges: Vec<String>,
    /// What the HTTP inspector must have found.
    pub(super) application_protocols: Vec<String>,
    /// `raw_buffer`, or empty for any.
    pub(super) transport_protocol: &'static str,
    /// What it does.
    pub(super) content: Content<'m>,
}

/// What a chain does.
#[derive(Clone, Debug)]
pub(super) enum Content<'m> {
    /// HTTP.
    Http(Http<'m>),
    /// Anything else.
    Filters(Vec<NetworkFilter>),
}

/// The HTTP of a listener.
#[derive(Clone, Copy, Debug)]
pub(super) struct Http<'m> {
    /// The service that opened the listener.
    pub(super) service: Option<&'m Service>,
    /// What is spoken on the port of that service.
    pub(super) protocol: Protocol,
    /// Whether the service has the listener for itself, so that its routes have its name.
    pub(super) alone: bool,
}

impl<'m> Chain<'m> {
    /// HTTP that is told from other traffic by its first bytes where `sniffed`.
    pub(super) fn http(http: Http<'m>, origins: Origins, sniffed: bool) -> Self {
        let protocols = defaults::PLAINTEXT_HTTP.iter().filter(|_| sniffed).map(|it| (*it).to_owned());
        Self {
            origins,
            config_path: None,
            server_names: Vec::new(),
            ranges: Vec::new(),
            application_protocols: protocols.collect(),
            transport_protocol: if sniffed { defaults::RAW_BUFFER } else { "" },
            content: Content::Http(http),
        }
    }

    /// Bytes.
    pub(super) fn bytes(filters: Vec<NetworkFilter>, ranges: Vec<String>, origins: Origins) -> Self {
        Self {
            origins,
            config_path: None,
            server_names: Vec::new(),
            ranges,
            application_protocols: Vec::new(),
            transport_protocol: "",
            content: Content::Filters(filters),
        }
    }

    /// Whether it takes every connection (`istio: filterChainOpts.isMatchAll`).
    pub(super) fn takes_all(&self) -> bool {
        (self.server_names.is_empty() || self.takes_any_name())
            && self.application_protocols.is_empty()
            && self.transport_protocol.is_empty()
            && self.ranges.is_empty()
    }

    fn takes_any_name(&self) -> bool {
        self.server_names.iter().any(|name| name == "*")
    }

    /// Whether both match the same connections (`istio: filterChainOpts.conflictsWith`).
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        let names = |chain: &Self| -> BTreeSet<String> {
            chain.server_names.iter().filter(|name| *name != "*").cloned().collect()
        };
        let ranges = |chain: &Self| -> BTreeSet<String> {
            let parsed = chain.ranges.iter().filter_map(|range| Address(range.clone()).range());
            parsed.filter(|range| range.addr().to_string() != UNSPECIFIED).map(|it| it.trunc().to_string()).collect()
        };
        self.transport_protocol == other.transport_protocol
            && self.application_protocols == other.application_protocols
            && names(self) == names(other)
            && ranges(self) == ranges(other)
    }

    /// What is matched (`istio: filterChainOpts.toFilterChainMatch`).
    fn matches(&self) -> Option<FilterChainMatch> {
        if self.takes_all() {
            return None;
        }
        let mut server_names = if self.takes_any_name() { Vec::new() } else { self.server_names.clone() };
        server_names.sort();
        let mut ranges = self.ranges.clone();
        ranges.sort();
        let ranges = ranges.into_iter().filter_map(|range| cidr(&range));
        Some(FilterChainMatch {
            destination_port: None,
            prefix_ranges: ranges.filter(|range| range.address != UNSPECIFIED).collect(),
            source_prefix_ranges: Vec::new(),
            server_names,
            transport_protocol: self.transport_protocol.to_owned(),
            application_protocols: self.application_protocols.clone(),
        })
    }

    /// The chain with its filters.
    pub(super) fn with_filters(&self, filters: Vec<NetworkFilter>) -> FilterChain {
        FilterChain {
            origins: self.origins.clone(),
            name: String::new(),
            matches: self.matches(),
            tls: None,
            transport_socket_connect_timeout: Some(defaults::GATEWAY_HANDSHAKE_TIMEOUT),
            filters,
            config_path: self.config_path.clone(),
        }
    }
}

/// A range as it is written, also where bits beyond its length are set.
fn cidr(written: &str) -> Option<Cidr> {
    let range = Address(written.to_owned()).range()?;
    Some(Cidr { address: range.addr().to_string(), prefix_len: range.prefix_len().into() })
}
