//! Listeners and filter chains.

use std::collections::BTreeSet;

use serde_json::Value;

use super::action;
use super::change::{Change, Kind, Object};
use super::fields::{fields, short};
use super::hosts::{self, Hosts};
use super::model::{Chain, Listener, Side};
use super::routes::by_topic;
use super::sample;
use super::topic::Topic;
use super::witness;
use crate::simulate::Request;

/// Adds what changes of all listeners, and of everything inside them.
pub(super) fn compare(old: &Side, new: &Side, found: &mut Vec<Change>) {
    let mut walk = Walk { old, new, compared: BTreeSet::new() };
    for (at, listener) in new.listeners.iter().enumerate() {
        match old.listeners.iter().position(|other| other.name == listener.name) {
            Some(place) => walk.paired(place, at, found),
            None => found.push(walk.existence(Kind::Added, new, at)),
        }
    }
    for (at, listener) in old.listeners.iter().enumerate() {
        if !new.listeners.iter().any(|other| other.name == listener.name) {
            found.push(walk.existence(Kind::Removed, old, at));
        }
    }
}

struct Walk<'a> {
    old: &'a Side,
    new: &'a Side,
    /// Pairs of route configurations that are compared already: several chains may ask for one.
    compared: BTreeSet<(usize, usize)>,
}

