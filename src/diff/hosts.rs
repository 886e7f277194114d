//! Virtual hosts: which domains they take, and what is the same for all of their routes.

use super::action;
use super::change::{Change, Kind, Object};
use super::fields::fields;
use super::model::{Host, Routes, Side};
use super::routes::{self, by_topic};
use super::sample;
use super::topic::Topic;
use super::witness;
use crate::simulate::Request;

/// The routes that one filter chain has on both sides.
pub(super) struct Hosts<'a> {
    pub old: &'a Side,
    pub new: &'a Side,
    /// What they are part of.
    pub place: Vec<String>,
    /// Connections that lead there, without a host.
    pub bases: Vec<Request>,
}

/// So many domains of a virtual host are tried and shown.
const DOMAINS: usize = 3;

/// Adds what changes.
pub(super) fn compare(hosts: &Hosts<'_>, old: &Routes, new: &Routes, found: &mut Vec<Change>) {
    for (topic, before, after) in by_topic(Object::RouteConfiguration, &fields(&old.fields, &new.fields), &|topic| {
        (action::text(topic, &old.fields), action::text(topic, &new.fields))
    }) {
        let candidates = new.hosts.iter().take(DOMAINS).flat_map(|host| hosts.to_routes(host)).collect();
        found.push(Change {
            old: before,
            new: after,
            witness: witness::find(hosts.old, hosts.new, candidates, topic),
            ..hosts.change(Kind::Changed, Object::RouteConfiguration, new.name.clone(), topic)
        });
    }
    let pairs = pairs(&old.hosts, &new.hosts);
    for (at, host) in new.hosts.iter().enumerate() {
        match pairs.iter().find(|(_, new)| *new == at).and_then(|(place, _)| old.hosts.get(*place)) {
            Some(before) => hosts.paired(before, host, old, new, found),
            None => hosts.appeared(host, old, found),
        }
    }
    for (at, host) in old.hosts.iter().enumerate() {
        if !pairs.iter().any(|(place, _)| *place == at) {
            hosts.vanished(host, new, found);
        }
    }
}

/// The places of virtual hosts that are the same: by name, then by the most domains that both take.
fn pairs(old: &[Host], new: &[Host]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut old_left, mut new_left): (Vec<usize>, Vec<usize>) = ((0..old.len()).collect(), (0..new.len()).collect());
    let common = |a: usize, b: usize| {
        let both = old.get(a).zip(new.get(b));
        both.map_or(0, |(a, b)| a.domains.iter().filter(|domain| b.domains.contains(domain)).count())
    };
    let named = |a: usize, b: usize| old.get(a).zip(new.get(b)).is_some_and(|(a, b)| a.name == b.name);
    new_left.retain(|at| {
        let Some(found) = old_left.iter().position(|place| named(*place, *at)) else { return true };
        pairs.push((old_left.remove(found), *at));
        false
    });
    new_left.retain(|at| {
        let best = old_left.iter().enumerate().max_by_key(|(_, place)| common(**place, *at));
        match best.map(|(found, place)| (found, common(*place, *at))) {
            Some((found, 1..)) => {
                pairs.push((old_left.remove(found), *at));
                false
            }
            _ => true,
        }
    });
    pairs
}

/// The virtual host that takes the domain as it is written.
fn owner<'a>(routes: &'a Routes, domain: &str) -> Option<&'a Host> {
    routes.hosts.iter().find(|host| host.domains.iter().any(|one| one == domain))
}

/// `reviews.shop.svc.cluster.local and 5 more`.
fn title(domains: &[&String]) -> String {
    // The full name says most.
    let longest = domains.iter().max_by_key(|domain| (domain.len(), std::cmp::Reverse(*domain)));
    match (longest, domains.len()) {
        (None, _) => "(no host)".to_owned(),
        (Some(domain), 1) => (*domain).clone(),
        (Some(domain), count) => format!("{domain} and {} more", count - 1),
    }
}

/// What a person calls a virtual host.
fn name(host: &Host) -> String {
    let domains: Vec<&String> = host.domains.iter().collect();
    match host.domains.len() {
        1 => title(&domains),
        _ if host.name.is_empty() => title(&domains),
        _ => host.name.clone(),
    }
}

