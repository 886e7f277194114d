//! The clusters of one service.

use super::http::{Protocol, ProtocolOptions, is_upgraded};
use super::tls::{AutoMtls, Finding, Place, Upstream};
use super::{Context, Found, fixed, load_balancing, resilience, stat_name};
use crate::base::{Diagnostic, Location, Origin, Origins, Protocol as PortProtocol};
use crate::ir;
use crate::ir::cluster::{
    ClusterMetadata, Discovery, Dns, DnsCache, DnsLookupFamily, DnsMode, LbPolicy, LoadBalancing, ProxyProtocolVersion,
    ServiceMetadata, Transport,
};
use crate::ir::name;
use crate::lower::defaults;
use crate::lower::destination_rule::{MergedRule, Written};
use crate::lower::endpoint::{LocalitySetting, Peers, Selection, by_port};
use crate::lower::time::std_duration;
use crate::lower::traffic_policy::{Policy, is_passthrough};
use crate::mesh::{Registry, Resolution, Service, ServicePort};
use crate::resource::istio::destination_rule::{
    ClientTlsMode, ProxyProtocolVersion as WrittenVersion, SimpleLb, Subset,
};
use crate::resource::istio::mesh_config::DefaultTrafficPolicy;
use crate::resource::istio::peer_authentication::MutualTlsMode;

/// Which kind of cluster is made (`istio: core.ClusterMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Towards a service.
    Direct,
    /// What a gateway passes TLS on to by its server name, without looking into it.
    SniDnat,
}

/// One cluster to make.
#[derive(Clone, Copy)]
struct Target<'a, 'm> {
    selection: Selection<'a, 'm>,
    mode: Mode,
    policy: Policy<'m>,
    /// The port's place in the service.
    at: usize,
}

/// How the endpoints of a service are found, before policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Eds,
    Dns(DnsMode),
    OriginalDst,
}

impl<'m> Context<'m> {
    /// Adds the clusters of a service, in the order of its ports.
    pub(super) fn clusters_of(&self, service: &'m Service, found: &mut Found) {
        let rule = self.rules.lookup(service);
        let ports = service.ports.iter().enumerate().filter(|(_, port)| port.protocol != PortProtocol::Udp);
        for (at, port) in ports.filter(|(_, port)| self.view.reaches(service, port.port)) {
            if is_dynamic(service) {
                if can_resolve_requests(port.protocol) {
                    self.dynamic_cluster(service, port, rule, at, found);
                }
            } else {
                self.clusters_of_port(service, port, rule, Mode::Direct, at, found);
            }
        }
    }

    /// Whether a gateway of the proxy passes TLS on unopened.
    pub(super) fn passes_tls_on(&self) -> bool {
        use crate::resource::istio::gateway::ServerTlsMode::AutoPassthrough;
        let servers = self.view.gateways.iter().flat_map(|gateway| &gateway.spec.servers);
        servers.filter_map(|server| server.tls.as_ref()).any(|tls| tls.mode == AutoPassthrough)
    }

    /// Adds the clusters that servers with `AUTO_PASSTHROUGH` choose by server name (`istio:
    /// buildOutboundSniDnatClusters`).
    pub(super) fn sni_dnat_clusters(&self, found: &mut Found) {
        for service in self.view.services.iter().copied().filter(|service| !service.mesh_external) {
            let rule = self.rules.lookup(service);
            for (at, port) in service.ports.iter().enumerate().filter(|(_, port)| port.protocol != PortProtocol::Udp) {
                self.clusters_of_port(service, port, rule, Mode::SniDnat, at, found);
            }
        }
    }

