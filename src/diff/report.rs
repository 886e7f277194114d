//! Changes as text for people.

use std::fmt::Write;

use super::change::{Change, Kind, Object, Shown, Witness};
use super::topic::Topic;
use crate::explain::provenance::Citation;

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

/// The changes of every group as text.
pub fn text(groups: &[Group]) -> String {
    let mut out = String::new();
    for group in groups {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}", proxies(group));
        let mut place: Option<&[String]> = None;
        for change in merged(&group.changes) {
            if place != Some(&change.first.place[..]) && !change.first.place.is_empty() {
                let _ = writeln!(out, "  {}", change.first.place.join(", "));
            }
            place = Some(&change.first.place);
            one(&mut out, &change);
        }
    }
    out
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

fn one(out: &mut String, merged: &Merged<'_>) {
    let change = merged.first;
    let indent = if change.place.is_empty() { "  " } else { "    " };
    let _ = writeln!(out, "{indent}{} {}", sign(change.kind), headline(merged));
    if let Some(origin) = origin(change) {
        let _ = writeln!(out, "{indent}    {}", citation(origin));
    }
    match &change.witness {
        Witness::Request(shown) => {
            let Shown { request, old, new, when, unless, .. } = shown.as_ref();
            let _ = writeln!(out, "{indent}    witness: {request}");
            let _ = writeln!(out, "{indent}      old: {old}");
            let _ = writeln!(out, "{indent}      new: {new}");
            if let Some(when) = when {
                let _ = writeln!(out, "{indent}      seen: {when}");
            }
            if !unless.is_empty() {
                let _ = writeln!(out, "{indent}      not judged: {}", unless.join(", "));
            }
        }
        Witness::None { why } => {
            let _ = writeln!(out, "{indent}    no request shows it: {why}");
        }
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

fn sign(kind: Kind) -> &'static str {
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
