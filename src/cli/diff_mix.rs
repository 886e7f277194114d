//! What fails while the objects of a change are applied one by one.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::diff_input::{Form, Manifests};
use crate::diff::Side;
use crate::diff::gap::{Gap, gaps};
use crate::diff::plan::Written;
use crate::diff::risk::Place;
use crate::proxy::Proxy;
use crate::simulate::Request;

/// So many objects are tried one by one; each of them is a mesh of its own.
pub(super) const TRIED: usize = 24;

/// A proxy whose configuration changes.
pub(super) struct Changing<'a> {
    /// As the old mesh has it.
    pub proxy: &'a Proxy,
    /// Its sides.
    pub sides: [&'a Side; 2],
    /// Requests that show what changes.
    pub requests: Vec<Request>,
}

/// The objects that differ.
pub(super) fn changed<'a>(old: &'a [Written], new: &'a [Written]) -> Vec<&'a Written> {
    let same = |a: &Written, b: &Written| a.kind == b.kind && a.namespace == b.namespace && a.name == b.name;
    let differs = |one: &&Written| !old.iter().any(|other| same(one, other) && one.content == other.content);
    let gone = old.iter().filter(|one| !new.iter().any(|other| same(one, other)));
    new.iter().filter(differs).chain(gone).collect()
}

/// What fails where one of `changed` is applied before all others.
pub(super) fn single(inputs: [&Manifests<'_>; 2], changed: &[&Written], proxies: &[Changing<'_>]) -> Vec<Gap> {
    let [old, new] = inputs;
    let one = |object: &&Written| -> Vec<Gap> {
        let Some(mixed) = old.with(object, new) else { return Vec::new() };
        let place = Place {
            resource: match object.namespace.as_str() {
                "" => format!("{} {}", object.kind, object.name),
                namespace => format!("{} {namespace}/{}", object.kind, object.name),
            },
            file: object.file.clone(),
            line: object.line,
            path: String::new(),
        };
        let of_proxy = |changing: &Changing<'_>| {
            let compiled = mixed.compile(changing.proxy, &Form::Xds);
            let between = mixed.side(&compiled).ok();
            between.map(|between| gaps(changing.sides, &between, &place, &changing.requests)).unwrap_or_default()
        };
        proxies.iter().flat_map(of_proxy).collect()
    };
    let found: BTreeSet<Gap> = changed.par_iter().flat_map_iter(one).collect();
    found.into_iter().collect()
}
