//! Findings with all that reports say of them, in the order they say it.

use super::codes;
use super::input::{Input, ObjectName, Place};
use crate::base::{Change, Diagnostic, Edit, Location, Severity, Span};

/// A finding, its places resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was found.
    pub diagnostic: Diagnostic,
    /// The code of istioctl.
    pub istio: Option<&'static str>,
    /// The object it is about.
    pub object: Option<ObjectName>,
    /// Where, in bytes.
    pub span: Option<Span>,
    /// Where, in lines and columns.
    pub place: Option<Place>,
    /// What to write instead: all of it, or nothing.
    pub patches: Vec<Patch>,
}

/// An [`Edit`] whose places are known. See [`Change`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    /// Another word.
    Word(Span, String),
    /// In quotes.
    Quoted(Span),
    /// Without quotes.
    Unquoted(Span),
    /// Between two texts.
    Between(Span, &'static str, &'static str),
    /// An element twice, the first time with another word at a part of it.
    Doubled {
        /// The element.
        element: Span,
        /// The part.
        part: Span,
        /// What is there in the first one.
        word: String,
    },
}

impl Patch {
    fn new(edit: &Edit, input: &Input<'_>) -> Option<Self> {
        let span = |at: &Location| input.resources.span(input.documents, at);
        let at = span(&edit.at)?;
        Some(match &edit.change {
            Change::Word(word) => Self::Word(at, word.clone()),
            Change::Quoted => Self::Quoted(at),
            Change::Unquoted => Self::Unquoted(at),
            Change::Between(before, after) => Self::Between(at, before, after),
            Change::Doubled { part, word } => Self::Doubled { element: at, part: span(part)?, word: word.clone() },
        })
    }
}

impl Finding {
    /// Resolves a finding.
    pub fn new(diagnostic: Diagnostic, input: &Input<'_>) -> Self {
        let span = input.span(&diagnostic.label);
        Self {
            istio: codes::istio_code(diagnostic.code, diagnostic.severity),
            object: input.object(&diagnostic),
            place: span.map(|span| input.place(span)),
            span,
            patches: diagnostic
                .fix
                .iter()
                .map(|edit| Patch::new(edit, input))
                .collect::<Option<_>>()
                .unwrap_or_default(),
            diagnostic,
        }
    }

    /// Its rule, or the fault's name where a stage found it.
    pub fn rule(&self) -> &'static str {
        self.diagnostic.code
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.diagnostic.severity
    }

    /// Whether a code names its rule: the rule's name, a code of istioctl or Kiali that the rule covers, or `*`.
    pub fn is_called(&self, code: &str) -> bool {
        code == "*" || code == self.rule() || self.istio == Some(code) || codes::covers(self.rule(), code)
    }
}

/// Puts findings in the order of reports, by place; what two stages say alike counts once.
pub fn sort(findings: &mut Vec<Finding>) {
    let order = |finding: &Finding| (finding.span, std::cmp::Reverse(finding.severity()), finding.rule());
    findings.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.diagnostic.message.cmp(&b.diagnostic.message)));
    findings.dedup_by(|a, b| a.span == b.span && a.diagnostic == b.diagnostic);
}
