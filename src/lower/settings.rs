//! What the mesh and the proxy say about themselves, resolved once for a proxy: its ProxyConfig,
//! connection settings, generated headers and the switches of its metadata.

use std::borrow::Cow;

use crate::base::{Diagnostic, Diagnostics, Duration, Location};
use crate::ir::http::ServerHeader;
use crate::lower::defaults;
use crate::proxy::{Proxy, ProxyView};
use crate::resource::istio::proxy_defaults::{
    ConnectionProfile, ConnectionSettings, HeadersWithUnderscoresAction, MetadataExchangeMode,
    PathWithEscapedSlashesAction, ProxyConfig,
};

/// The resolved settings of one proxy.
#[derive(Clone, Debug)]
pub struct Settings<'m> {
    /// `PROXY_CONFIG` of the node metadata where it is there, else the mesh's `defaultConfig`
    /// (`istio: NodeMetadata.ProxyConfigOrDefault`: one replaces the other as a whole).
    pub proxy_config: Cow<'m, ProxyConfig>,
    /// Limits and timeouts of connections, with the values of the `EDGE` profile filled in for gateways.
    pub connections: Option<ConnectionSettings>,
    /// Headers that the proxy makes or drops.
    pub headers: ProxyHeaders,
    /// `IDLE_TIMEOUT` of the metadata: of connections without traffic, HTTP and TCP.
    pub idle_timeout: Option<Duration>,
    /// `HTTP10` of the metadata: whether HTTP/1.0 is taken.
    pub http10: bool,
}

impl<'m> Settings<'m> {
    /// Resolves the settings of the proxy of a view.
    pub fn new(view: &ProxyView<'m>) -> (Self, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let mesh_default = &view.mesh.config.default_config;
        let metadata = |key: &str| view.proxy.metadata.get(key);
        let proxy_config = match metadata("PROXY_CONFIG").filter(|value| !value.is_null()) {
            None => Cow::Borrowed(mesh_default),
            Some(written) => match serde_json::from_value(written.clone()) {
                Ok(config) => Cow::Owned(config),
                Err(error) => {
                    let message = format!("`PROXY_CONFIG` of the node metadata cannot be read: {error}");
                    diagnostics.push(
                        Diagnostic::warning("invalid-metadata", Location::Nowhere, message)
                            .help("the mesh's `defaultConfig` is used instead"),
                    );
                    Cow::Borrowed(mesh_default)
                }
            },
        };
        if proxy_config.private_key_provider.is_some() {
            let message = "`privateKeyProvider` of the proxy's configuration is not translated";
            diagnostics.push(
                Diagnostic::warning("unsupported-field", Location::Nowhere, message)
                    .help("private keys are used by Envoy itself"),
            );
        }
        let written = proxy_config.connection_settings.as_ref().or(mesh_default.connection_settings.as_ref());
        let settings = Self {
            connections: written.map(|settings| with_profile(settings, view.proxy)),
            headers: ProxyHeaders::new(&proxy_config),
            idle_timeout: text(view.proxy, "IDLE_TIMEOUT").and_then(|text| Duration::parse(text).ok()),
            http10: text(view.proxy, "HTTP10") == Some("1"),
            proxy_config,
        };
        (settings, diagnostics)
    }
}

/// A text of the proxy's metadata.
pub fn text<'p>(proxy: &'p Proxy, key: &str) -> Option<&'p str> {
    proxy.metadata.get(key).and_then(serde_json::Value::as_str)
}

/// Whether a switch of the proxy's metadata is on, written as a text or as a boolean; texts as Go's
/// `strconv.ParseBool` reads them.
pub fn is_on(proxy: &Proxy, key: &str) -> bool {
    match proxy.metadata.get(key) {
        Some(serde_json::Value::Bool(on)) => *on,
        Some(serde_json::Value::String(text)) => matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"),
        _ => false,
    }
}

/// Headers that the proxy makes or drops, resolved for gateways and inbound listeners
/// (`istio: util.GetProxyHeadersFromProxyConfig`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyHeaders {
    /// `server`; empty is Envoy's own.
    pub server_name: String,
    /// What happens to the upstream's `server`.
    pub server_header: ServerHeader,
    /// Whether `x-request-id` is made; `None` is Envoy's default (yes).
    pub generate_request_id: Option<bool>,
    /// Whether `x-envoy-attempt-count` is added to requests.
    pub attempt_count: bool,
    /// Whether `x-envoy-*` of the router are dropped.
    pub suppress_envoy_headers: bool,
    /// Whether `x-envoy-peer-metadata` stays inside the mesh.
    pub metadata_in_mesh_only: bool,
    /// Whether `x-forwarded-port` is added.
    pub x_forwarded_port: bool,
    /// Whether rewrites of the authority append the original one to `x-forwarded-host`.
    pub x_forwarded_host: bool,
    /// Whether the case of HTTP/1 headers is kept.
    pub preserve_http1_case: bool,
}

