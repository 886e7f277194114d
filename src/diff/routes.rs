//! Routes of a virtual host: the same match is the same route, and order counts where two can take one request.

use std::collections::BTreeSet;

use super::action;
use super::answer::Answer;
use super::change::{Change, Kind, Object, Witness};
use super::fields::{Field, fields};
use super::hosts::Hosts;
use super::matches;
use super::model::{Host, Route};
use super::sample;
use super::topic::{Topic, topic};
use super::witness;
use crate::simulate::Request;
use crate::simulate::config::route::RouteMatch;

/// The routes of two virtual hosts that are the same one.
pub(super) struct Routes<'a> {
    /// Where they are.
    pub hosts: &'a Hosts<'a>,
    pub old: &'a Host,
    pub new: &'a Host,
    /// What they are part of.
    pub place: Vec<String>,
    /// Requests for the host, one for each way to it.
    pub bases: Vec<Request>,
}

/// Adds what changes.
pub(super) fn compare(routes: &Routes<'_>, found: &mut Vec<Change>) {
    let pairs = pairs(&routes.old.routes, &routes.new.routes);
    for (at, route) in routes.new.routes.iter().enumerate() {
        match pairs.iter().find(|(_, new)| *new == at) {
            Some((old, _)) => {
                if let Some(old) = routes.old.routes.get(*old) {
                    routes.changed(old, route, found);
                }
            }
            None => routes.added(at, route, found),
        }
    }
    for (at, route) in routes.old.routes.iter().enumerate() {
        if !pairs.iter().any(|(old, _)| *old == at) {
            routes.removed(at, route, found);
        }
    }
    routes.moved(&pairs, found);
    routes.shadows(&pairs, found);
}

/// The places of routes that are the same: with the same match, and of those that are left with the
/// same name or action, in order.
fn pairs(old: &[Route], new: &[Route]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut old_left, mut new_left): (Vec<usize>, Vec<usize>) = ((0..old.len()).collect(), (0..new.len()).collect());
    let mut pair = |same: &dyn Fn(&Route, &Route) -> bool| {
        new_left.retain(|at| {
            let fits = |place: &usize| old.get(*place).zip(new.get(*at)).is_some_and(|(a, b)| same(a, b));
            let Some(found) = old_left.iter().position(fits) else { return true };
            pairs.push((old_left.remove(found), *at));
            false
        });
    };
    pair(&|a, b| a.matches == b.matches && a.fields == b.fields);
    pair(&|a, b| a.matches == b.matches && a.name == b.name);
    pair(&|a, b| a.matches == b.matches);
    pair(&|a, b| !a.name.is_empty() && a.name == b.name);
    pairs.sort_by_key(|(_, new)| *new);
    pairs
}

/// What a person calls a route.
fn title(route: &Route) -> String {
    let matches = matches::text(&route.read);
    if route.name.is_empty() { matches } else { format!("{matches} ({})", route.name) }
}

