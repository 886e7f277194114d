//! Which traffic policy holds for one port of a service or subset.
//!
//! A DestinationRule says policies at four places: for the rule, for single ports of it, for a
//! subset, and for single ports of a subset. A port's settings replace those of their level as a
//! whole, a subset's are laid over the rule's field by field (Istio docs: *DestinationRule,
//! TrafficPolicy.PortTrafficPolicy*; `istio: util.GetPortLevelTrafficPolicy,
//! util.MergeSubsetTrafficPolicy, model.MergeTrafficPolicy`).

use super::destination_rule::MergedRule;
use crate::resource::istio::destination_rule::{
    ClientTls, ClientTlsMode, ConnectionPoolSettings, LoadBalancerSettings, OutlierDetection, PortTrafficPolicy,
    ProxyProtocol, RetryBudget, SimpleLb, Subset, TrafficPolicy, TunnelSettings,
};
use crate::resource::istio::mesh_config::DefaultTrafficPolicy;

/// What holds for one port, every part borrowed from where it is written; `None` where nothing is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy<'m> {
    /// How an endpoint is chosen.
    pub load_balancer: Option<&'m LoadBalancerSettings>,
    /// Limits of connections and requests.
    pub connection_pool: Option<&'m ConnectionPoolSettings>,
    /// When an endpoint is taken out.
    pub outlier_detection: Option<&'m OutlierDetection>,
    /// TLS to the service.
    pub tls: Option<&'m ClientTls>,
    /// A tunnel to reach the host through.
    pub tunnel: Option<&'m TunnelSettings>,
    /// PROXY protocol to the service.
    pub proxy_protocol: Option<&'m ProxyProtocol>,
    /// The share of requests that may be retries.
    pub retry_budget: Option<&'m RetryBudget>,
}

impl<'m> Policy<'m> {
    /// What a rule says for a port of a service.
    pub fn of_rule(rule: Option<&MergedRule<'m>>, port: u32) -> Self {
        let policy = rule.and_then(|rule| rule.traffic_policy.as_ref()).map(|policy| policy.value);
        Level::of(policy, port).policy()
    }

    /// This with what a subset says for the port.
    #[must_use]
    pub fn for_subset(self, subset: &'m Subset, port: u32) -> Self {
        match Level::of(subset.traffic_policy.as_ref(), port) {
            Level::Nothing => self,
            over @ Level::All(_) => self.overlaid(over.policy()),
            // What a port's settings leave out is not inherited, except what only exists for a
            // whole level.
            Level::Port(port) => Self {
                tunnel: self.tunnel,
                proxy_protocol: self.proxy_protocol,
                retry_budget: self.retry_budget,
                ..Self::from_port(port)
            },
        }
    }

    /// This with `MeshConfig.defaultTrafficPolicy` for the blocks that are not written
    /// (`istio: core.applyDefaultTrafficPolicy`).
    #[must_use]
    pub fn or_mesh_default(self, default: Option<&'m DefaultTrafficPolicy>) -> Self {
        let Some(default) = default else { return self };
        Self {
            connection_pool: self.connection_pool.or(default.connection_pool.as_ref()),
            outlier_detection: self.outlier_detection.or(default.outlier_detection.as_ref()),
            ..self
        }
    }

    /// This with the fields of a subset's policy in place of its own.
    #[must_use]
    fn overlaid(self, over: Self) -> Self {
        Self {
            load_balancer: over.load_balancer.or(self.load_balancer),
            connection_pool: over.connection_pool.or(self.connection_pool),
            outlier_detection: over.outlier_detection.or(self.outlier_detection),
            tls: over.tls.or(self.tls),
            tunnel: over.tunnel.or(self.tunnel),
            proxy_protocol: over.proxy_protocol.or(self.proxy_protocol),
            retry_budget: over.retry_budget.or(self.retry_budget),
        }
    }

    fn from_all(policy: &'m TrafficPolicy) -> Self {
        let TrafficPolicy {
            load_balancer,
            connection_pool,
            outlier_detection,
            tls,
            port_level_settings: _,
            tunnel,
            proxy_protocol,
            retry_budget,
        } = policy;
        Self {
            load_balancer: load_balancer.as_ref(),
            connection_pool: connection_pool.as_ref(),
            outlier_detection: outlier_detection.as_ref(),
            tls: tls.as_ref(),
            tunnel: tunnel.as_ref(),
            proxy_protocol: proxy_protocol.as_ref(),
            retry_budget: retry_budget.as_ref(),
        }
    }

    fn from_port(policy: &'m PortTrafficPolicy) -> Self {
        let PortTrafficPolicy { port: _, load_balancer, connection_pool, outlier_detection, tls } = policy;
        Self {
            load_balancer: load_balancer.as_ref(),
            connection_pool: connection_pool.as_ref(),
            outlier_detection: outlier_detection.as_ref(),
            tls: tls.as_ref(),
            ..Self::default()
        }
    }
}

