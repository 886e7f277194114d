//! The ports of the workload that the proxy listens for.

use std::collections::BTreeMap;

use super::{Interception, ingress};
use crate::base::{Diagnostic, Diagnostics, Location, Origin, Origins, Protocol};
use crate::ir::name;
use crate::lower::settings::is_on;
use crate::lower::stat_name::Names;
use crate::proxy::{Proxy, ProxyView, ServiceTarget};
use crate::resource::istio::sidecar::{CaptureMode, IngressListener};

/// Ports below this one are for privileged pods.
const UNPRIVILEGED: u32 = 1024;

/// A port of the workload.
#[derive(Clone, Debug)]
pub(super) struct Port<'m> {
    /// What the user wrote that made it.
    pub(super) origins: Origins,
    /// The workload's port; 0 is any.
    pub(super) target: u32,
    /// Number and name of the port of the service.
    pub(super) service_port: (u32, &'m str),
    /// What is spoken there.
    pub(super) protocol: Protocol,
    /// The address it is named by, and listens on where it binds.
    pub(super) bind: String,
    /// Whether it listens itself, instead of taking what is redirected.
    pub(super) binds: bool,
    /// What it is called in statistics; the hostname also names spans.
    pub(super) names: Names,
    /// The path of the Sidecar that made it.
    pub(super) config_path: Option<String>,
}

/// The ports, by number: those of the Sidecar, or else of the workload's services, of which the
/// first with a port decides (`istio: ListenerBuilder.buildInboundChainConfigs`).
pub(super) fn ports<'m>(view: &ProxyView<'m>, targets: &[ServiceTarget<'m>]) -> (Vec<Port<'m>>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let interception = Interception::of(view.proxy);
    let mut ports: BTreeMap<u32, Port<'m>> = BTreeMap::new();
    let written = ingress(view);
    if written.is_empty() {
        // The workload itself listens on its ports.
        let redirected = targets.iter().filter(|_| interception != Interception::None);
        for target in redirected {
            let port = of_service(view.proxy, target);
            if let Some(found) = reserved(view, &port, true) {
                diagnostics.push(found);
                continue;
            }
            ports.entry(port.target).or_insert(port);
        }
    }
    for (at, listener) in written.iter().enumerate() {
        let Some(port) = of_sidecar(view, listener, at) else { continue };
        if let Some(found) = reserved(view, &port, false).or_else(|| privileged(view.proxy, &port)) {
            diagnostics.push(found);
            continue;
        }
        if listener.tls.is_some() {
            let location = port.origins.first().map_or(Location::Nowhere, |it| Location::Value(it.key("tls")));
            let message =
                "`tls` of an ingress listener has no effect: Istio turns it on by a setting that is off by default";
            diagnostics.push(Diagnostic::warning("unsupported-field", location, message));
        }
        ports.entry(port.target).or_insert(port);
    }
    (ports.into_values().collect(), diagnostics)
}

fn of_service<'m>(proxy: &Proxy, target: &ServiceTarget<'m>) -> Port<'m> {
    let ServiceTarget { service, port, target_port } = *target;
    let at = service.ports.iter().position(|it| it == port).unwrap_or_default();
    Port {
        origins: vec![Origin::of(service.origin.resource).key("spec").key("ports").index(at)],
        target: target_port,
        service_port: (port.port, &port.name),
        protocol: port.protocol,
        bind: wildcard(proxy).to_owned(),
        binds: false,
        names: Names::of(service),
        config_path: None,
    }
}

fn of_sidecar<'m>(view: &ProxyView<'m>, listener: &'m IngressListener, at: usize) -> Option<Port<'m>> {
    let sidecar = view.sidecar?;
    let port = listener.port.as_ref()?;
    let number = port.number?.number();
    // Istio names the workload's namespace also for a Sidecar of the root namespace.
    let namespace = view.proxy.namespace.as_str();
    let bind = match listener.bind.as_str() {
        "" => own_address(view.proxy).unwrap_or_else(|| wildcard(view.proxy).to_owned()),
        bind => bind.to_owned(),
    };
    Some(Port {
        origins: vec![sidecar.origin.key("spec").key("ingress").index(at)],
        target: number,
        service_port: (number, &port.name),
        protocol: Protocol::parse(&port.protocol),
        bind,
        binds: match listener.capture_mode {
            CaptureMode::Default => Interception::of(view.proxy) == Interception::None,
            CaptureMode::Iptables => false,
            CaptureMode::None => true,
        },
        names: Names::of_host(&format!("{}.{namespace}", sidecar.name)),
        config_path: Some(name::config_path("networking.istio.io", "v1", namespace, "sidecar", &sidecar.name)),
    })
}

/// The address that means all of the proxy's.
pub(super) fn wildcard(proxy: &Proxy) -> &'static str {
    if proxy.families().0 { "0.0.0.0" } else { "::" }
}

/// The first address of the proxy that others can reach (`istio: network.GlobalUnicastIP`).
fn own_address(proxy: &Proxy) -> Option<String> {
    let parsed = proxy.addresses.iter().filter_map(|address| address.parse::<std::net::IpAddr>().ok());
    let global = |ip: &std::net::IpAddr| {
        let link_local = match ip {
            std::net::IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
            std::net::IpAddr::V6(ip) => ip.is_unicast_link_local(),
        };
        !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || link_local)
    };
    parsed.into_iter().find(global).map(|ip| ip.to_string())
}

/// A port that Envoy listens on already (`istio: model.conflictWithReservedListener`).
fn reserved(view: &ProxyView<'_>, port: &Port<'_>, of_service: bool) -> Option<Diagnostic> {
    if port.bind != wildcard(view.proxy) {
        return None;
    }
    let metadata = |key: &str| view.proxy.metadata.get(key).and_then(serde_json::Value::as_u64);
    let own = ["ENVOY_STATUS_PORT", "ENVOY_PROMETHEUS_PORT"].into_iter().filter_map(metadata);
    let config = &view.mesh.config;
    let of_mesh = [config.proxy_listen_port, config.proxy_inbound_listen_port].into_iter();
    let of_mesh = of_mesh.filter(|_| of_service).filter_map(|port| u64::try_from(port).ok());
    let taken = own.chain(of_mesh).any(|number| number != 0 && number == u64::from(port.target));
    taken.then(|| left_out(port, "reserved-port", "is one that the proxy itself listens on"))
}

fn privileged(proxy: &Proxy, port: &Port<'_>) -> Option<Diagnostic> {
    let refused = port.binds && port.target < UNPRIVILEGED && is_on(proxy, "UNPRIVILEGED_POD");
    refused.then(|| left_out(port, "privileged-port", "is for privileged pods, and the proxy's is not one"))
}

fn left_out(port: &Port<'_>, code: &'static str, why: &str) -> Diagnostic {
    let location = port.origins.first().map_or(Location::Nowhere, |origin| Location::Value(origin.clone()));
    let message = format!("port {} {why}: it is not opened", port.target);
    Diagnostic::warning(code, location, message)
}