impl ProxyHeaders {
    fn new(config: &ProxyConfig) -> Self {
        let mut headers = Self {
            server_name: defaults::SERVER_NAME.to_owned(),
            server_header: ServerHeader::Overwrite,
            generate_request_id: None,
            attempt_count: true,
            suppress_envoy_headers: false,
            metadata_in_mesh_only: false,
            x_forwarded_port: false,
            x_forwarded_host: false,
            preserve_http1_case: false,
        };
        let Some(written) = &config.proxy_headers else {
            return headers;
        };
        if let Some(server) = &written.server {
            if server.disabled == Some(true) {
                headers.server_name = String::new();
                headers.server_header = ServerHeader::PassThrough;
            } else if !server.value.is_empty() {
                headers.server_name = server.value.clone();
            }
        }
        let off = |header: &Option<crate::resource::istio::proxy_defaults::HeaderDisabled>| {
            header.as_ref().is_some_and(|header| header.disabled == Some(true))
        };
        let on = |header: &Option<crate::resource::istio::proxy_defaults::HeaderEnabled>| {
            header.as_ref().is_some_and(|header| header.enabled == Some(true))
        };
        headers.generate_request_id = off(&written.request_id).then_some(false);
        headers.attempt_count = !off(&written.attempt_count);
        headers.suppress_envoy_headers = off(&written.envoy_debug_headers);
        headers.metadata_in_mesh_only = written
            .metadata_exchange_headers
            .as_ref()
            .is_some_and(|exchange| exchange.mode == MetadataExchangeMode::InMesh);
        headers.x_forwarded_port = on(&written.x_forwarded_port);
        headers.x_forwarded_host = on(&written.x_forwarded_host);
        headers.preserve_http1_case = written.preserve_http1_header_case == Some(true);
        headers
    }
}

/// The `EDGE` profile fills in what a gateway's settings leave open (`istio:
/// core.applyEdgeProfileDefaults`; Envoy docs: *Configuring Envoy as an edge proxy*).
fn with_profile(written: &ConnectionSettings, proxy: &Proxy) -> ConnectionSettings {
    let mut settings = written.clone();
    if settings.profile != ConnectionProfile::Edge || !proxy.is_router() {
        return settings;
    }
    let seconds = |seconds| Some(Duration::from_seconds(seconds));
    macro_rules! or {
        ($($field:ident: $value:expr),+ $(,)?) => { $(settings.$field = settings.$field.or($value);)+ };
    }
    or! {
        listener_per_connection_buffer_limit_bytes: Some(32 * 1024),
        http_idle_timeout: seconds(3600),
        http_stream_idle_timeout: seconds(300),
        http_request_timeout: seconds(300),
        http_request_headers_timeout: seconds(60),
        http_max_concurrent_streams: Some(100),
        http2_initial_stream_window_size: Some(64 * 1024),
        http2_initial_connection_window_size: Some(1024 * 1024),
        http_merge_slashes: Some(true),
    }
    if settings.http_headers_with_underscores_action == HeadersWithUnderscoresAction::Unspecified {
        settings.http_headers_with_underscores_action = HeadersWithUnderscoresAction::RejectRequest;
    }
    if settings.http_path_with_escaped_slashes_action == PathWithEscapedSlashesAction::Unspecified {
        settings.http_path_with_escaped_slashes_action = PathWithEscapedSlashesAction::UnescapeAndRedirect;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_switched_off() {
        let config = serde_json::from_str(
            r#"{"proxyHeaders": {"server": {"disabled": true}, "attemptCount": {"disabled": true},
                "requestId": {"disabled": true}, "metadataExchangeHeaders": {"mode": "IN_MESH"}}}"#,
        )
        .unwrap_or_default();
        let headers = ProxyHeaders::new(&config);
        assert_eq!((headers.server_name.as_str(), headers.server_header), ("", ServerHeader::PassThrough));
        assert_eq!((headers.generate_request_id, headers.attempt_count), (Some(false), false));
        assert!(headers.metadata_in_mesh_only && !headers.suppress_envoy_headers);
    }

    #[test]
    fn the_edge_profile_fills_in_what_is_open() {
        let proxy = |id: &str| Proxy::new(id.parse().expect("a node id"), serde_json::Value::Null);
        let written: ConnectionSettings =
            serde_json::from_str(r#"{"profile": "EDGE", "httpIdleTimeout": "7s"}"#).unwrap_or_default();
        let edge = with_profile(&written, &proxy("router~10.0.0.1~a.b~b.svc.cluster.local"));
        assert_eq!(edge.http_idle_timeout, Some(Duration::from_seconds(7)));
        assert_eq!(edge.http_max_concurrent_streams, Some(100));
        let sidecar = with_profile(&written, &proxy("sidecar~10.0.0.1~a.b~b.svc.cluster.local"));
        assert_eq!(sidecar.http_max_concurrent_streams, None);
    }
}
