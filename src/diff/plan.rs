//! In which order the parts of a change are to be applied: what is referred to comes before what refers to it,
//! and goes after it.
//!
//! That is the order of Envoy's own streams: clusters and endpoints, listeners, routes, and removals last
//! (`envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol`, "Eventual consistency considerations").

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::change::{Change, Kind, Object};

/// A resource of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Its kind, as `VirtualService`.
    pub kind: String,
    /// Its namespace; empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file.
    pub file: String,
    /// The line of its first byte.
    pub line: u32,
    /// What the user wants of it: without its version, and without what the API server adds.
    pub content: Value,
}

/// A step; the next one starts when all of it has reached the proxies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What it is about.
    pub phase: Phase,
    /// What to do, in any order.
    pub actions: Vec<Action>,
}

/// What a step is about, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Endpoints, clusters, certificates.
    Clusters,
    /// Listeners and what guards them.
    Listeners,
    /// Routes.
    Routes,
    /// Routes that go.
    RoutesRemoved,
    /// Listeners that go.
    ListenersRemoved,
    /// Clusters, endpoints and certificates that nothing refers to any more.
    ClustersRemoved,
}

impl Phase {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clusters => "endpoints, clusters and certificates",
            Self::Listeners => "listeners, and what guards them",
            Self::Routes => "routes",
            Self::RoutesRemoved => "routes that go",
            Self::ListenersRemoved => "listeners that go",
            Self::ClustersRemoved => "clusters, endpoints and certificates that go",
        }
    }

    /// Where what comes here is removed.
    fn removal(self) -> Self {
        match self {
            Self::Clusters | Self::ClustersRemoved => Self::ClustersRemoved,
            Self::Listeners | Self::ListenersRemoved => Self::ListenersRemoved,
            Self::Routes | Self::RoutesRemoved => Self::RoutesRemoved,
        }
    }
}

/// Something to apply or delete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Action {
    /// `add`, `change` or `remove`.
    pub verb: &'static str,
    /// As `VirtualService shop/web`.
    pub what: String,
    /// The file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// How it is not yet, or no longer, as it will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The plan of a change of manifests.
pub fn of_resources(old: &[Written], new: &[Written]) -> Vec<Step> {
    let key = |one: &Written| (one.kind.clone(), one.namespace.clone(), one.name.clone());
    let before: BTreeMap<_, &Written> = old.iter().map(|one| (key(one), one)).collect();
    let after: BTreeMap<_, &Written> = new.iter().map(|one| (key(one), one)).collect();
    let mut plan = Plan::default();
    for (key, one) in &after {
        let phase = phase(&one.kind);
        match before.get(key) {
            None => plan.add(phase, action("add", one, None)),
            Some(was) if was.content == one.content => {}
            Some(was) => changed(&mut plan, phase, was, one),
        }
    }
    for (_, one) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        plan.add(phase(&one.kind).removal(), action("remove", one, None));
    }
    plan.steps()
}

/// The plan of a change of one proxy, where only its configuration is known.
pub fn of_objects(changes: &[Change]) -> Vec<Step> {
    let mut plan = Plan::default();
    for change in changes {
        let phase = match change.object {
            Object::Cluster | Object::Endpoint | Object::Secret => Phase::Clusters,
            Object::Listener | Object::FilterChain => Phase::Listeners,
            Object::RouteConfiguration | Object::Host | Object::Route => Phase::Routes,
        };
        let (verb, phase) = match change.kind {
            Kind::Added => ("add", phase),
            Kind::Removed => ("remove", phase.removal()),
            Kind::Changed | Kind::Moved | Kind::Shadowed | Kind::Reachable => ("change", phase),
        };
        let what = format!("{} {}", change.object.name(), change.name);
        plan.add(phase, Action { verb, what, file: String::new(), line: None, note: None });
    }
    plan.steps()
}

#[derive(Default)]
struct Plan(BTreeMap<Phase, Vec<Action>>);

impl Plan {
    fn add(&mut self, phase: Phase, action: Action) {
        let actions = self.0.entry(phase).or_default();
        if !actions.contains(&action) {
            actions.push(action);
        }
    }

    fn steps(self) -> Vec<Step> {
        self.0.into_iter().map(|(phase, actions)| Step { phase, actions }).collect()
    }
}

fn action(verb: &'static str, one: &Written, note: Option<String>) -> Action {
    let object = if one.namespace.is_empty() { one.name.clone() } else { format!("{}/{}", one.namespace, one.name) };
    Action { verb, what: format!("{} {object}", one.kind), file: one.file.clone(), line: Some(one.line), note }
}

