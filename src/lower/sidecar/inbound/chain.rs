//! Filter chains of what comes in: for each port the ways that its protocol and its mode of mutual
//! TLS allow.

use super::http;
use super::port::Port;
use crate::base::Protocol;
use crate::ir::listener::{FilterChain, FilterChainMatch, NetworkFilter, TcpProxy};
use crate::ir::name;
use crate::ir::tls::DownstreamTls;
use crate::lower::endpoint::PeerAuthentications;
use crate::lower::sidecar::Shared;
use crate::lower::stat_name::{Names, fill};
use crate::lower::time::std_duration;
use crate::lower::{defaults, tls};
use crate::proxy::ServiceTarget;
use crate::resource::istio::peer_authentication::MutualTlsMode;

/// What all chains share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chains<'a> {
    /// What both sides share.
    pub(super) shared: &'a Shared<'a>,
    /// Who takes mutual TLS.
    pub(super) authentication: &'a PeerAuthentications<'a>,
}

/// What a port carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Http,
    Bytes,
    /// Either, which the first bytes tell.
    Either,
}

/// One way a connection may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    /// By ALPN, or what the HTTP inspector found; empty is any.
    alpn: &'static [&'static str],
    /// `tls` or `raw_buffer`.
    transport: &'static str,
    /// Whether it is parsed as HTTP.
    http: bool,
    /// Whether mutual TLS is ended.
    mutual: bool,
}

impl Way {
    const fn mutual(alpn: &'static [&'static str], http: bool) -> Self {
        Self { alpn, transport: defaults::TLS, http, mutual: true }
    }

    const fn plain(alpn: &'static [&'static str], http: bool) -> Self {
        Self { alpn, transport: defaults::RAW_BUFFER, http, mutual: false }
    }

    /// TLS that is the application's own.
    const OWN_TLS: Self = Self { alpn: &[], transport: defaults::TLS, http: false, mutual: false };
}

/// The ways in, in Istio's order (`istio: core.getFilterChainMatchOptions`).
fn ways(carries: Carries, mode: MutualTlsMode) -> Vec<Way> {
    use defaults::{ALPN_MESH, ALPN_MESH_BYTES, ALPN_MESH_HTTP, PLAINTEXT_HTTP};
    match (carries, mode) {
        (Carries::Http, MutualTlsMode::Strict) => vec![Way::mutual(&[], true)],
        (Carries::Http, MutualTlsMode::Permissive) => vec![Way::mutual(&ALPN_MESH, true), Way::plain(&[], true)],
        (Carries::Http, MutualTlsMode::Disable | MutualTlsMode::Unset) => vec![Way::plain(&[], true)],
        (Carries::Bytes, MutualTlsMode::Strict) => vec![Way::mutual(&[], false)],
        (Carries::Bytes, MutualTlsMode::Permissive) => {
            vec![Way::mutual(&ALPN_MESH, false), Way::OWN_TLS, Way::plain(&[], false)]
        }
        (Carries::Bytes, MutualTlsMode::Disable | MutualTlsMode::Unset) => vec![Way::plain(&[], false)],
        (Carries::Either, MutualTlsMode::Strict) => {
            vec![Way::mutual(&ALPN_MESH_HTTP, true), Way::mutual(&[], false)]
        }
        (Carries::Either, MutualTlsMode::Permissive) => vec![
            Way::mutual(&ALPN_MESH_HTTP, true),
            Way::plain(&PLAINTEXT_HTTP, true),
            Way::mutual(&ALPN_MESH_BYTES, false),
            Way::plain(&[], false),
            Way::OWN_TLS,
        ],
        (Carries::Either, MutualTlsMode::Disable | MutualTlsMode::Unset) => {
            vec![Way::plain(&PLAINTEXT_HTTP, true), Way::plain(&[], false)]
        }
    }
}

/// What a chain serves: a port of the workload, or all ports that nobody declares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Served<'a> {
    /// A declared port.
    Port(&'a Port<'a>),
    /// Traffic that goes where it was going; to this port, where it has a mode of its own, or 0.
    Passthrough(u32),
}

impl Served<'_> {
    fn target(&self) -> u32 {
        match self {
            Self::Port(port) => port.target,
            Self::Passthrough(target) => *target,
        }
    }

    pub(super) fn protocol(&self) -> Protocol {
        match self {
            Self::Port(port) => port.protocol,
            Self::Passthrough(_) => Protocol::Unsupported,
        }
    }

    /// The cluster that it goes to.
    pub(super) fn cluster(&self) -> String {
        match self {
            Self::Port(port) => name::inbound_cluster(port.target),
            Self::Passthrough(_) => name::INBOUND_PASSTHROUGH_CLUSTER.to_owned(),
        }
    }

    fn chain_name(&self, http: bool) -> String {
        match self {
            Self::Port(port) => name::listener(&port.bind, port.target),
            Self::Passthrough(_) if http => defaults::VIRTUAL_INBOUND_CATCH_ALL_HTTP.to_owned(),
            Self::Passthrough(_) => defaults::VIRTUAL_INBOUND.to_owned(),
        }
    }

    /// The prefix of HTTP statistics.
    pub(super) fn stat_prefix(&self) -> String {
        match self {
            Self::Port(_) => format!("inbound_{};", self.chain_name(true)),
            Self::Passthrough(_) => format!("{};", self.cluster()),
        }
    }

    /// Number and name of the service's port.
    pub(super) fn service_port(&self) -> (u32, &str) {
        match self {
            Self::Port(port) => port.service_port,
            Self::Passthrough(_) => (0, defaults::VIRTUAL_INBOUND),
        }
    }

    pub(super) fn names(&self) -> Names {
        match self {
            Self::Port(port) => port.names.clone(),
            Self::Passthrough(_) => Names::default(),
        }
    }
}

