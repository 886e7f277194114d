//! What is found, for people and programs.

mod markdown;
mod text;

use super::change::{Change, Kind, Object, Witness};
use super::gap::Gap;
use super::plan::Step;
use super::risk::{Risk, When};
use super::topic::Topic;
use crate::explain::provenance::Citation;

pub use markdown::markdown;
pub use text::text;

/// All that is found.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Report {
    /// What changes, proxies with the same changes together.
    pub proxies: Vec<Group>,
    /// In which order to apply the change; empty where nothing is to order.
    pub plan: Vec<Step>,
    /// What goes wrong where it is applied at once.
    pub risks: Vec<Risk>,
    /// What fails while one object of it is applied and the others are not.
    pub gaps: Vec<Gap>,
    /// What may change and is not known, because it is not translated.
    pub unknown: Vec<String>,
}

impl Report {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.proxies.is_empty() && self.unknown.is_empty()
    }

    /// `{"proxies": [...], "plan": [...], "risks": [...], "gaps": [...], "unknown": [...]}`.
    pub fn json(&self) -> String {
        // Nothing in it has keys that are no texts.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

/// What changes for some proxies.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Group {
    /// The proxies for which just this changes, each as `shop/pod.web-1`.
    pub proxies: Vec<String>,
    /// Whether they are in both inputs.
    pub presence: Presence,
    /// What changes; for a proxy that is new or gone this is empty.
    pub changes: Vec<Change>,
}

/// In which inputs a proxy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// In both.
    Both,
    /// Only in the new one.
    Added,
    /// Only in the old one.
    Removed,
}

/// The same change of several objects.
pub(super) struct Merged<'a> {
    /// One of them.
    pub first: &'a Change,
    /// The names of all.
    pub names: Vec<&'a str>,
}

/// Changes that differ in the object's name only are one for a reader.
pub(super) fn merged(changes: &[Change]) -> Vec<Merged<'_>> {
    let mut found: Vec<Merged<'_>> = Vec::new();
    for change in changes {
        let same = |other: &&mut Merged<'_>| {
            let first = other.first;
            let named = first.object == change.object && first.place == change.place && first.kind == change.kind;
            let unseen = matches!(change.witness, Witness::None { .. }) && first.witness == change.witness;
            let changed = change.kind == Kind::Changed && first.topic == change.topic;
            named && unseen && changed && first.old == change.old && first.new == change.new
        };
        match found.iter_mut().find(same) {
            Some(other) => other.names.push(&change.name),
            None => found.push(Merged { first: change, names: vec![&change.name] }),
        }
    }
    found
}

pub(super) fn proxies(group: &Group) -> String {
    let presence = match group.presence {
        Presence::Both => "",
        Presence::Added => "new ",
        Presence::Removed => "removed ",
    };
    match &group.proxies[..] {
        [one] => format!("{presence}proxy {one}"),
        several => format!("{} {presence}proxies: {}", several.len(), several.join(", ")),
    }
}

/// The place that says most of a change: policies are written in DestinationRules.
pub(super) fn origin(change: &Change) -> Option<&Citation> {
    let origins = if change.new_origins.is_empty() { &change.old_origins } else { &change.new_origins };
    let endpoints = change.topic == Topic::Endpoints || change.object == Object::Endpoint;
    let rule = |origin: &&Citation| origin.kind == "DestinationRule";
    let found = origins.iter().find(rule).filter(|_| change.object == Object::Cluster && !endpoints);
    found.or(origins.first())
}

pub(super) fn sign(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "+",
        Kind::Removed => "-",
        Kind::Changed | Kind::Moved | Kind::Shadowed | Kind::Reachable => "~",
    }
}

/// `route prefix /api: timeout 5s → 10s`.
pub(super) fn headline(merged: &Merged<'_>) -> String {
    let change = merged.first;
    let several = if merged.names.len() > 1 { "s" } else { "" };
    let subject = format!("{}{several} {}", change.object.name(), merged.names.join(", "));
    let (old, new) = (change.old.as_deref(), change.new.as_deref());
    match change.kind {
        Kind::Added => format!("{subject}: {}", new.unwrap_or("added")),
        Kind::Removed => format!("{subject}: {}", old.unwrap_or("removed")),
        Kind::Moved => format!("{subject} moved: {} → {}", old.unwrap_or("none"), new.unwrap_or("none")),
        Kind::Shadowed => format!("{subject} is never reached now: {}", new.unwrap_or_default()),
        Kind::Reachable => format!("{subject} is reached now: it was {}", old.unwrap_or_default()),
        Kind::Changed => {
            let topic = match change.topic {
                Topic::Existence => "",
                topic => topic.name(),
            };
            match (old, new) {
                // The fields say both sides.
                (None, Some(text)) if text.contains(" → ") => format!("{subject}: {topic}: {text}"),
                _ => format!("{subject}: {topic} {} → {}", old.unwrap_or("none"), new.unwrap_or("none")),
            }
        }
    }
}

/// `k8s/shop.yaml:12:5 VirtualService shop/web spec.http[0]`.
pub(super) fn citation(origin: &Citation) -> String {
    let Citation { kind, namespace, name, file, line, column, path } = origin;
    let object = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
    format!("{file}:{line}:{column}  {kind} {object} {path}").trim_end().to_owned()
}

/// So many requests are shown for one object; the JSON has all.
const SHOWN: usize = 5;

/// What fails while one object is applied and the others are not: for each object a sentence, and requests.
pub(super) fn between(gaps: &[Gap]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for Gap { first, request, old, between, new } in gaps {
        let sentence = format!("while {first} is applied and the rest is not");
        let text = format!("{request}: {between} (before: {old}; after: {new})");
        match found.iter_mut().find(|(other, _)| *other == sentence) {
            Some((_, requests)) => requests.push(text),
            None => found.push((sentence, vec![text])),
        }
    }
    for (_, requests) in &mut found {
        let more = requests.len().saturating_sub(SHOWN);
        requests.truncate(SHOWN);
        if more > 0 {
            requests.push(format!("and {more} more (-o json shows all)"));
        }
    }
    found
}

/// What a single apply breaks: for each cluster a sentence, and what leads there.
pub(super) fn sentences(risks: &[Risk]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for Risk { when, cluster, route, route_origin, cluster_origin } in risks {
        let whose = cluster_origin.as_ref().map(ToString::to_string);
        let sentence = match (when, whose) {
            (When::After, None) => {
                format!("503 after the change: there is no cluster `{cluster}`, and these lead to it")
            }
            (When::After, Some(place)) => {
                format!("503 after the change: these still lead to `{cluster}`, which was of {place}")
            }
            (When::RouteFirst, place) => {
                let place = place.map(|place| format!(" of {place}")).unwrap_or_default();
                format!("503 until `{cluster}`{place} is there, which is added in the same change: these lead to it")
            }
            (When::RemovalFirst, place) => {
                let place = place.map(|place| format!(" of {place}")).unwrap_or_default();
                format!("503 once `{cluster}`{place} is gone, as long as these still lead to it")
            }
        };
        let route = match route_origin {
            Some(place) => format!("`{route}`, {place}"),
            None => format!("`{route}`"),
        };
        match found.iter_mut().find(|(other, _)| *other == sentence) {
            Some((_, routes)) => routes.push(route),
            None => found.push((sentence, vec![route])),
        }
    }
    found
}