impl Walk<'_> {
    /// Requests for everything behind a chain.
    fn requests(&self, side: &Side, listener: usize, chain: usize) -> Vec<Request> {
        let bases = witness::connections(side, listener, chain);
        let routes = side.listeners.get(listener).and_then(|it| side.routes_of(it.chains.get(chain)?));
        let mut requests = Vec::new();
        for host in routes.iter().flat_map(|routes| &routes.hosts).take(20) {
            let Some(domain) = host.domains.iter().min_by_key(|domain| domain.len()) else { continue };
            for base in &bases {
                let base = Request { host: witness::host_of(domain), ..base.clone() };
                requests.extend(host.routes.iter().take(5).flat_map(|route| sample::requests(&base, &[&route.read])));
                requests.push(base);
            }
        }
        if requests.is_empty() { bases } else { requests }
    }

    fn existence(&self, kind: Kind, side: &Side, at: usize) -> Change {
        let Some(listener) = side.listeners.get(at) else {
            return Change::new(kind, Object::Listener, String::new(), Topic::Existence);
        };
        let chains = listener.chains.len();
        let candidates = (0..chains.min(5)).flat_map(|chain| self.requests(side, at, chain)).collect();
        let content = format!("{chains} filter chain{}", if chains == 1 { "" } else { "s" });
        let witness = witness::find(self.old, self.new, candidates, Topic::Existence);
        let change = Change::new(kind, Object::Listener, listener.name.clone(), Topic::Existence);
        let origins = listener.origins.clone();
        match kind {
            Kind::Removed => Change { old: Some(content), old_origins: origins, witness, ..change },
            _ => Change { new: Some(content), new_origins: origins, witness, ..change },
        }
    }

    fn paired(&mut self, old_at: usize, new_at: usize, found: &mut Vec<Change>) {
        let (Some(before), Some(after)) = (self.old.listeners.get(old_at), self.new.listeners.get(new_at)) else {
            return;
        };
        let nothing = &|_: Topic| (None, None);
        for (topic, old, new) in by_topic(Object::Listener, &fields(&before.fields, &after.fields), nothing) {
            let candidates = (0..after.chains.len().min(5)).flat_map(|chain| self.requests(self.new, new_at, chain));
            found.push(Change {
                old,
                new,
                old_origins: before.origins.clone(),
                new_origins: after.origins.clone(),
                witness: witness::find(self.old, self.new, candidates.collect(), topic),
                ..Change::new(Kind::Changed, Object::Listener, after.name.clone(), topic)
            });
        }
        let pairs = pairs(before, after);
        for at in 0..after.chains.len() {
            match pairs.iter().find(|(_, new)| *new == at) {
                Some((old, _)) => self.chain((old_at, *old), (new_at, at), found),
                None => found.extend(self.chain_existence(Kind::Added, self.new, new_at, at)),
            }
        }
        for at in 0..before.chains.len() {
            if !pairs.iter().any(|(old, _)| *old == at) {
                found.extend(self.chain_existence(Kind::Removed, self.old, old_at, at));
            }
        }
    }

    fn chain_existence(&self, kind: Kind, side: &Side, listener: usize, at: usize) -> Option<Change> {
        let owner = side.listeners.get(listener)?;
        let chain = owner.chains.get(at)?;
        let candidates = self.requests(side, listener, at);
        let witness = witness::find(self.old, self.new, candidates, Topic::Existence);
        let content = Some(content(side, chain));
        let mut change = Change::new(kind, Object::FilterChain, title(chain), Topic::Existence);
        change.place = vec![format!("listener {}", owner.name)];
        let origins = chain.origins.clone();
        Some(match kind {
            Kind::Removed => Change { old: content, old_origins: origins, witness, ..change },
            _ => Change { new: content, new_origins: origins, witness, ..change },
        })
    }

    fn chain(&mut self, old_at: (usize, usize), new_at: (usize, usize), found: &mut Vec<Change>) {
        let get =
            |side: &'_ Side, at: (usize, usize)| side.listeners.get(at.0).and_then(|it| it.chains.get(at.1)).cloned();
        let (Some(before), Some(after)) = (get(self.old, old_at), get(self.new, new_at)) else { return };
        let listener = self.new.listeners.get(new_at.0).map(|it| it.name.clone()).unwrap_or_default();
        let place = vec![format!("listener {listener}")];
        let both = |walk: &Self| {
            let mut candidates = walk.requests(walk.old, old_at.0, old_at.1);
            candidates.extend(walk.requests(walk.new, new_at.0, new_at.1));
            candidates
        };
        let whole = |change: Change| Change {
            place: place.clone(),
            old_origins: before.origins.clone(),
            new_origins: after.origins.clone(),
            ..change
        };
        if before.matches != after.matches {
            let differing = fields(&before.matches, &after.matches);
            let text = differing.iter().map(super::fields::Field::text).collect::<Vec<_>>().join(", ");
            found.push(whole(Change {
                new: Some(text),
                witness: witness::find(self.old, self.new, both(self), Topic::Match),
                ..Change::new(Kind::Changed, Object::FilterChain, title(&after), Topic::Match)
            }));
        }
        let tcp = |topic: Topic| match topic {
            Topic::Destination => (tcp_destination(&before), tcp_destination(&after)),
            _ => (None, None),
        };
        for (topic, old, new) in by_topic(Object::FilterChain, &fields(&before.fields, &after.fields), &tcp) {
            found.push(whole(Change {
                old,
                new,
                witness: witness::find(self.old, self.new, both(self), topic),
                ..Change::new(Kind::Changed, Object::FilterChain, title(&after), topic)
            }));
        }
        let (Some(a), Some(b)) = (before.routes, after.routes) else { return };
        let (Some(old_routes), Some(new_routes)) = (self.old.routes.get(a), self.new.routes.get(b)) else { return };
        if self.compared.insert((a, b)) {
            let mut bases = witness::connections(self.new, new_at.0, new_at.1);
            bases.extend(witness::connections(self.old, old_at.0, old_at.1));
            bases.dedup();
            let mut place = place.clone();
            if after.matches.as_object().is_some_and(|it| !it.is_empty()) {
                place.push(format!("filter chain {}", title(&after)));
            }
            hosts::compare(&Hosts { old: self.old, new: self.new, place, bases }, old_routes, new_routes, found);
        }
    }
}

