//! HTTP towards an upstream: which version, and its options.

use crate::ir::cluster::{UpstreamHttp, UpstreamProtocol};
use crate::ir::http::{CommonHttpOptions, Http1Options, Http2Keepalive, Http2Options};
use crate::lower::time::std_duration;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::destination_rule::{ConnectionPoolSettings, H2UpgradePolicy, HttpSettings};
use crate::resource::istio::mesh_config::MeshH2UpgradePolicy;

/// Which version an upstream gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Nothing is said of it: Envoy's HTTP/1.1, or no HTTP at all.
    Unsaid,
    /// HTTP/1.1 with header names in the case they came in.
    Http1KeepingCase,
    /// HTTP/2.
    Http2,
    /// As the client.
    AsClient,
}

/// Options that are written only once something is set.
#[derive(Clone, Debug)]
pub(super) struct ProtocolOptions {
    protocol: Protocol,
    keeps_case: bool,
    http2: Http2Options,
    common: Option<CommonHttpOptions>,
    /// Takes the SNI from the request's host.
    pub auto_sni: bool,
    /// Checks the certificate against the request's host.
    pub auto_san_validation: bool,
    /// Answers that count as failures.
    pub outlier_status_codes: Vec<u32>,
}

impl ProtocolOptions {
    /// Options with a version; `keeps_case` also holds for [`Protocol::AsClient`].
    pub(super) fn new(protocol: Protocol, keeps_case: bool) -> Self {
        Self {
            protocol,
            keeps_case,
            http2: Http2Options::default(),
            common: None,
            auto_sni: false,
            auto_san_validation: false,
            outlier_status_codes: Vec::new(),
        }
    }

    /// The options for all versions, which are written from now on.
    pub(super) fn common_mut(&mut self) -> &mut CommonHttpOptions {
        self.common.get_or_insert_default()
    }

    /// Whether it is HTTP/2 whatever the client speaks.
    pub(super) fn is_http2(&self) -> bool {
        self.protocol == Protocol::Http2
    }

    /// Makes it HTTP/2, unless a version is chosen already (`istio: core.setH2Options`).
    pub(super) fn upgrade(&mut self) {
        if self.protocol == Protocol::Unsaid {
            self.protocol = Protocol::Http2;
        }
    }

    /// Lays a connection pool's limits over (`istio: core.applyConnectionPool`). Zero is what is
    /// not written.
    pub(super) fn limit(&mut self, pool: Option<&ConnectionPoolSettings>) {
        let tcp = pool.and_then(|pool| pool.tcp.as_ref());
        let http = pool.and_then(|pool| pool.http.as_ref());
        let max_connection_duration = tcp.and_then(|tcp| tcp.max_connection_duration).map(std_duration);
        let idle_timeout = http.and_then(|http| http.idle_timeout).or_else(|| tcp.and_then(|tcp| tcp.idle_timeout));
        let max_requests = http.and_then(|http| positive(http.max_requests_per_connection));
        let max_streams = http.and_then(|http| positive(http.max_concurrent_streams));
        let keepalive = http.and_then(|http| http.http2_keep_alive.as_ref());
        let any_limit = max_connection_duration.is_some() || idle_timeout.is_some() || max_requests.is_some();
        if any_limit || max_streams.is_some() || keepalive.is_some() {
            let common = self.common_mut();
            common.idle_timeout = idle_timeout.map(std_duration);
            common.max_requests_per_connection = max_requests;
            common.max_connection_duration = max_connection_duration;
        }
        if self.is_http2() {
            self.http2.max_concurrent_streams = max_streams;
            self.http2.keepalive = keepalive.map(|keepalive| Http2Keepalive {
                interval: keepalive.interval.map(std_duration),
                timeout: keepalive.timeout.map(std_duration),
            });
        }
        if http.is_some_and(|http| http.use_client_protocol) {
            self.keeps_case = self.protocol == Protocol::Http1KeepingCase;
            self.protocol = Protocol::AsClient;
            self.http2 = Http2Options::default();
        }
    }

