//! What a rule is, and how a file declares one.

use super::Context;
use crate::base::{Diagnostics, Severity};

/// A rule: a fault, its documentation and the check that finds it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its kebab-case name, the fault itself; the code of what it finds.
    pub name: &'static str,
    /// The codes of istioctl (`IST0111`) and Kiali (`KIA0002`) it covers; empty where there are none.
    pub codes: &'static [&'static str],
    /// How bad it is, unless the user says otherwise.
    pub severity: Severity,
    /// Its documentation as the doc comment has it: Markdown, each line after a space.
    pub docs: &'static str,
    /// Finds it.
    pub check: fn(&Context<'_>, &mut Diagnostics),
}

impl Rule {
    /// Its documentation without the space that starts each line of a doc comment.
    pub fn markdown(&self) -> String {
        let line = |line: &'static str| [line.strip_prefix(' ').unwrap_or(line), "\n"].concat();
        self.docs.lines().map(line).collect()
    }
}

/// Declares a rule; its doc comment is its documentation.
macro_rules! declare_rule {
    (
        $(#[doc = $docs:literal])+
        $visible:vis $item:ident = {
            name: $name:literal,
            codes: [$($code:literal),* $(,)?],
            severity: $severity:ident,
            check: $check:path $(,)?
        } $(;)?
    ) => {
        $(#[doc = $docs])+
        $visible static $item: $crate::lint::Rule = $crate::lint::Rule {
            name: $name,
            codes: &[$($code),*],
            severity: $crate::base::Severity::$severity,
            docs: concat!($($docs, "\n"),+),
            check: $check,
        };
    };
}
pub(super) use declare_rule;