    /// `MeshConfig.defaultTrafficPolicy`.
    pub(super) fn default_policy(&self) -> Option<&'m DefaultTrafficPolicy> {
        self.config.default_traffic_policy.as_ref()
    }

    fn clusters_of_port(
        &self,
        service: &'m Service,
        port: &'m ServicePort,
        rule: Option<&MergedRule<'m>>,
        mode: Mode,
        at: usize,
        found: &mut Found,
    ) {
        let peers = if mode == Mode::SniDnat { Peers::MutualTlsOnly } else { Peers::All };
        let policy = Policy::of_rule(rule, port.port).or_mesh_default(self.default_policy());
        let way = self.way(service);
        let whole = Target { selection: Selection { service, port, rule, subset: None, peers }, mode, policy, at };
        if !self.add(whole, way, found) {
            return;
        }
        // Subsets start from how the whole service is found, which its policy may have changed.
        let way = if is_passthrough_policy(policy) { Way::OriginalDst } else { way };
        for subset in rule.into_iter().flat_map(|rule| &rule.subsets) {
            let selection = Selection { subset: Some(subset), ..whole.selection };
            let policy = policy.for_subset(subset.value, port.port);
            let passthrough = is_passthrough(subset.value.traffic_policy.as_ref());
            let way = if passthrough { Way::OriginalDst } else { way };
            self.add(Target { selection, policy, ..whole }, way, found);
        }
    }

    /// Adds a cluster; gives whether there is one, as a name without endpoints to resolve has none.
    fn add(&self, target: Target<'_, 'm>, way: Way, found: &mut Found) -> bool {
        let cluster = self.cluster(target, way, found);
        let Some(cluster) = cluster else {
            let Target { selection: Selection { service, port, .. }, .. } = target;
            let message = format!("`{}` has no endpoints on port {} to resolve", service.hostname, port.port);
            let diagnostic = Diagnostic::warning("cluster-without-endpoints", Location::Value(origin(target)), message);
            found.diagnostics.push(diagnostic.help("add `endpoints`, or let the host be a name that resolves"));
            return false;
        };
        found.push(cluster, |name| self.endpoints.load_assignment(name, target.selection));
        true
    }

    /// A cluster with all that policies say of it (`istio: buildCluster`, `applyTrafficPolicy`).
    fn cluster(&self, target: Target<'_, 'm>, way: Way, found: &mut Found) -> Option<ir::Cluster> {
        let Target { selection, mode, policy, at: _ } = target;
        let Selection { service, port, .. } = selection;
        let name = target.name();
        let passthrough = way == Way::OriginalDst || is_passthrough_policy(policy);
        let setting = self.endpoints.locality_setting(selection, policy);
        let discovery = self.discovery(target, way, setting.as_ref())?;

        let mut http = self.protocol_options(policy, port);
        let chosen = (mode == Mode::Direct).then(|| {
            let finding = if passthrough { Finding::OriginalDestination } else { Finding::Known };
            let sni = name::sni_dnat_cluster(port.port, target.subset(), &service.hostname);
            self.tls(&self.upstream(target, &name, sni, finding), &mut http)
        });
        let transport = chosen.map(|chosen| {
            found.diagnostics.0.extend(chosen.diagnostic);
            with_proxy_protocol(chosen.transport, policy)
        });

        let locality = LocalitySetting::of_cluster(setting.as_ref(), policy.outlier_detection.is_some());
        let load_balancing = match passthrough {
            true => load_balancing::provided(policy.outlier_detection, locality, service),
            false => load_balancing::load_balancing(policy.load_balancer, policy.outlier_detection, locality, service),
        };
        let keeps_draining = keeps_draining(service) && selection.subset.is_none() && mode == Mode::Direct;
        let stat_name =
            stat_name::outbound(&self.config.outbound_cluster_stat_name, &name, service, port, target.subset());
        Some(ir::Cluster {
            origins: self.origins(selection),
            alt_stat_name: Some(stat_name),
            load_balancing: LoadBalancing { keeps_draining, ..load_balancing },
            transport: transport.unwrap_or(Transport::Plain),
            http: http.build(),
            metadata: metadata(target),
            ..self.limited(policy, fixed::bare(self.config, name, discovery))
        })
    }

    /// The rules are last, as secrets that are missing are reported there.
    fn origins(&self, selection: Selection<'_, 'm>) -> Origins {
        selection.identity_origins().chain(self.endpoints.origins(selection)).collect()
    }

    /// A cluster with the limits of a policy.
    fn limited(&self, policy: Policy<'m>, cluster: ir::Cluster) -> ir::Cluster {
        ir::Cluster {
            connect_timeout: Some(resilience::connect_timeout(self.config, policy.connection_pool)),
            circuit_breakers: Some(resilience::circuit_breakers(policy.connection_pool, policy.retry_budget)),
            outlier_detection: policy.outlier_detection.map(resilience::outlier_detection),
            tcp_keepalive: resilience::tcp_keepalive(self.config, policy.connection_pool),
            metadata_exchange: true,
            ..cluster
        }
    }

    /// A cluster that resolves each request's host (`istio: buildDFPCluster`).
    fn dynamic_cluster(
        &self,
        service: &'m Service,
        port: &'m ServicePort,
        rule: Option<&MergedRule<'m>>,
        at: usize,
        found: &mut Found,
    ) {
        let policy = Policy::of_rule(rule, port.port).or_mesh_default(self.default_policy());
        let selection = Selection { service, port, rule, subset: None, peers: Peers::All };
        let target = Target { selection, mode: Mode::Direct, policy, at };
        let name = target.name();
        let mut http = self.protocol_options(policy, port);
        let chosen = self.tls(&self.upstream(target, &name, String::new(), Finding::PerRequest), &mut http);
        found.diagnostics.0.extend(chosen.diagnostic);
        let discovery = Discovery::DynamicForwardProxy {
            cache: DnsCache { name: name::dns_cache(&service.hostname), family: self.dns_family, max_hosts: None },
            allow_insecure_options: chosen.allow_insecure_options,
        };
        let cluster = ir::Cluster {
            origins: self.origins(selection),
            load_balancing: LoadBalancing { policy: Some(LbPolicy::ClusterProvided), ..LoadBalancing::default() },
            transport: with_proxy_protocol(chosen.transport, policy),
            http: http.build(),
            metadata: ClusterMetadata { services: Vec::new(), ..metadata(target) },
            ..self.limited(policy, fixed::bare(self.config, name, discovery))
        };
        found.extend([cluster]);
    }

    /// How a service is found. A gateway has no original destination, so that it uses the
    /// endpoints that are known (`istio: convertResolution`).
    fn way(&self, service: &Service) -> Way {
        match service.resolution {
            Resolution::DnsLb if races_connections(service) => Way::Dns(DnsMode::Logical),
            Resolution::DnsLb => Way::Dns(DnsMode::Strict),
            Resolution::DnsRoundRobinLb => Way::Dns(DnsMode::Logical),
            Resolution::Passthrough if !self.view.proxy.is_router() => Way::OriginalDst,
            Resolution::Passthrough | Resolution::ClientSideLb | Resolution::DynamicDns | Resolution::Alias => Way::Eds,
        }
    }

    /// `None` where there is nothing to resolve.
    fn discovery(&self, target: Target<'_, 'm>, way: Way, setting: Option<&LocalitySetting<'_>>) -> Option<Discovery> {
        let Target { selection, policy, .. } = target;
        let Selection { service, port, .. } = selection;
        let port_override = || {
            let moved = service.registry == Registry::External && service.resolution == Resolution::Passthrough;
            Some(port.target_port).filter(|target| moved && *target != 0 && *target != port.port)
        };
        match way {
            Way::OriginalDst => Some(Discovery::OriginalDst { port_override: port_override(), cleanup_interval: None }),
            Way::Dns(mode) => {
                let localities = self.endpoints.inline(selection, setting, policy.outlier_detection.is_some());
                if localities.is_empty() {
                    return None;
                }
                if is_passthrough_policy(policy) {
                    return Some(Discovery::OriginalDst { port_override: None, cleanup_interval: None });
                }
                let family = if races_connections(service) { DnsLookupFamily::All } else { self.dns_family };
                Some(Discovery::Dns(Dns {
                    mode,
                    family,
                    refresh_rate: Some(std_duration(self.config.dns_refresh_rate)),
                    jitter: Some(defaults::DNS_JITTER),
                    respect_ttl: true,
                    cares_resolver: true,
                    localities,
                }))
            }
            Way::Eds if is_passthrough_policy(policy) => {
                Some(Discovery::OriginalDst { port_override: None, cleanup_interval: None })
            }
            Way::Eds => Some(Discovery::Eds),
        }
    }

    /// HTTP by the port's protocol and the policy. Sidecars let ports of unknown protocol speak
    /// what the client does; a gateway's clients would get HTTP/2 that the service may not speak
    /// (`istio: setUpstreamProtocol`).
    fn protocol_options(&self, policy: Policy<'m>, port: &ServicePort) -> ProtocolOptions {
        let case = self.preserve_header_case && port.protocol.is_http_or_sniffed();
        let protocol = if port.protocol.is_http2() {
            Protocol::Http2
        } else if port.protocol.is_unsupported() && !self.view.proxy.is_router() {
            Protocol::AsClient
        } else if case {
            Protocol::Http1KeepingCase
        } else {
            Protocol::Unsaid
        };
        let mut options = ProtocolOptions::new(protocol, case);
        let http = policy.connection_pool.and_then(|pool| pool.http.as_ref());
        if is_upgraded(self.config, http, port.protocol) {
            options.upgrade();
        }
        options.limit(policy.connection_pool);
        if let Some(outlier) = policy.outlier_detection {
            options.outlier_status_codes.clone_from(&outlier.outlier_detection_http_error_codes);
        }
        options
    }

    fn upstream<'a>(&self, target: Target<'a, 'm>, name: &'a str, sni: String, finding: Finding) -> Upstream<'a>
    where
        'm: 'a,
    {
        let Selection { service, rule, .. } = target.selection;
        let dynamic = finding == Finding::PerRequest;
        Upstream {
            name,
            settings: target.policy.tls,
            auto: self.auto_mtls(target),
            // Each request's host has its own.
            names: if dynamic { &[] } else { &service.subject_alt_names },
            sni,
            place: match (service.registry, service.mesh_external) {
                (_, true) => Place::Outside,
                (Registry::External, false) => Place::InMesh,
                (Registry::Kubernetes, false) => Place::Kubernetes,
            },
            finding,
            rule_selects: rule.is_some_and(MergedRule::selects_workloads),
            origin: rule.and_then(|rule| rule.rules.first()).map(|rule| rule.origin.clone()),
        }
    }

    /// Whether sidecars of a service take mutual TLS (`istio: BestEffortInferServiceMTLSMode`).
    fn auto_mtls(&self, target: Target<'_, 'm>) -> AutoMtls {
        let Selection { service, rule, subset, .. } = target.selection;
        let policy = match subset {
            Some(subset) => subset.value.traffic_policy.as_ref(),
            None => rule.and_then(|rule| rule.traffic_policy.as_ref()).map(|policy| policy.value),
        };
        let plain = |endpoint: &crate::mesh::Endpoint| endpoint.tls_mode == "disabled";
        let original = service.resolution == Resolution::Passthrough || is_passthrough(policy);
        // Nothing is known of a single destination, so that all endpoints must take it.
        let mut endpoints = by_port(Selection { subset: None, ..target.selection }).peekable();
        let refused = original && (endpoints.peek().is_none() || endpoints.any(plain));
        let disabled = self.endpoints.authentication.of_namespace(&service.namespace) == Some(MutualTlsMode::Disable);
        let off = service.mesh_external || self.config.enable_auto_mtls != Some(true) || refused || disabled;
        if off { AutoMtls::Off } else { AutoMtls::On }
    }
}

