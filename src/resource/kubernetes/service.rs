//! `v1/Service`.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::base::{Labels, Port};

/// A name for a set of pods: the `spec` of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Service {
    /// How it is exposed.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// The labels of its pods; none means that its endpoints are written by someone else.
    pub selector: Labels,
    /// Its address; `None` for a headless Service, empty where the API server has not given one.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: String,
    /// Its addresses in both families.
    #[serde(rename = "clusterIPs")]
    pub cluster_ips: Vec<String>,
    /// Further addresses it is reached at.
    #[serde(rename = "externalIPs")]
    pub external_ips: Vec<String>,
    /// The host it stands for, with type ExternalName.
    pub external_name: String,
    /// `Local` keeps traffic on the client's node.
    pub internal_traffic_policy: Option<String>,
    /// `Local` keeps traffic from outside on the node it reaches.
    pub external_traffic_policy: Option<String>,
    /// Which endpoints are preferred: `PreferClose`, `PreferSameZone`, `PreferSameNode`.
    pub traffic_distribution: Option<String>,
    /// Endpoints count also when they are not ready.
    pub publish_not_ready_addresses: bool,
    /// `ClientIP` keeps a client on its endpoint; Istio does not read it.
    pub session_affinity: Option<String>,
    /// The address families.
    pub ip_families: Vec<String>,
    /// How many families.
    pub ip_family_policy: Option<String>,
    /// The class of the load balancer.
    pub load_balancer_class: Option<String>,
    /// The address asked of the load balancer.
    #[serde(rename = "loadBalancerIP")]
    pub load_balancer_ip: String,
}

/// How a Service is exposed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum ServiceType {
    /// Inside the cluster.
    #[default]
    ClusterIP,
    /// Also on a port of every node.
    NodePort,
    /// Also by a load balancer.
    LoadBalancer,
    /// As another name of a host.
    ExternalName,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServicePort {
    /// Its name; may say the protocol, as `http-web`.
    pub name: String,
    /// The port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub port: Option<Port>,
    /// The transport.
    pub protocol: Transport,
    /// The protocol on it.
    pub app_protocol: Option<String>,
    /// The pods' port; absent means the same, see [`ServicePort::target`].
    pub target_port: Option<IntOrString>,
    /// The nodes' port.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub node_port: Option<Port>,
}

impl ServicePort {
    /// The pods' port, with the API server's default: the port itself.
    pub fn target(&self) -> Option<IntOrString> {
        match &self.target_port {
            None | Some(IntOrString::Int(0)) => self.port.map(|port| IntOrString::Int(port.number())),
            Some(target) => Some(target.clone()),
        }
    }
}

/// The transport of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Transport {
    /// TCP, the API server's default.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// A port by number or by the name of a container's port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntOrString {
    /// The number.
    Int(u32),
    /// The name.
    String(String),
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::String(name) => f.write_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = IntOrString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port number or the name of a port")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<IntOrString, E> {
                let number = u32::try_from(number).map_err(|_| E::custom("this is no port"))?;
                Ok(IntOrString::Int(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<IntOrString, E> {
                let number = u32::try_from(number).map_err(|_| E::custom("this is no port"))?;
                Ok(IntOrString::Int(number))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<IntOrString, E> {
                Ok(IntOrString::String(name.to_owned()))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// What the cluster has made of a Service: its `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceStatus {
    /// Its load balancer.
    pub load_balancer: LoadBalancerStatus,
}

/// A load balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoadBalancerStatus {
    /// Where it is reached.
    pub ingress: Vec<LoadBalancerIngress>,
}

/// Where a load balancer is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoadBalancerIngress {
    /// Its address.
    pub ip: String,
    /// Its host.
    pub hostname: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_port_is_the_port_unless_written() {
        let port = |json: &str| serde_json::from_str::<ServicePort>(json).unwrap_or_default().target();
        assert_eq!(port(r#"{"port": 80}"#), Some(IntOrString::Int(80)));
        assert_eq!(port(r#"{"port": 80, "targetPort": 8080}"#), Some(IntOrString::Int(8080)));
        assert_eq!(port(r#"{"port": 80, "targetPort": "web"}"#), Some(IntOrString::String("web".into())));
    }
}