/// What one level says for a port.
#[derive(Clone, Copy)]
enum Level<'m> {
    Nothing,
    All(&'m TrafficPolicy),
    Port(&'m PortTrafficPolicy),
}

impl<'m> Level<'m> {
    fn of(policy: Option<&'m TrafficPolicy>, port: u32) -> Self {
        let Some(policy) = policy else { return Self::Nothing };
        let settings = policy.port_level_settings.iter().find(|settings| is_for(settings, port));
        settings.map_or(Self::All(policy), Self::Port)
    }

    fn policy(self) -> Policy<'m> {
        match self {
            Self::Nothing => Policy::default(),
            Self::All(policy) => Policy::from_all(policy),
            Self::Port(policy) => Policy::from_port(policy),
        }
    }
}

fn is_for(settings: &PortTrafficPolicy, port: u32) -> bool {
    let number = settings.port.as_ref().and_then(|port| port.number);
    number.is_some_and(|number| u32::from(number.get()) == port)
}

/// Whether a policy, taken as a whole, sends traffic where the client was going.
pub fn is_passthrough(policy: Option<&TrafficPolicy>) -> bool {
    policy.and_then(|policy| policy.load_balancer.as_ref()).and_then(|lb| lb.simple) == Some(SimpleLb::Passthrough)
}

/// The TLS mode a rule says for endpoints of a port, `None` where it says nothing. Unlike
/// [`Policy::of_rule`], a port without TLS settings has those of its level
/// (`istio: endpoints.tlsModeForDestinationRule`).
pub fn endpoint_tls_mode(rule: &MergedRule<'_>, subset: &str, port: u32) -> Option<ClientTlsMode> {
    let whole = || tls_mode(rule.traffic_policy.as_ref().map(|policy| policy.value), port);
    if subset.is_empty() {
        return whole();
    }
    let subset = rule.subset(subset)?;
    tls_mode(subset.value.traffic_policy.as_ref(), port).or_else(whole)
}

fn tls_mode(policy: Option<&TrafficPolicy>, port: u32) -> Option<ClientTlsMode> {
    let policy = policy?;
    let of_port = policy.port_level_settings.iter().filter(|settings| is_for(settings, port));
    let tls = of_port.filter_map(|settings| settings.tls.as_ref()).next().or(policy.tls.as_ref());
    tls.map(|tls| tls.mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(yaml: &str) -> TrafficPolicy {
        serde_json::from_str(yaml).expect("a TrafficPolicy")
    }

    fn subset(policy: TrafficPolicy) -> Subset {
        Subset { traffic_policy: Some(policy), ..Subset::default() }
    }

    const RULE: &str = r#"{"tls": {"mode": "SIMPLE"}, "outlierDetection": {}, "proxyProtocol": {},
        "portLevelSettings": [{"port": {"number": 443}, "loadBalancer": {"simple": "RANDOM"}}]}"#;

    #[test]
    fn settings_of_a_port_replace_those_of_the_rule() {
        let rule = policy(RULE);
        let whole = Level::of(Some(&rule), 80).policy();
        assert!(whole.tls.is_some() && whole.load_balancer.is_none() && whole.proxy_protocol.is_some());
        let port = Level::of(Some(&rule), 443).policy();
        assert!(port.tls.is_none() && port.load_balancer.is_some() && port.proxy_protocol.is_none());
    }

    #[test]
    fn a_subset_is_laid_over_the_rule_and_its_port_replaces() {
        let rule = policy(RULE);
        let base = Policy::from_all(&rule);
        let over = policy(r#"{"tls": {"mode": "DISABLE"}}"#);
        let merged = base.overlaid(Policy::from_all(&over));
        assert_eq!(merged.tls.map(|tls| tls.mode), Some(ClientTlsMode::Disable));
        assert!(merged.outlier_detection.is_some());

        let over = subset(policy(r#"{"portLevelSettings": [{"port": {"number": 80}, "tls": {"mode": "MUTUAL"}}]}"#));
        let merged = base.for_subset(&over, 80);
        assert_eq!(merged.tls.map(|tls| tls.mode), Some(ClientTlsMode::Mutual));
        assert!(merged.outlier_detection.is_none() && merged.proxy_protocol.is_some());
        assert!(base.for_subset(&over, 81).outlier_detection.is_some());
    }

    #[test]
    fn the_mesh_fills_only_blocks_that_are_missing() {
        let default = DefaultTrafficPolicy {
            outlier_detection: Some(OutlierDetection { max_ejection_percent: 7, ..Default::default() }),
            ..Default::default()
        };
        let rule = policy(RULE);
        let percent = |policy: Policy<'_>| policy.outlier_detection.map(|outlier| outlier.max_ejection_percent);
        assert_eq!(percent(Policy::from_all(&rule).or_mesh_default(Some(&default))), Some(0));
        assert_eq!(percent(Policy::default().or_mesh_default(Some(&default))), Some(7));
    }
}