impl<'a, 'm> Target<'a, 'm> {
    fn subset(&self) -> &'a str
    where
        'm: 'a,
    {
        self.selection.subset.map_or("", |subset: &Written<'m, Subset>| &subset.value.name)
    }

    fn name(&self) -> String {
        let Selection { service, port, .. } = self.selection;
        match self.mode {
            Mode::Direct => name::outbound_cluster(port.port, self.subset(), &service.hostname),
            Mode::SniDnat => name::sni_dnat_cluster(port.port, self.subset(), &service.hostname),
        }
    }
}

fn is_dynamic(service: &Service) -> bool {
    service.resolution == Resolution::DynamicDns && service.hostname.starts_with('*')
}

/// Protocols that name the host in each request or connection.
fn can_resolve_requests(protocol: PortProtocol) -> bool {
    matches!(protocol, PortProtocol::Http | PortProtocol::Tls | PortProtocol::Grpc | PortProtocol::Http2)
}

fn is_passthrough_policy(policy: Policy<'_>) -> bool {
    policy.load_balancer.and_then(|lb| lb.simple) == Some(SimpleLb::Passthrough)
}

/// Connects to all DNS answers at once and keeps the first.
fn races_connections(service: &Service) -> bool {
    let strategy = service.annotations.get(defaults::CONNECT_STRATEGY);
    strategy.is_some_and(|strategy| strategy.eq_ignore_ascii_case(defaults::RACE_CONNECTIONS))
}

fn keeps_draining(service: &Service) -> bool {
    let labels = [defaults::PERSISTENT_SESSION_LABEL, defaults::PERSISTENT_SESSION_HEADER_LABEL];
    labels.into_iter().any(|label| service.labels.get(label).is_some_and(|value| !value.is_empty()))
}

fn with_proxy_protocol(transport: Transport, policy: Policy<'_>) -> Transport {
    let Some(written) = policy.proxy_protocol else { return transport };
    let version = match written.version {
        WrittenVersion::V1 => ProxyProtocolVersion::V1,
        WrittenVersion::V2 => ProxyProtocolVersion::V2,
    };
    Transport::ProxyProtocol(version, Box::new(transport))
}

fn metadata(target: Target<'_, '_>) -> ClusterMetadata {
    let Selection { service, rule, subset, .. } = target.selection;
    let tls = target.policy.tls.map(|tls| tls.mode);
    ClusterMetadata {
        config: rule.map(|rule| rule.config_path().to_owned()),
        subset: subset.map(|subset| subset.value.name.clone()),
        services: vec![ServiceMetadata {
            host: service.hostname.clone(),
            name: service.name.clone(),
            namespace: service.namespace.clone(),
        }],
        external: service.mesh_external && subset.is_none(),
        default_original_port: None,
        // Istio's ALPN filter must not offer mesh protocols to other servers.
        keep_alpn: rule.is_some() && matches!(tls, Some(ClientTlsMode::Simple | ClientTlsMode::Mutual)),
    }
}

/// The port in the service's object.
fn origin(target: Target<'_, '_>) -> Origin {
    let service = &target.selection.service.origin;
    Origin::of(service.resource).key("spec").key("ports").index(target.at)
}
