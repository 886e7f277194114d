//! What fails while the objects of a change are applied one by one.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::diff_input::{Form, Manifests};
use crate::diff::gap::{Answered, Gap, gaps};
use crate::diff::plan::Written;
use crate::diff::risk::Place;
use crate::proxy::Proxy;
use crate::simulate::Configuration;

/// So many objects are tried one by one; each of them is a mesh of its own.
pub(super) const TRIED: usize = 24;

/// A proxy whose configuration changes.
pub(super) struct Changing<'a> {
    /// As the old mesh has it.
    pub proxy: &'a Proxy,
    /// Its configuration on both sides, as [`Manifests::compile`] gives it.
    pub texts: [&'a str; 2],
    /// Requests that both sides answer, and that show what changes.
    pub requests: Vec<Answered>,
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
    let proxies: Vec<&Changing<'_>> = proxies.iter().filter(|changing| !changing.requests.is_empty()).collect();
    if proxies.is_empty() {
        return Vec::new();
    }
    let one = |object: &&Written| -> Vec<Gap> {
        let mixed = old.with(object, new);
        let place = Place {
            resource: match object.namespace.as_str() {
                "" => format!("{} {}", object.kind, object.name),
                namespace => format!("{} {namespace}/{}", object.kind, object.name),
            },
            file: object.file.clone(),
            line: object.line,
            path: String::new(),
        };
        let of_proxy = |changing: &&Changing<'_>| {
            let compiled = mixed.compile(changing.proxy, &Form::Xds);
            // What is as before or as after answers all of them.
            if changing.texts.contains(&compiled.text.as_str()) {
                return Vec::new();
            }
            let between = Configuration::from_own(&compiled.text).ok();
            between.map(|between| gaps(&between, &place, &changing.requests)).unwrap_or_default()
        };
        proxies.iter().flat_map(of_proxy).collect()
    };
    let found: BTreeSet<Gap> = changed.par_iter().flat_map_iter(one).collect();
    found.into_iter().collect()
}