/// What a kind is for.
fn phase(kind: &str) -> Phase {
    match kind {
        "VirtualService" | "Ingress" => Phase::Routes,
        "Service" | "Endpoints" | "EndpointSlice" | "Pod" | "Deployment" | "StatefulSet" | "DaemonSet"
        | "ReplicaSet" | "ServiceEntry" | "WorkloadEntry" | "WorkloadGroup" | "DestinationRule" | "Secret"
        | "ConfigMap" | "Namespace" | "Node" | "ServiceAccount" => Phase::Clusters,
        _ => Phase::Listeners,
    }
}

/// A DestinationRule that loses subsets keeps them until no route leads there.
fn changed(plan: &mut Plan, phase: Phase, was: &Written, one: &Written) {
    let lost = lost_subsets(&was.content, &one.content);
    if one.kind != "DestinationRule" || lost.is_empty() {
        plan.add(phase, action("change", one, None));
        return;
    }
    let list = format!("{} {}", if lost.len() == 1 { "the subset" } else { "the subsets" }, lost.join(", "));
    if !only_loses(&was.content, &one.content, &lost) {
        plan.add(phase, action("change", one, Some(format!("with {list} still in it"))));
    }
    plan.add(phase.removal(), action("change", one, Some(format!("without {list}"))));
}

fn subsets(rule: &Value) -> Vec<&str> {
    let list = rule.pointer("/spec/subsets").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|subset| subset.get("name")?.as_str()).collect()
}

fn lost_subsets(old: &Value, new: &Value) -> Vec<String> {
    let kept: BTreeSet<&str> = subsets(new).into_iter().collect();
    subsets(old).into_iter().filter(|name| !kept.contains(name)).map(str::to_owned).collect()
}

/// Whether the rule is as it was but for these subsets.
fn only_loses(old: &Value, new: &Value, lost: &[String]) -> bool {
    let mut old = old.clone();
    if let Some(list) = old.pointer_mut("/spec/subsets").and_then(Value::as_array_mut) {
        list.retain(|subset| {
            !subset.get("name").and_then(Value::as_str).is_some_and(|it| lost.iter().any(|one| one == it))
        });
    }
    let mut new = new.clone();
    for rule in [&mut old, &mut new] {
        let empty = rule.pointer("/spec/subsets").and_then(Value::as_array).is_some_and(Vec::is_empty);
        if let Some(spec) = rule.get_mut("spec").and_then(Value::as_object_mut).filter(|_| empty) {
            spec.shift_remove("subsets");
        }
    }
    old == new
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(subsets: &[&str], host: &str) -> Written {
        let subsets: Vec<Value> = subsets.iter().map(|name| json!({ "name": name })).collect();
        written("DestinationRule", json!({"spec": {"host": host, "subsets": subsets}}))
    }

    fn written(kind: &str, content: Value) -> Written {
        Written {
            kind: kind.to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            file: "a.yaml".to_owned(),
            line: 1,
            content,
        }
    }

    fn texts(old: &[Written], new: &[Written]) -> Vec<String> {
        let steps = of_resources(old, new).into_iter();
        let one = |step: Step| {
            let phase = step.phase;
            step.actions
                .into_iter()
                .map(move |it| format!("{phase:?} {} {} {}", it.verb, it.what, it.note.unwrap_or_default()))
        };
        steps.flat_map(one).collect()
    }

    #[test]
    fn what_is_referred_to_comes_first_and_goes_last() {
        let route = |to: &str| written("VirtualService", json!({"spec": {"to": to}}));
        let old = [rule(&["v1", "v2"], "a"), route("v2"), written("Gateway", json!({}))];
        let new = [rule(&["v1", "v3"], "a"), route("v3"), written("Service", json!({}))];
        assert_eq!(
            texts(&old, &new),
            [
                "Clusters change DestinationRule shop/web with the subset v2 still in it",
                "Clusters add Service shop/web ",
                "Routes change VirtualService shop/web ",
                "ListenersRemoved remove Gateway shop/web ",
                "ClustersRemoved change DestinationRule shop/web without the subset v2",
            ]
        );
    }

    #[test]
    fn a_rule_that_only_loses_subsets_changes_last() {
        let (old, new) = ([rule(&["v1", "v2"], "a")], [rule(&["v1"], "a")]);
        assert_eq!(texts(&old, &new), ["ClustersRemoved change DestinationRule shop/web without the subset v2"]);
        assert_eq!(texts(&old, &[rule(&[], "b")]).len(), 2);
        assert_eq!(texts(&old, &old), Vec::<String>::new());
    }
}
