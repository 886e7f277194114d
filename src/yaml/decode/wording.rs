//! How faults are worded: where they are, what was found, what was probably meant.

use crate::base::likeness::{certain, suggestion};
use crate::base::{Change, Diagnostic, Edit, FileId, Location, Path};

use super::super::node::{Kind, Node};
use super::super::scalar::shorten;

/// Where a value is in its document: a list on the stack, so that the way down costs nothing.
#[derive(Clone, Copy)]
pub(super) struct Place<'a>(Option<(&'a Place<'a>, Step<'a>)>);

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) fn root() -> Self {
        Self(None)
    }

    pub(super) fn key(&'a self, key: &'a str) -> Place<'a> {
        Place(Some((self, Step::Key(key))))
    }

    pub(super) fn index(&'a self, index: usize) -> Place<'a> {
        Place(Some((self, Step::Index(index))))
    }

    fn path(&self) -> Path {
        match self.0 {
            None => Path::root(),
            Some((parent, Step::Key(key))) => parent.path().key(key.to_owned()),
            Some((parent, Step::Index(index))) => parent.path().index(index),
        }
    }

    /// The field's own name for messages: `` `hosts[0]` ``.
    pub(super) fn name(&self) -> String {
        let mut indices = String::new();
        let mut at = self;
        loop {
            match at.0 {
                None if indices.is_empty() => return "the document".to_owned(),
                None => return format!("`{indices}`"),
                Some((_, Step::Key(key))) => return format!("`{}{indices}`", shorten(key)),
                Some((parent, Step::Index(index))) => {
                    indices = format!("[{index}]{indices}");
                    at = parent;
                }
            }
        }
    }

    /// Where the field is, for the label: `in spec.http[0]`; empty at the top.
    pub(super) fn inside(&self) -> String {
        let mut at = self;
        while let Some((parent, Step::Index(_))) = at.0 {
            at = parent;
        }
        match at.0 {
            Some((parent, _)) => parent.contents(),
            None => String::new(),
        }
    }

    /// The same for something in this place: a field that should not be there.
    pub(super) fn contents(&self) -> String {
        let path = self.path().to_string();
        if path.is_empty() { path } else { format!("in {path}") }
    }
}

/// A value of another type than its field.
pub(super) fn wrong_type(file: FileId, node: &Node<'_>, place: &Place<'_>, expected: &str) -> Diagnostic {
    let message = format!("{} must be {expected}, not {}", place.name(), node.kind.noun());
    let diagnostic = Diagnostic::error("wrong-type", Location::Span(node.span(file)), message).labelled(place.inside());
    let edit = |change| [Edit { at: Location::Span(node.span(file)), change }];
    match quoting(node).filter(|_| expected.contains("string") || expected.contains("one of")) {
        Some(help) => diagnostic.help(help).corrected(edit(Change::Quoted)),
        None if node.as_str().is_some_and(|text| text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok()) => {
            diagnostic.help("write it without quotes, as a value of that type").corrected(edit(Change::Unquoted))
        }
        None => diagnostic,
    }
}

/// What to do about plain text that YAML did not leave as text.
fn quoting(node: &Node<'_>) -> Option<String> {
    match node.kind {
        Kind::Bool(value) => {
            let word = boolean_word(value, node.end.saturating_sub(node.start));
            Some(format!("Kubernetes reads plain `{word}` as a boolean: quote it"))
        }
        Kind::Int(value) => Some(format!("Kubernetes reads it as the number {value}: quote it")),
        Kind::UInt(value) => Some(format!("Kubernetes reads it as the number {value}: quote it")),
        Kind::Float(value) => Some(format!("Kubernetes reads it as the number {value}: quote it")),
        Kind::Null | Kind::Str(_) | Kind::Seq(_) | Kind::Map(_) => None,
    }
}

/// The word that was written for a boolean: of each length there is one.
fn boolean_word(value: bool, length: u32) -> &'static str {
    match (value, length) {
        (true, 1) => "y",
        (true, 2) => "on",
        (true, 3) => "yes",
        (true, _) => "true",
        (false, 1) => "n",
        (false, 2) => "no",
        (false, 3) => "off",
        (false, _) => "false",
    }
}

/// A key that the type does not know. `place` is the mapping's.
pub(super) fn unknown_field(file: FileId, key: &Node<'_>, place: &Place<'_>, known: &[&str]) -> Diagnostic {
    let name = key.as_str().unwrap_or_default();
    let diagnostic = Diagnostic::error(
        "unknown-field",
        Location::Span(key.span(file)),
        format!("unknown field `{}`", shorten(name)),
    )
    .labelled(place.contents());
    let length = key.end.saturating_sub(key.start);
    match name {
        "true" | "false" if length < name.len() as u32 => {
            let word = boolean_word(name == "true", length);
            diagnostic.help(format!("Kubernetes reads a plain key `{word}` as the boolean `{name}`: quote it"))
        }
        _ => diagnostic.help(suggestion(name, known, "fields")).fix(certain(name, known)),
    }
}

/// An entry of a mapping without a value. `place` is the mapping's.
pub(super) fn null_entry(file: FileId, key: &Node<'_>, place: &Place<'_>) -> Diagnostic {
    let name = shorten(key.as_str().unwrap_or_default());
    let message = format!("`{name}` has no value, and the API server drops it");
    Diagnostic::warning("null-entry", Location::Span(key.span(file)), message)
        .labelled(place.contents())
        .help("write a value (`{}` for one without fields), or remove the entry")
}

/// An element of a list without a value.
pub(super) fn null_element(file: FileId, element: &Node<'_>, place: &Place<'_>) -> Diagnostic {
    let message = format!("{} has no value, and the API server refuses it", place.name());
    Diagnostic::error("null-element", Location::Span(element.span(file)), message)
        .labelled(place.inside())
        .help("write a value (`{}` for one without fields), or remove the element")
}

/// A string that no variant of an enum has.
pub(super) fn unknown_value(file: FileId, node: &Node<'_>, place: &Place<'_>, known: &[&str]) -> Diagnostic {
    let value = node.as_str().unwrap_or_default();
    let message = format!("unknown value `{}` for {}", shorten(value), place.name());
    Diagnostic::error("unknown-value", Location::Span(node.span(file)), message)
        .labelled(place.inside())
        .help(suggestion(value, known, "values"))
        .fix(certain(value, known))
}
