//! Trees of YAML → values, with a place for every fault.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use crate::base::{Diagnostic, Diagnostics, FileId, Location, Span};
use crate::yaml::{Kind, Node};

/// Reads nodes of one file.
pub(super) struct Reader<'a> {
    /// The file.
    pub file: FileId,
    /// Its text.
    pub text: &'a str,
    /// What was wrong.
    pub found: Diagnostics,
}

impl<'a> Reader<'a> {
    /// A reader that has found nothing.
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        Self { file, text, found: Diagnostics::default() }
    }

    /// Where a node is.
    pub(super) fn span(&self, node: &Node<'_>) -> Span {
        node.span(self.file)
    }

    /// Reports a fault at a node.
    pub(super) fn fault(&mut self, code: &'static str, node: &Node<'_>, message: String) {
        self.found.push(Diagnostic::error(code, Location::Span(self.span(node)), message));
    }

    /// The fields of `what`; those with a null are left out. What is no mapping, and a field that is
    /// not known, are faults.
    pub(super) fn fields<'n, 's>(
        &mut self,
        node: &'n Node<'s>,
        what: &str,
        known: &[&str],
    ) -> Vec<(&'n str, &'n Node<'s>)> {
        if !matches!(node.kind, Kind::Map(_)) {
            self.wrong(node, what, "a mapping");
        }
        let mut fields = Vec::new();
        for (key, value) in node.entries() {
            let name = key.as_str().unwrap_or_default();
            if known.contains(&name) {
                fields.push((name, value));
            } else {
                let place = Location::Span(self.span(key));
                let message = format!("unknown field `{name}` in {what}");
                self.found.push(Diagnostic::error("unknown-field", place, message).help(suggestion(name, known)));
            }
        }
        fields.retain(|(_, value)| !value.is_null());
        fields
    }

    /// The entries of a mapping with keys of any name.
    pub(super) fn entries<'n, 's>(&mut self, node: &'n Node<'s>, what: &str) -> Vec<(&'n str, &'n Node<'s>)> {
        if !matches!(node.kind, Kind::Map(_)) {
            self.wrong(node, what, "a mapping");
        }
        node.entries().iter().map(|(key, value)| (key.as_str().unwrap_or_default(), value)).collect()
    }

    /// The elements of a list; a value that is none is a list of itself.
    pub(super) fn elements<'n, 's>(&self, node: &'n Node<'s>) -> Vec<&'n Node<'s>> {
        match &node.kind {
            Kind::Seq(elements) => elements.iter().collect(),
            _ => vec![node],
        }
    }

    /// A text; numbers and booleans are taken as written.
    pub(super) fn text<'n>(&mut self, node: &'n Node<'_>, what: &str) -> Option<Cow<'n, str>>
    where
        'a: 'n,
    {
        match &node.kind {
            Kind::Str(text) => Some(Cow::Borrowed(text)),
            Kind::Bool(_) | Kind::Int(_) | Kind::UInt(_) | Kind::Float(_) => {
                self.text.get(node.start as usize..node.end as usize).map(Cow::Borrowed)
            }
            Kind::Null | Kind::Seq(_) | Kind::Map(_) => {
                self.wrong(node, what, "a text");
                None
            }
        }
    }

    /// A text, or a list of them.
    pub(super) fn texts(&mut self, node: &Node<'_>, what: &str) -> Vec<String> {
        let elements = self.elements(node);
        elements.into_iter().filter_map(|element| Some(self.text(element, what)?.into_owned())).collect()
    }

    /// A value that is written as a text.
    pub(super) fn parsed<T: FromStr>(&mut self, node: &Node<'_>, what: &str) -> Option<T>
    where
        T::Err: Display,
    {
        let text = self.text(node, what)?.into_owned();
        let parsed =
            text.parse().map_err(|error| self.fault("bad-value", node, format!("`{text}` is no {what}: {error}")));
        parsed.ok()
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node<'_>, what: &str) -> Option<bool> {
        match node.kind {
            Kind::Bool(value) => Some(value),
            _ => {
                self.wrong(node, what, "a boolean");
                None
            }
        }
    }

    fn wrong(&mut self, node: &Node<'_>, what: &str, wanted: &str) {
        self.fault("wrong-type", node, format!("{what} is {wanted}, and this is {}", node.kind.noun()));
    }
}

/// "did you mean", or what there is to choose from.
fn suggestion(name: &str, known: &[&str]) -> String {
    const ALIKE: f64 = 0.85;
    let fold = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let name = fold(name);
    let alike = |known: &&&str| strsim::jaro_winkler(&name, &fold(known));
    let nearest = known.iter().max_by(|a, b| alike(a).total_cmp(&alike(b))).filter(|known| alike(known) > ALIKE);
    match nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known fields: {}", known.join(", ")),
    }
}
