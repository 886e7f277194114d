//! What becomes of a mapping's entries: string keys, each once, merges filled in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base::{Diagnostic, FileId, Location};

use super::node::{Kind, Node};
use super::scalar::{float_key, shorten};

type Entry<'src> = (Node<'src>, Node<'src>);

/// A key as Kubernetes has it in JSON: scalars become strings, others are refused
/// (`sigs.k8s.io/yaml: convertToJSONableObject`).
pub(super) fn key(file: FileId, node: Node<'_>) -> Result<Node<'_>, Box<Diagnostic>> {
    let text = match node.kind {
        Kind::Str(text) => text,
        Kind::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Kind::Int(value) => Cow::Owned(value.to_string()),
        Kind::Float(value) => Cow::Owned(float_key(value)),
        Kind::Null | Kind::UInt(_) | Kind::Seq(_) | Kind::Map(_) => {
            let message = format!("{} cannot be a key", node.kind.noun());
            let diagnostic = Diagnostic::error("bad-key", Location::Span(node.span(file)), message);
            return Err(Box::new(diagnostic.help("put the key in quotes if it is meant as text")));
        }
    };
    Ok(Node { start: node.start, end: node.end, kind: Kind::Str(text) })
}

/// The entries with every key once, the last value at the place of the first. Repeated keys are
/// errors: Kubernetes' strict decoding refuses them, its lax one drops all but the last.
pub(super) fn unique<'src>(
    file: FileId,
    mut entries: Vec<Entry<'src>>,
    report: &mut impl FnMut(Diagnostic),
) -> Vec<Entry<'src>> {
    let repeats = repeated(&entries);
    if repeats.is_empty() {
        return entries;
    }
    for (first, again) in &repeats {
        if let (Some((first, _)), Some((key, _))) = (entries.get(*first), entries.get(*again)) {
            report(duplicate(file, first, key));
        }
    }
    for (first, again) in &repeats {
        if let Ok([first, again]) = entries.get_disjoint_mut([*first, *again]) {
            std::mem::swap(first, again);
        }
    }
    let dropped: Vec<usize> = repeats.into_iter().map(|(_, again)| again).collect();
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        dropped.binary_search(&(at - 1)).is_err()
    });
    entries
}

/// Whether a key is in a mapping twice.
pub(super) fn has_repeats(entries: &[Entry<'_>]) -> bool {
    !repeated(entries).is_empty()
}

/// Positions of repeated keys, each with that of the key's first occurrence, in the order written.
/// Small mappings are compared pair by pair, large ones are sorted.
fn repeated(entries: &[Entry<'_>]) -> Vec<(usize, usize)> {
    const SMALL: usize = 16;
    let name = |at: usize| entries.get(at).and_then(|(key, _)| key.as_str());
    let mut repeats = Vec::new();
    if entries.len() <= SMALL {
        for again in 1..entries.len() {
            if let Some(first) = (0..again).find(|first| name(*first) == name(again)) {
                repeats.push((first, again));
            }
        }
        return repeats;
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|one, other| name(*one).cmp(&name(*other)).then(one.cmp(other)));
    let mut first = 0;
    for (before, at) in order.iter().zip(order.iter().skip(1)) {
        if name(*before) != name(*at) {
            continue;
        }
        if repeats.last().is_none_or(|(_, again)| again != before) {
            first = *before;
        }
        repeats.push((first, *at));
    }
    repeats.sort_by_key(|(_, again)| *again);
    repeats
}

fn duplicate(file: FileId, first: &Node<'_>, again: &Node<'_>) -> Diagnostic {
    let name = shorten(again.as_str().unwrap_or_default());
    Diagnostic::error("duplicate-key", Location::Span(again.span(file)), format!("`{name}` is set twice"))
        .labelled("set again here")
        .related(Location::Span(first.span(file)), "first set here")
        .help("keep one of them: Kubernetes refuses both, or takes the last one silently")
}

/// The entries with the mappings of their `<<` keys filled in, as `go.yaml.in/yaml/v2` does: in the
/// order written, so that a merge also overrides the keys **above** it, and of a list of mappings
/// the first wins. `merges` are the positions of the `<<` keys.
pub(super) fn merged<'src>(
    file: FileId,
    entries: Vec<Entry<'src>>,
    merges: &[usize],
    report: &mut impl FnMut(Diagnostic),
) -> Vec<Entry<'src>> {
    let mut places: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    let mut result: Vec<Entry<'src>> = Vec::new();
    let mut put = |entry: Entry<'src>, merge: bool, report: &mut dyn FnMut(Diagnostic)| {
        let name = entry.0.as_str().unwrap_or_default();
        let Some((place, merged)) = places.get_mut(name) else {
            places.insert(name.to_owned(), (result.len(), merge));
            result.push(entry);
            return;
        };
        if let Some(old) = result.get_mut(*place) {
            match (*merged, merge) {
                (false, false) => report(duplicate(file, &old.0, &entry.0)),
                (false, true) => report(overridden(file, &old.0, &entry.0)),
                (true, _) => {}
            }
            *old = entry;
            *merged = merge;
        }
    };
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if merges.binary_search(&at).is_err() {
            put((key, value), false, report);
            continue;
        }
        let is_alias = value.start < key.start;
        let span = value.span(file);
        let mappings = match value.kind {
            Kind::Map(entries) => vec![Kind::Map(entries)],
            Kind::Seq(elements) if !is_alias => elements.into_iter().map(|node| node.kind).collect(),
            other => vec![other],
        };
        for mapping in mappings.into_iter().rev() {
            match mapping {
                Kind::Map(entries) => entries.into_iter().for_each(|entry| put(entry, true, report)),
                _ => report(
                    Diagnostic::error("bad-merge", Location::Span(span), "`<<` needs a mapping or a list of mappings")
                        .help("put `<<` in quotes if it is meant as a key"),
                ),
            }
        }
    }
    result
}

fn overridden(file: FileId, key: &Node<'_>, merged: &Node<'_>) -> Diagnostic {
    let name = shorten(key.as_str().unwrap_or_default());
    let message = format!("the `<<` below replaces the value of `{name}`");
    Diagnostic::warning("merge-overrides-key", Location::Span(key.span(file)), message)
        .related(Location::Span(merged.span(file)), "the merged value")
        .help("Kubernetes' parser lets the later one win: move `<<` to the top of the mapping")
}