impl Routes<'_> {
    fn change(&self, kind: Kind, name: String, topic: Topic) -> Change {
        Change { place: self.place.clone(), ..Change::new(kind, Object::Route, name, topic) }
    }

    /// Requests that fit all of these, on every way to the host.
    fn requests(&self, wanted: &[&RouteMatch]) -> Vec<Request> {
        self.bases.iter().flat_map(|base| sample::requests(base, wanted)).collect()
    }

    /// A request that fits `wanted`, or one that another route takes as well, because that may be the difference.
    fn witness(&self, wanted: &[&RouteMatch], topic: Topic) -> Witness {
        witness::find(self.hosts.old, self.hosts.new, self.requests(wanted), topic)
    }

    fn added(&self, at: usize, route: &Route, found: &mut Vec<Change>) {
        let shadow = covering(&self.new.routes, at);
        let mut witness = self.witness(&[&route.read], Topic::Existence);
        if let (Witness::None { why }, Some(shadow)) = (&mut witness, shadow) {
            *why = format!("the earlier route `{}` takes all of its requests", title(shadow));
        }
        found.push(Change {
            new: action::text(Topic::Destination, &route.fields),
            new_origins: route.origins.clone(),
            witness,
            ..self.change(Kind::Added, title(route), Topic::Existence)
        });
    }

    fn removed(&self, at: usize, route: &Route, found: &mut Vec<Change>) {
        let shadow = covering(&self.old.routes, at);
        let mut witness = self.witness(&[&route.read], Topic::Existence);
        if let (Witness::None { why }, Some(shadow)) = (&mut witness, shadow) {
            *why = format!("the earlier route `{}` took all of its requests", title(shadow));
        }
        found.push(Change {
            old: action::text(Topic::Destination, &route.fields),
            old_origins: route.origins.clone(),
            witness,
            ..self.change(Kind::Removed, title(route), Topic::Existence)
        });
    }

    fn changed(&self, old: &Route, new: &Route, found: &mut Vec<Change>) {
        let origins =
            |change: Change| Change { old_origins: old.origins.clone(), new_origins: new.origins.clone(), ..change };
        if old.matches != new.matches {
            let mut candidates = self.requests(&[&old.read]);
            candidates.extend(self.requests(&[&new.read]));
            found.push(origins(Change {
                old: Some(matches::text(&old.read)),
                new: Some(matches::text(&new.read)),
                witness: witness::find(self.hosts.old, self.hosts.new, candidates, Topic::Match),
                ..self.change(Kind::Changed, title(new), Topic::Match)
            }));
        }
        for (topic, old_text, new_text) in by_topic(Object::Route, &fields(&old.fields, &new.fields), &|topic| {
            (action::text(topic, &old.fields), action::text(topic, &new.fields))
        }) {
            let mut candidates = self.requests(&[&new.read]);
            candidates.extend(sample::with_headers(&candidates, topic, [&old.fields, &new.fields]));
            found.push(origins(Change {
                old: old_text,
                new: new_text,
                witness: witness::find(self.hosts.old, self.hosts.new, candidates, topic),
                ..self.change(Kind::Changed, title(new), topic)
            }));
        }
    }

    /// Routes that changed places with others that can take the same request and do something else.
    fn moved(&self, pairs: &[(usize, usize)], found: &mut Vec<Change>) {
        let kept = longest_in_order(pairs);
        for (at, (old_at, new_at)) in pairs.iter().enumerate().filter(|(at, _)| !kept.contains(at)) {
            let (Some(before), Some(after)) = (self.old.routes.get(*old_at), self.new.routes.get(*new_at)) else {
                continue;
            };
            let mut passed: Vec<&Route> = Vec::new();
            let mut forward = false;
            let mut witness = Witness::None { why: "no request is known that both of them take".to_owned() };
            for (other, (old_other, new_other)) in pairs.iter().enumerate().filter(|(other, _)| *other != at) {
                // Two that both moved are said once.
                let said = !kept.contains(&other) && other < at;
                if (old_other < old_at) == (new_other < new_at) || said {
                    continue;
                }
                let Some(one) = self.new.routes.get(*new_other) else { continue };
                if one.fields == after.fields || matches::disjoint(&one.read, &after.read) {
                    continue;
                }
                forward = new_at < new_other;
                passed.push(one);
                if matches!(witness, Witness::None { .. }) {
                    let (first, second) = if forward { (old_other, new_at) } else { (old_at, new_other) };
                    let holds =
                        |before: &Answer, after: &Answer| before.route == Some(*first) && after.route == Some(*second);
                    let candidates = self.requests(&[&after.read, &one.read]);
                    let topic = Topic::Existence;
                    let known = witness::find_where(self.hosts.old, self.hosts.new, candidates, topic, &holds);
                    if matches!(known, Witness::Request(_)) {
                        witness = known;
                    }
                }
            }
            let Some(first) = passed.first() else { continue };
            let more = if passed.len() > 1 { format!(" and {} more", passed.len() - 1) } else { String::new() };
            let (was, is) = if forward { ("after", "before") } else { ("before", "after") };
            found.push(Change {
                old: Some(format!("{was} `{}`{more}", title(first))),
                new: Some(format!("{is} `{}`{more}", title(first))),
                old_origins: before.origins.clone(),
                new_origins: after.origins.clone(),
                witness,
                ..self.change(Kind::Moved, title(after), Topic::Existence)
            });
        }
    }

    /// Routes that an earlier one took everything of on one side only.
    fn shadows(&self, pairs: &[(usize, usize)], found: &mut Vec<Change>) {
        for (old, new) in pairs {
            let (Some(before), Some(after)) = (self.old.routes.get(*old), self.new.routes.get(*new)) else { continue };
            let (was, is) = (covering(&self.old.routes, *old), covering(&self.new.routes, *new));
            let (kind, other) = match (was, is) {
                (None, Some(other)) => (Kind::Shadowed, other),
                (Some(other), None) => (Kind::Reachable, other),
                _ => continue,
            };
            let text = Some(format!("behind `{}`", title(other)));
            let (old, new) = if kind == Kind::Shadowed { (None, text) } else { (text, None) };
            found.push(Change {
                old,
                new,
                old_origins: before.origins.clone(),
                new_origins: after.origins.clone(),
                witness: self.witness(&[&after.read, &other.read], Topic::Existence),
                ..self.change(kind, title(after), Topic::Existence)
            });
        }
    }
}

/// The places in `pairs` of a longest part that has the same order on both sides: the others moved.
fn longest_in_order(pairs: &[(usize, usize)]) -> BTreeSet<usize> {
    // The last pair of the best part of each length, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let old = |at: usize| pairs.get(at).map(|(old, _)| *old);
    for at in 0..pairs.len() {
        let length = ends.partition_point(|end| old(*end) < old(at));
        before.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut kept = BTreeSet::new();
    let mut at = ends.last().copied();
    while let Some(one) = at {
        kept.insert(one);
        at = before.get(one).copied().flatten();
    }
    kept
}

/// The first route before the one at `at` that takes all of its requests.
fn covering(routes: &[Route], at: usize) -> Option<&Route> {
    let route = routes.get(at)?;
    routes.iter().take(at).find(|earlier| matches::covers(earlier, route))
}

/// What differs, one entry a topic, in words: `text` says what a topic is on both sides, and where that is
/// the same or nothing, the fields do.
pub(super) fn by_topic(
    object: Object,
    differing: &[Field],
    text: &dyn Fn(Topic) -> (Option<String>, Option<String>),
) -> Vec<(Topic, Option<String>, Option<String>)> {
    let mut topics: Vec<Topic> = differing.iter().map(|field| topic(object, field)).collect();
    topics.sort();
    topics.dedup();
    // What a route is called in traces follows from where it goes.
    if topics.len() > 1 {
        topics.retain(|topic| *topic != Topic::Telemetry || object != Object::Route);
    }
    let one = |topic_of: Topic| {
        let (old, new) = text(topic_of);
        if old != new {
            return (topic_of, old, new);
        }
        let of_it = differing.iter().filter(|field| topic(object, field) == topic_of);
        (topic_of, None, Some(of_it.map(Field::text).collect::<Vec<_>>().join(", ")))
    };
    topics.into_iter().map(one).collect()
}
