//! What a stage has to say beside its value.

use super::{Change, Edit, FileId, Origin, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// Probably not what its author means, but Istio and Envoy take it.
    Warning,
    /// Istio or Envoy refuses it, or it cannot work.
    Error,
}

/// Where something is. Stages after `yaml` know nodes, not spans; the report resolves them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// These bytes.
    Span(Span),
    /// The value of a node.
    Value(Origin),
    /// The key of a node, as for a field that should not be there.
    Key(Origin),
    /// A file as a whole.
    File(FileId),
    /// The input as a whole, or an argument.
    Nowhere,
}

/// A place, and what to say there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub location: Location,
    /// What to say at it; may be empty.
    pub text: String,
}

/// One finding: what is wrong in the user's own names, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kebab-case name of the fault, as `unknown-field`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, naming the user's own names in backticks, no final period.
    pub message: String,
    /// The place of the fault.
    pub label: Label,
    /// Other places that explain it, also in other files.
    pub related: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// What to write instead, where that is certain; empty where it is not.
    pub fix: Vec<Edit>,
}

impl Diagnostic {
    /// A finding at a place; the label's text, related places and help are added by the methods below.
    pub fn new(severity: Severity, code: &'static str, location: Location, message: impl Into<String>) -> Self {
        let label = Label { location, text: String::new() };
        Self { code, severity, message: message.into(), label, related: Vec::new(), help: None, fix: Vec::new() }
    }

    /// An error.
    pub fn error(code: &'static str, location: Location, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, location, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, location: Location, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, location, message)
    }

    /// A note.
    pub fn note(code: &'static str, location: Location, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, location, message)
    }

    /// What to say at the primary place.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        self.label.text = text.into();
        self
    }

    /// Another place that explains the finding.
    #[must_use]
    pub fn related(mut self, location: Location, text: impl Into<String>) -> Self {
        self.related.push(Label { location, text: text.into() });
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The word to be in the primary place instead, where that is certain.
    #[must_use]
    pub fn fix(self, word: Option<impl Into<String>>) -> Self {
        let change = word.map(|word| Change::Word(word.into()));
        let edits = change.map(|change| Edit { at: self.label.location.clone(), change });
        self.corrected(edits)
    }

    /// What to write instead, where that is certain: all of these edits, or none.
    #[must_use]
    pub fn corrected(mut self, edits: impl IntoIterator<Item = Edit>) -> Self {
        self.fix = edits.into_iter().collect();
        self
    }
}

/// The findings of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds those of another stage.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// The worst severity, if there is any finding.
    pub fn worst(&self) -> Option<Severity> {
        self.0.iter().map(|diagnostic| diagnostic.severity).max()
    }
}
