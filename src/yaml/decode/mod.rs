//! Trees → serde types, without stopping at a fault.
//!
//! - An unknown field is reported at its key and skipped.
//! - A value of the wrong type is reported and its zero value taken (`""`, 0, `false`, empty).
//! - `null` is an absent field, as in proto JSON, and an absent entry; as an element it is reported, and
//!   the zero value.
//! - An unknown name of an enum is reported and the first variant taken.
//! - When a type's own `Deserialize` refuses a value (`Error::custom`), that message is reported and
//!   the nearest field or element around the value is left out.
//!
//! Enums with contents are read from `{variant: content}`, so that a proto `oneof` is a plain enum.
//! Every field needs `#[serde(default)]`; `flatten` and `untagged` would hide the field names that
//! the first rule needs.

mod access;
mod deserializer;
mod error;
#[cfg(test)]
mod tests;
mod wording;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::limits::{MAX_FINDINGS, push_bounded};
use super::node::Node;
use crate::base::{Diagnostic, Diagnostics, FileId};
use deserializer::De;
use error::Error;
use wording::Place;

/// The typed value of a tree, for kinds that we know in full: a field that `T` has not is an
/// `unknown-field` error, as the API server's strict validation makes it. Other codes: `wrong-type`,
/// `unknown-value`, `bad-value`, `oneof-conflict`.
pub fn decode<T: DeserializeOwned + Default>(node: &Node<'_>, file: FileId, diagnostics: &mut Diagnostics) -> T {
    run(node, file, UnknownFields::Reported, diagnostics)
}

/// As [`decode`], for kinds of which we model a part (`Pod`, `Deployment`): fields that `T` has not
/// are skipped in silence.
pub fn decode_lenient<T: DeserializeOwned + Default>(
    node: &Node<'_>,
    file: FileId,
    diagnostics: &mut Diagnostics,
) -> T {
    run(node, file, UnknownFields::Skipped, diagnostics)
}

/// What to do with a field that the type has not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnknownFields {
    Reported,
    Skipped,
}

/// What one attempt knows and finds.
struct Context {
    file: FileId,
    unknown_fields: UnknownFields,
    found: RefCell<Diagnostics>,
    /// Values that earlier attempts could not read, by address in the tree, and why. They are left
    /// out of this attempt.
    refused: BTreeMap<usize, Diagnostic>,
    /// The value that ended this attempt.
    failed: RefCell<Option<(usize, Diagnostic)>>,
}

impl Context {
    fn report(&self, diagnostic: Diagnostic) {
        push_bounded(&mut self.found.borrow_mut(), 0, diagnostic);
    }

    /// Whether to look into a field that the type has not: not when enough has been reported.
    fn wants_unknown_fields(&self) -> bool {
        self.unknown_fields == UnknownFields::Reported && self.found.borrow().0.len() <= MAX_FINDINGS
    }

    /// Whether it is of a kind with a schema, as Istio's are: the API server then drops every null that the schema does
    /// not allow (`apiextensions-apiserver: defaulting.PruneNonNullableNullsWithoutDefaults`).
    fn is_of_a_schema(&self) -> bool {
        self.unknown_fields == UnknownFields::Reported
    }

    /// Why a value is left out, if it is.
    fn refusal(&self, node: &Node<'_>) -> Option<&Diagnostic> {
        if self.refused.is_empty() { None } else { self.refused.get(&address(node)) }
    }

    /// Turns an error of a value into one that ends the attempt, keeping the innermost.
    fn refuse(&self, node: &Node<'_>, place: &Place<'_>, error: Error) -> Error {
        if !matches!(error, Error::Refused) {
            let diagnostic = error.into_diagnostic(self, node, place);
            *self.failed.borrow_mut() = Some((address(node), diagnostic));
        }
        Error::Refused
    }
}

/// A number for a node of a borrowed tree.
fn address(node: &Node<'_>) -> usize {
    std::ptr::from_ref(node).addr()
}

/// Serde cannot go on after a type's own error. So an attempt that meets one is repeated without
/// the value: the cost is one decoding for every such value.
fn run<T: DeserializeOwned + Default>(
    node: &Node<'_>,
    file: FileId,
    unknown_fields: UnknownFields,
    diagnostics: &mut Diagnostics,
) -> T {
    let first = diagnostics.0.len();
    let mut refused = BTreeMap::new();
    let attempts = attempts(node);
    loop {
        let context = Context { file, unknown_fields, found: RefCell::default(), refused, failed: RefCell::default() };
        let result = T::deserialize(De { node, place: &Place::root(), context: &context })
            .map_err(|error| context.refuse(node, &Place::root(), error));
        let found = context.found.into_inner();
        let failed = context.failed.into_inner();
        refused = context.refused;
        let value = match (result, failed) {
            (Ok(value), _) => value,
            (Err(_), Some((at, why))) if at != address(node) && refused.len() < attempts => {
                refused.insert(at, why);
                continue;
            }
            (Err(_), failed) => {
                failed.into_iter().for_each(|(_, why)| {
                    push_bounded(diagnostics, first, why);
                });
                T::default()
            }
        };
        for diagnostic in found.0 {
            push_bounded(diagnostics, first, diagnostic);
        }
        return value;
    }
}

/// How many values of a document may be left out: all that would be reported, or fewer in a large
/// document, so that the work stays bounded.
fn attempts(node: &Node<'_>) -> usize {
    const WORK: u32 = 16 * 1024 * 1024;
    let bytes = node.end.saturating_sub(node.start).max(1);
    (WORK / bytes).clamp(4, MAX_FINDINGS as u32) as usize
}
