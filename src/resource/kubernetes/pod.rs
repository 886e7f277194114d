//! `v1/Pod`.

use serde::Deserialize;

use crate::base::Port;

/// A pod: its `spec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Pod {
    /// The service account it runs as; empty means `default`.
    pub service_account_name: String,
    /// The old name of the same.
    pub service_account: String,
    /// Its node.
    pub node_name: String,
    /// Its host name.
    pub hostname: String,
    /// The headless Service its host name is below.
    pub subdomain: String,
    /// It has the node's network.
    pub host_network: bool,
    /// Its containers.
    pub containers: Vec<Container>,
    /// The containers that run before those, or beside them where they restart always.
    pub init_containers: Vec<Container>,
    /// Who its processes are, unless a container says otherwise.
    pub security_context: SecurityContext,
}

/// Who the processes of a pod or container are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SecurityContext {
    /// The user they run as; absent is the image's.
    pub run_as_user: Option<i64>,
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its ports.
    pub ports: Vec<ContainerPort>,
    /// Who its processes are.
    pub security_context: SecurityContext,
    /// Its environment.
    pub env: Vec<EnvVar>,
}

/// A variable of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value, where it is written and not taken from elsewhere.
    pub value: String,
}

/// A port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    /// Its name, for target ports.
    pub name: String,
    /// The number.
    #[serde(deserialize_with = "Port::zero_is_unset")]
    pub container_port: Option<Port>,
    /// The transport.
    pub protocol: super::service::Transport,
}

/// How a pod is: its `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Its address.
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    /// Its addresses in both families.
    #[serde(rename = "podIPs")]
    pub pod_ips: Vec<PodIp>,
    /// Its node's address.
    #[serde(rename = "hostIP")]
    pub host_ip: String,
    /// What holds of it.
    pub conditions: Vec<PodCondition>,
}

/// An address of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodIp {
    /// The address.
    pub ip: String,
}

/// What holds of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodCondition {
    /// What: `Ready` and others.
    #[serde(rename = "type")]
    pub condition: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
}

impl Pod {
    /// The service account it runs as, as the API server fills it in.
    pub fn account(&self) -> &str {
        match (self.service_account_name.as_str(), self.service_account.as_str()) {
            ("", "") => "default",
            ("", old) => old,
            (name, _) => name,
        }
    }
}

impl PodStatus {
    /// Its addresses, the main one first.
    pub fn addresses(&self) -> Vec<&str> {
        if self.pod_ips.is_empty() {
            return Some(self.pod_ip.as_str()).filter(|ip| !ip.is_empty()).into_iter().collect();
        }
        self.pod_ips.iter().map(|address| address.ip.as_str()).collect()
    }

    /// Whether its condition `Ready` is true.
    pub fn is_ready(&self) -> bool {
        self.conditions.iter().any(|condition| condition.condition == "Ready" && condition.status == "True")
    }

    /// Whether it has ended.
    pub fn is_terminal(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed")
    }
}
