//! A route configuration alone → a configuration that can be asked, and where its parts are written.

use serde_json::{Value, json};

use crate::base::{FileId, SourceMap};
use crate::explain::provenance::{self, Citation, Provenance};
use crate::simulate::{Configuration, ReadError};
use crate::yaml::Node;

/// The port on which the route configuration is asked.
pub(super) const PORT: u16 = 80;

/// What a route configuration does, and where its parts are written.
#[derive(Clone, Debug)]
pub struct Table {
    /// One listener that has it.
    pub configuration: Configuration,
    /// Where its parts are written.
    pub provenance: Provenance,
}

/// A listener on all addresses whose connection manager changes nothing and has these routes.
pub(super) fn configuration(routes: &Value) -> Result<Configuration, ReadError> {
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "route_config": routes,
    });
    Configuration::from_value(json!({
        "listeners": [{
            "name": "(the route configuration alone)",
            "address": {"socket_address": {"address": "0.0.0.0", "port_value": PORT}},
            "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
        }],
        "clusters": [],
    }))
}

/// Where the parts are written, in the shape of [`configuration`].
pub(super) fn provenance(name: &str, virtual_hosts: Vec<provenance::VirtualHost>) -> Provenance {
    let routes = provenance::RouteConfiguration { name: name.to_owned(), origins: Vec::new(), virtual_hosts };
    let chain = provenance::FilterChain {
        name: String::new(),
        server_names: Vec::new(),
        application_protocols: Vec::new(),
        origins: Vec::new(),
        routes: vec![routes],
    };
    let listener = provenance::Listener { name: String::new(), origins: Vec::new(), filter_chains: vec![chain] };
    Provenance {
        clusters: Vec::new(),
        listeners: vec![listener],
        routes: Vec::new(),
        endpoints: Vec::new(),
        secrets: Vec::new(),
    }
}

/// An object with its place.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    /// The kind, as `VirtualService`.
    pub kind: &'a str,
    /// Its namespace, or nothing.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The file it is in.
    pub file: FileId,
}

impl Named<'_> {
    /// The node at a path in it.
    pub(super) fn citation(&self, node: &Node<'_>, path: String, sources: &SourceMap) -> Citation {
        let file = sources.file(self.file);
        let place = file.line_column(node.start);
        Citation {
            kind: self.kind.to_owned(),
            namespace: self.namespace.to_owned(),
            name: self.name.to_owned(),
            file: file.name.to_string(),
            line: place.line,
            column: place.column,
            path,
        }
    }
}