impl Chains<'_> {
    /// The chains of a port.
    pub(super) fn of(&self, served: Served<'_>) -> Vec<FilterChain> {
        let proxy = self.shared.view.proxy;
        let mode = self.authentication.of_workload(&proxy.namespace, &proxy.labels, served.target());
        let carries = match served.protocol() {
            protocol if protocol.is_http() => Carries::Http,
            Protocol::Unsupported | Protocol::Hbone => Carries::Either,
            _ => Carries::Bytes,
        };
        ways(carries, mode).into_iter().map(|way| self.chain(served, way)).collect()
    }

    /// The chains of what nobody declares, and of undeclared ports with a mode of their own
    /// (`istio: authn.Builder.ForPassthrough`).
    pub(super) fn passthrough(&self, targets: &[ServiceTarget<'_>]) -> Vec<FilterChain> {
        let view = self.shared.view;
        let ingress = super::ingress(view);
        let declared = |number: u32| {
            if ingress.is_empty() {
                return targets.iter().any(|target| target.target_port == number);
            }
            let ports = ingress.iter().filter_map(|listener| listener.port.as_ref()?.number);
            ports.into_iter().any(|port| port.number() == number)
        };
        let ports = self.authentication.ports_of_workload(&view.proxy.namespace, &view.proxy.labels);
        let undeclared = ports.filter(|number| !declared(*number));
        [0].into_iter().chain(undeclared).flat_map(|number| self.of(Served::Passthrough(number))).collect()
    }

    fn chain(&self, served: Served<'_>, way: Way) -> FilterChain {
        let content = match way.http {
            true => NetworkFilter::HttpConnectionManager(Box::new(http::manager(self.shared, served))),
            false => NetworkFilter::TcpProxy(Box::new(self.bytes(served))),
        };
        let mongo = match &content {
            NetworkFilter::TcpProxy(proxy) if served.protocol() == Protocol::Mongo => {
                Some(NetworkFilter::MongoProxy { stat_prefix: proxy.stat_prefix.clone() })
            }
            _ => None,
        };
        let (origins, config_path) = match served {
            Served::Port(port) => (port.origins.clone(), port.config_path.clone()),
            Served::Passthrough(_) => (Vec::new(), None),
        };
        FilterChain {
            origins,
            name: served.chain_name(way.http),
            matches: Some(FilterChainMatch {
                destination_port: Some(served.target()).filter(|port| *port > 0),
                transport_protocol: way.transport.to_owned(),
                application_protocols: way.alpn.iter().map(|name| (*name).to_owned()).collect(),
                ..FilterChainMatch::default()
            }),
            tls: way.mutual.then(|| self.mutual(way.http)),
            transport_socket_connect_timeout: None,
            filters: [Some(NetworkFilter::MetadataExchange), mongo, Some(content)].into_iter().flatten().collect(),
            config_path,
        }
    }

    fn mutual(&self, http: bool) -> DownstreamTls {
        let alpn: &[&str] = if http { &defaults::ALPN_HTTP } else { &defaults::ALPN_METADATA_EXCHANGE };
        tls::mesh_mutual(self.shared.view, alpn)
    }

    /// Bytes to the port's cluster (`istio: ListenerBuilder.buildInboundNetworkFilters`).
    fn bytes(&self, served: Served<'_>) -> TcpProxy {
        let pattern = self.shared.view.mesh.config.inbound_cluster_stat_name.as_str();
        let stat_prefix = match pattern {
            "" => served.cluster(),
            _ => fill(pattern, &served.names(), "", served.service_port(), None),
        };
        TcpProxy {
            stat_prefix,
            idle_timeout: self.shared.settings.idle_timeout.map(std_duration),
            access_logs: self.shared.logs.traffic.clone(),
            ..TcpProxy::to(&served.cluster())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_ports_take_no_plain_text() {
        for carries in [Carries::Http, Carries::Bytes, Carries::Either] {
            let strict = ways(carries, MutualTlsMode::Strict);
            assert!(!strict.is_empty() && strict.iter().all(|way| way.mutual), "{strict:?}");
            let disabled = ways(carries, MutualTlsMode::Disable);
            assert!(!disabled.is_empty() && disabled.iter().all(|way| !way.mutual), "{disabled:?}");
            let permissive = ways(carries, MutualTlsMode::Permissive);
            assert!(permissive.iter().any(|way| way.mutual) && permissive.iter().any(|way| !way.mutual));
        }
    }
}
