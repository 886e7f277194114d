//! Kinds of which only the choice of proxies is read: AuthorizationPolicy,
//! RequestAuthentication, Telemetry, WasmPlugin, TrafficExtension and EnvoyFilter.

use serde::Deserialize;

use super::LabelSelector;
use super::sidecar::WorkloadSelector;
use crate::base::Labels;

/// A resource that changes the proxies it is attached to in a way that is not translated. It is
/// read to know whether it applies to a proxy, and to say so.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "serde_json::Value")]
pub struct Policy {
    /// The workloads, where it selects by labels (`selector`, or `workloadSelector` of EnvoyFilter).
    pub selector: Option<Labels>,
    /// What it is attached to by name (`targetRef`, `targetRefs`).
    pub targets: Vec<TargetRef>,
    /// All of it, as written.
    pub raw: serde_json::Value,
}

/// A resource that a policy is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TargetRef {
    /// Its API group; empty for core kinds.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; empty means the policy's.
    pub namespace: String,
}

impl Policy {
    /// Whether it chooses its proxies at all; if not, it holds for its namespace, or for the mesh
    /// from the root namespace.
    pub fn is_targeted(&self) -> bool {
        self.selector.as_ref().is_some_and(|selector| !selector.is_empty()) || !self.targets.is_empty()
    }
}

impl From<serde_json::Value> for Policy {
    fn from(raw: serde_json::Value) -> Self {
        let part = |key: &str| raw.get(key).filter(|value| !value.is_null());
        let selector = part("selector").and_then(|value| LabelSelector::deserialize(value).ok());
        let workload_selector = part("workloadSelector").and_then(|value| WorkloadSelector::deserialize(value).ok());
        let single = part("targetRef").and_then(|value| TargetRef::deserialize(value).ok());
        let several = part("targetRefs").and_then(serde_json::Value::as_array).into_iter().flatten();
        let targets = several.filter_map(|value| TargetRef::deserialize(value).ok()).chain(single).collect();
        let selector = selector.map(|selector| selector.match_labels);
        Self { selector: selector.or(workload_selector.map(|selector| selector.labels)), targets, raw }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choice_of_proxies() {
        let policy = |json: &str| serde_json::from_str::<Policy>(json).unwrap_or_default();
        assert!(policy(r#"{"selector": {"matchLabels": {"app": "a"}}}"#).is_targeted());
        assert!(policy(r#"{"workloadSelector": {"labels": {"app": "a"}}}"#).is_targeted());
        assert!(policy(r#"{"targetRefs": [{"kind": "Gateway", "name": "g"}]}"#).is_targeted());
        assert!(!policy(r#"{"rules": [{}]}"#).is_targeted());
        assert_eq!(policy(r#"{"rules": [{}]}"#).raw["rules"][0], serde_json::json!({}));
    }
}