    /// The options as Envoy wants them, which always name a version; `None` where nothing is set.
    pub(super) fn build(self) -> Option<UpstreamHttp> {
        let names = self.auto_sni || self.auto_san_validation;
        if self.protocol == Protocol::Unsaid && self.common.is_none() && !names && self.outlier_status_codes.is_empty()
        {
            return None;
        }
        let http1 = |preserve_case| Http1Options { preserve_case, ..Http1Options::default() };
        Some(UpstreamHttp {
            protocol: match self.protocol {
                Protocol::Unsaid => UpstreamProtocol::Http1(http1(false)),
                Protocol::Http1KeepingCase => UpstreamProtocol::Http1(http1(true)),
                Protocol::Http2 => UpstreamProtocol::Http2(self.http2),
                Protocol::AsClient => UpstreamProtocol::UseDownstream(http1(self.keeps_case), self.http2),
            },
            common: self.common,
            auto_sni: self.auto_sni,
            auto_san_validation: self.auto_san_validation,
            outlier_status_codes: self.outlier_status_codes,
        })
    }
}

/// Whether HTTP/1.1 becomes HTTP/2 on the way: a rule may ask for any port, the mesh only for
/// ports that are declared HTTP (`istio: core.shouldH2Upgrade`).
pub(super) fn is_upgraded(config: &MeshConfig, http: Option<&HttpSettings>, port: crate::base::Protocol) -> bool {
    if http.is_some_and(|http| http.use_client_protocol) {
        return false;
    }
    match http.map(|http| http.h2_upgrade_policy).unwrap_or_default() {
        H2UpgradePolicy::Upgrade => true,
        H2UpgradePolicy::DoNotUpgrade => false,
        H2UpgradePolicy::Default => port.is_http() && config.h2_upgrade_policy == MeshH2UpgradePolicy::Upgrade,
    }
}

/// A number that is unset where it is zero or below.
pub(super) fn positive(number: i32) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(json: &str) -> ConnectionPoolSettings {
        serde_json::from_str(json).expect("ConnectionPoolSettings")
    }

    #[test]
    fn nothing_is_written_for_nothing() {
        let mut options = ProtocolOptions::new(Protocol::Unsaid, false);
        options.limit(Some(&pool(r#"{"tcp": {"maxConnections": 5}, "http": {"maxRetries": 3}}"#)));
        assert!(options.build().is_none());
    }

    #[test]
    fn limits_of_streams_are_for_http2() {
        let limits = pool(r#"{"http": {"maxConcurrentStreams": 7, "http2KeepAlive": {"timeout": "1s"}}}"#);
        let mut options = ProtocolOptions::new(Protocol::Http2, false);
        options.limit(Some(&limits));
        let built = options.build().expect("options");
        let UpstreamProtocol::Http2(http2) = built.protocol else { panic!("{built:?}") };
        assert_eq!(http2.max_concurrent_streams, Some(7));
        assert!(http2.keepalive.is_some() && built.common.is_some());

        let mut options = ProtocolOptions::new(Protocol::Unsaid, false);
        options.limit(Some(&limits));
        assert!(matches!(options.build().map(|http| http.protocol), Some(UpstreamProtocol::Http1(_))));
    }

    #[test]
    fn idle_timeout_of_http_wins() {
        let mut options = ProtocolOptions::new(Protocol::Unsaid, false);
        options.limit(Some(&pool(r#"{"tcp": {"idleTimeout": "5s"}, "http": {"idleTimeout": "6s"}}"#)));
        let common = options.build().and_then(|http| http.common).expect("common options");
        assert_eq!(common.idle_timeout, Some(std::time::Duration::from_secs(6)));
    }

    #[test]
    fn upgrades() {
        use crate::base::Protocol::{Http, Tcp};
        let mesh = MeshConfig { h2_upgrade_policy: MeshH2UpgradePolicy::Upgrade, ..MeshConfig::default() };
        let http = |policy| HttpSettings { h2_upgrade_policy: policy, ..HttpSettings::default() };
        assert!(is_upgraded(&mesh, None, Http) && !is_upgraded(&mesh, None, Tcp));
        assert!(!is_upgraded(&mesh, Some(&http(H2UpgradePolicy::DoNotUpgrade)), Http));
        assert!(is_upgraded(&MeshConfig::default(), Some(&http(H2UpgradePolicy::Upgrade)), Tcp));
    }
}