/// Chains that are the same: with the same match, then with the most that both ask for.
fn pairs(old: &Listener, new: &Listener) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut old_left: Vec<usize> = (0..old.chains.len()).collect();
    let mut new_left: Vec<usize> = (0..new.chains.len()).collect();
    let both = |a: usize, b: usize| old.chains.get(a).zip(new.chains.get(b));
    new_left.retain(|at| {
        let same = |place: &usize| both(*place, *at).is_some_and(|(a, b)| a.matches == b.matches);
        let Some(found) = old_left.iter().position(same) else { return true };
        pairs.push((old_left.remove(found), *at));
        false
    });
    new_left.retain(|at| {
        let closeness = |place: usize| both(place, *at).map_or(0, |(a, b)| closeness(a, b));
        let best = old_left.iter().enumerate().max_by_key(|(_, place)| closeness(**place));
        match best.map(|(found, place)| (found, closeness(*place))) {
            Some((found, 1..)) => {
                pairs.push((old_left.remove(found), *at));
                false
            }
            _ => true,
        }
    });
    pairs
}

/// How alike two chains are whose matches differ: server names that both take, and the routes they ask for.
fn closeness(a: &Chain, b: &Chain) -> usize {
    let names = |chain: &Chain| -> Vec<String> {
        let list = chain.matches.get("server_names").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
    };
    let others = |chain: &Chain| {
        let mut matches = chain.matches.clone();
        if let Some(fields) = matches.as_object_mut() {
            fields.shift_remove("server_names");
        }
        matches
    };
    if others(a) != others(b) {
        return 0;
    }
    let of_b = names(b);
    let common = names(a).iter().filter(|name| of_b.contains(name)).count();
    common + usize::from(a.rds.is_some() && a.rds == b.rds)
}

/// What a person calls a chain: what it takes.
fn title(chain: &Chain) -> String {
    let Some(fields) = chain.matches.as_object() else { return "any".to_owned() };
    let part = |(key, value): (&String, &Value)| {
        let list = |items: &Vec<Value>| items.iter().map(short).collect::<Vec<_>>().join(" ");
        let text = match (key.as_str(), value) {
            ("prefix_ranges", Value::Array(ranges)) => {
                let one = |range: &Value| {
                    let address = range.get("address_prefix").map(short).unwrap_or_default();
                    let bits = range.get("prefix_len").map(Value::to_string).unwrap_or_else(|| "0".to_owned());
                    format!("{address}/{bits}")
                };
                ranges.iter().map(one).collect::<Vec<_>>().join(" ")
            }
            (_, Value::Array(items)) => list(items),
            (_, value) => short(value),
        };
        let key = match key.as_str() {
            "server_names" => "SNI",
            "application_protocols" => "ALPN",
            "transport_protocol" => "transport",
            "destination_port" => "port",
            "prefix_ranges" => "address",
            key => key,
        };
        format!("{key} {text}")
    };
    if fields.is_empty() { "any".to_owned() } else { fields.iter().map(part).collect::<Vec<_>>().join(", ") }
}

fn tcp_destination(chain: &Chain) -> Option<String> {
    let filters = chain.fields.get("filters")?.as_array()?;
    let proxy = filters.iter().find_map(|filter| {
        let config = filter.get("typed_config")?;
        (config.get("cluster").is_some() || config.get("weighted_clusters").is_some()).then_some(config)
    })?;
    action::text(Topic::Destination, &serde_json::json!({ "route": proxy }))
}

/// What a chain leads to.
fn content(side: &Side, chain: &Chain) -> String {
    let tls = if chain.fields.get("transport_socket").is_some() { "TLS, " } else { "" };
    match (side.routes_of(chain), tcp_destination(chain)) {
        (Some(routes), _) => {
            let domains: Vec<&str> =
                routes.hosts.iter().flat_map(|host| host.domains.first()).map(String::as_str).collect();
            format!("{tls}HTTP for {}", domains.join(", "))
        }
        (None, Some(destination)) => format!("{tls}TCP to {destination}"),
        (None, None) => format!("{tls}no routes"),
    }
}
