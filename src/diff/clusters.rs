//! Clusters, their endpoints, and secrets.

use super::answer;
use super::change::{Change, Kind, Object, Witness};
use super::fields::fields;
use super::model::{Cluster, Secret, Side};
use super::reach::Reach;
use super::routes::by_topic;
use super::topic::Topic;
use super::witness;
use serde_json::Value;

/// Adds what changes of clusters and endpoints.
pub(super) fn compare(old: &Side, new: &Side, found: &mut Vec<Change>) {
    let reach = (Reach::new(old), Reach::new(new));
    let witness = |name: &str, topic: Topic| {
        let mut candidates = reach.0.requests(name);
        candidates.extend(reach.1.requests(name));
        if candidates.is_empty() && topic.unseen().is_none() {
            return Witness::None { why: "no route leads to this cluster".to_owned() };
        }
        witness::find(old, new, candidates, topic)
    };
    for (name, cluster) in &new.clusters {
        match old.clusters.get(name) {
            Some(before) => paired(name, before, cluster, &witness, found),
            None => found.push(Change {
                new: Some(content(cluster)),
                new_origins: cluster.origins.clone(),
                ..change(Kind::Added, name, Topic::Existence, witness(name, Topic::Existence))
            }),
        }
    }
    for (name, cluster) in old.clusters.iter().filter(|(name, _)| !new.clusters.contains_key(*name)) {
        found.push(Change {
            old: Some(content(cluster)),
            old_origins: cluster.origins.clone(),
            ..change(Kind::Removed, name, Topic::Existence, witness(name, Topic::Existence))
        });
    }
}

fn change(kind: Kind, name: &str, topic: Topic, witness: Witness) -> Change {
    Change { witness, ..Change::new(kind, Object::Cluster, name, topic) }
}

fn content(cluster: &Cluster) -> String {
    let endpoints: Vec<&str> = cluster.endpoints.keys().map(String::as_str).collect();
    match &endpoints[..] {
        [] => {
            let kind = cluster.fields.get("type").and_then(Value::as_str).unwrap_or("STATIC");
            format!("{kind}, no endpoint is known")
        }
        known => known.join(", "),
    }
}

fn paired(
    name: &str,
    before: &Cluster,
    after: &Cluster,
    witness: &dyn Fn(&str, Topic) -> Witness,
    found: &mut Vec<Change>,
) {
    let origins =
        |change: Change| Change { old_origins: before.origins.clone(), new_origins: after.origins.clone(), ..change };
    for (topic, old, new) in by_topic(Object::Cluster, &fields(&before.fields, &after.fields), &|_| (None, None)) {
        found.push(origins(Change { old, new, ..change(Kind::Changed, name, topic, witness(name, topic)) }));
    }
    let gone: Vec<&str> = only(before, after);
    let fresh: Vec<&str> = only(after, before);
    if !gone.is_empty() || !fresh.is_empty() {
        let list = |names: Vec<&str>| (!names.is_empty()).then(|| names.join(", "));
        found.push(origins(Change {
            old: list(gone),
            new: list(fresh),
            ..change(Kind::Changed, name, Topic::Endpoints, witness(name, Topic::Endpoints))
        }));
    }
    for (address, endpoint) in &after.endpoints {
        let Some(old) = before.endpoints.get(address) else { continue };
        for (topic, old, new) in by_topic(Object::Endpoint, &fields(old, endpoint), &|_| (None, None)) {
            found.push(origins(Change {
                object: Object::Endpoint,
                place: vec![format!("cluster {name}")],
                old,
                new,
                ..change(Kind::Changed, address, topic, witness(name, topic))
            }));
        }
    }
}

fn only<'a>(a: &'a Cluster, b: &Cluster) -> Vec<&'a str> {
    a.endpoints.keys().filter(|address| !b.endpoints.contains_key(*address)).map(String::as_str).collect()
}

/// Adds what changes of secrets: their names, and marks of their public parts.
pub(super) fn compare_secrets(old: &Side, new: &Side, found: &mut Vec<Change>) {
    if old.secrets.is_empty() && new.secrets.is_empty() {
        return;
    }
    let reach = (Reach::new(old), Reach::new(new));
    let witness = |name: &str| {
        let mut candidates = reach.0.handshakes(name);
        candidates.extend(reach.1.handshakes(name));
        if candidates.is_empty() {
            return Witness::None { why: "no filter chain shows this certificate to clients".to_owned() };
        }
        witness::find(old, new, candidates, Topic::Tls)
    };
    let of =
        |kind: Kind, name: &str| Change { object: Object::Secret, ..change(kind, name, Topic::Tls, witness(name)) };
    for (name, secret) in &new.secrets {
        match old.secrets.get(name) {
            Some(before) if before.fields == secret.fields => {}
            Some(before) => found.push(Change {
                old: Some(marks(before)),
                new: Some(marks(secret)),
                old_origins: before.origins.clone(),
                new_origins: secret.origins.clone(),
                ..of(Kind::Changed, name)
            }),
            None => found.push(Change {
                new: Some(marks(secret)),
                new_origins: secret.origins.clone(),
                ..of(Kind::Added, name)
            }),
        }
    }
    for (name, secret) in old.secrets.iter().filter(|(name, _)| !new.secrets.contains_key(*name)) {
        found.push(Change { old: Some(marks(secret)), old_origins: secret.origins.clone(), ..of(Kind::Removed, name) });
    }
}

/// What is public of a secret.
fn marks(secret: &Secret) -> String {
    let mut parts = Vec::new();
    if let Some(certificate) = secret.fields.get("tls_certificate") {
        parts.push(format!("certificate {}", answer::public(certificate)));
    }
    if let Some(context) = secret.fields.get("validation_context") {
        parts.push(format!("authorities {}", answer::mark_of(context)));
    }
    if parts.is_empty() { "of another kind".to_owned() } else { parts.join(", ") }
}