impl Hosts<'_> {
    fn change(&self, kind: Kind, object: Object, name: String, topic: Topic) -> Change {
        Change { place: self.place.clone(), ..Change::new(kind, object, name, topic) }
    }

    /// Requests for these domains, on every connection.
    fn to_domains(&self, domains: &[&String]) -> Vec<Request> {
        let mut domains: Vec<&String> = domains.to_vec();
        domains.sort_by_key(|domain| domain.len());
        let with = |domain: &&String, base: &Request| {
            let host = witness::host_of(domain);
            let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).to_owned();
            // A gateway may compare both names; a chain that asks for one has it already.
            let sni = base.sni.clone().or_else(|| (base.tls != crate::simulate::Tls::Plaintext).then_some(name));
            Request { host, sni, ..base.clone() }
        };
        domains.iter().take(DOMAINS).flat_map(|domain| self.bases.iter().map(move |base| with(domain, base))).collect()
    }

    /// Requests for the routes of a virtual host.
    fn to_routes(&self, host: &Host) -> Vec<Request> {
        let domains: Vec<&String> = host.domains.iter().collect();
        self.requests(host, &domains)
    }

    fn requests(&self, host: &Host, domains: &[&String]) -> Vec<Request> {
        let bases = self.to_domains(domains);
        let routes = host.routes.iter().take(20);
        let mut found: Vec<Request> =
            routes.flat_map(|route| bases.iter().flat_map(|base| sample::requests(base, &[&route.read]))).collect();
        found.extend(bases);
        found
    }

    fn paired(&self, before: &Host, host: &Host, old: &Routes, new: &Routes, found: &mut Vec<Change>) {
        let differs = |a: &crate::diff::model::Route, b: &crate::diff::model::Route| {
            a.matches != b.matches || a.fields != b.fields
        };
        let same = before.domains == host.domains
            && before.fields == host.fields
            && before.routes.len() == host.routes.len()
            && !before.routes.iter().zip(&host.routes).any(|(a, b)| differs(a, b));
        if same {
            return;
        }
        let gained: Vec<&String> = host.domains.iter().filter(|domain| !before.domains.contains(domain)).collect();
        let lost: Vec<&String> = before.domains.iter().filter(|domain| !host.domains.contains(domain)).collect();
        self.domains(host, &gained, old, Kind::Added, found);
        // What another virtual host took is said there.
        let lost: Vec<&String> = lost.into_iter().filter(|domain| owner(new, domain).is_none()).collect();
        self.domains(before, &lost, new, Kind::Removed, found);
        let mut differing = fields(&before.fields, &host.fields);
        differing.retain(|field| field.path.first().is_none_or(|key| key != "name"));
        for (topic, old_text, new_text) in by_topic(Object::Host, &differing, &|topic| {
            (action::text(topic, &before.fields), action::text(topic, &host.fields))
        }) {
            found.push(Change {
                old: old_text,
                new: new_text,
                old_origins: before.origins.clone(),
                new_origins: host.origins.clone(),
                witness: witness::find(self.old, self.new, self.to_routes(host), topic),
                ..self.change(Kind::Changed, Object::Host, name(host), topic)
            });
        }
        let common: Vec<&String> = host.domains.iter().filter(|domain| before.domains.contains(domain)).collect();
        let mut place = self.place.clone();
        place.push(format!("host {}", name(host)));
        let routes = routes::Routes { hosts: self, old: before, new: host, place, bases: self.to_domains(&common) };
        routes::compare(&routes, found);
    }

    /// Domains that `host` has on its side only; `other` is the other side.
    fn domains(&self, host: &Host, domains: &[&String], other: &Routes, kind: Kind, found: &mut Vec<Change>) {
        let (moved, fresh): (Vec<&String>, Vec<&String>) =
            domains.iter().partition(|domain| owner(other, domain).is_some());
        if !fresh.is_empty() {
            found.push(self.existence(kind, host, &fresh));
        }
        for domain in moved {
            let from = owner(other, domain).map(name).unwrap_or_default();
            found.push(Change {
                old: Some(from),
                new: Some(name(host)),
                topic: Topic::Match,
                ..self.existence(Kind::Moved, host, &[domain])
            });
        }
    }

    fn existence(&self, kind: Kind, host: &Host, domains: &[&String]) -> Change {
        let routes = host.routes.len();
        let first = host.routes.first().and_then(|route| action::text(Topic::Destination, &route.fields));
        let content = match (routes, first) {
            (1, Some(first)) => first,
            (1, None) => "1 route".to_owned(),
            (count, Some(first)) => format!("{count} routes, the first to {first}"),
            (count, None) => format!("{count} routes"),
        };
        let witness = witness::find(self.old, self.new, self.requests(host, domains), Topic::Existence);
        let change = self.change(kind, Object::Host, title(domains), Topic::Existence);
        match kind {
            Kind::Removed => Change { old: Some(content), old_origins: host.origins.clone(), witness, ..change },
            _ => Change { new: Some(content), new_origins: host.origins.clone(), witness, ..change },
        }
    }

    fn appeared(&self, host: &Host, old: &Routes, found: &mut Vec<Change>) {
        let domains: Vec<&String> = host.domains.iter().collect();
        self.domains(host, &domains, old, Kind::Added, found);
    }

    fn vanished(&self, host: &Host, new: &Routes, found: &mut Vec<Change>) {
        let gone: Vec<&String> = host.domains.iter().filter(|domain| owner(new, domain).is_none()).collect();
        if !gone.is_empty() {
            found.push(self.existence(Kind::Removed, host, &gone));
        }
    }
}
