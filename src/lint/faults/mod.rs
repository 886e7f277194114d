//! Documentation of the faults that no rule and no check of `verify` finds, but the stages: what each is, why it
//! matters and what to do.
//!
//! Rules and checks are documented where they are; what a rule says too is explained by the rule. `src/tests/codes.rs` collects the codes in the sources and fails
//! where one has no documentation, or a documented one does not occur.

mod compiled;
mod links;
mod policies;
mod requests;
mod text;
mod traffic;

use crate::verify::checks::CHECKS;

/// A fault that a stage finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its code.
    pub code: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Why that is bad.
    pub why: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// Declares the faults of a stage, by code.
macro_rules! declare_faults {
    ($($code:literal what $what:literal why $why:literal help $help:literal;)+) => {
        pub(super) static FAULTS: &[super::Fault] =
            &[$(super::Fault { code: $code, what: $what, why: $why, help: $help }),+];
    };
}
use declare_faults;

/// The faults of each stage, in the order of the pipeline.
pub static STAGES: [&[Fault]; 6] =
    [text::FAULTS, traffic::FAULTS, policies::FAULTS, links::FAULTS, compiled::FAULTS, requests::FAULTS];

/// Whether a code is of what is found when a proxy is compiled.
pub(super) fn is_of_compiler(code: &str) -> bool {
    compiled::FAULTS.binary_search_by_key(&code, |fault| fault.code).is_ok()
}

/// What is written of a code that is no rule's, in Markdown: a fault of a stage or a check of `verify`.
pub fn explain(code: &str) -> Option<String> {
    if let Some(Fault { code, what, why, help }) = STAGES.iter().copied().flatten().find(|fault| fault.code == code) {
        return Some(format!("# {code}\n\n{what}\n\n## Why is this bad?\n\n{why}\n\n## What to do\n\n{help}\n"));
    }
    let check = CHECKS.iter().find(|check| check.code == code)?;
    let lines = check.docs.lines().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)));
    Some(format!("# {code}\n\n{}", lines.collect::<String>()))
}

/// Every code that is explained here.
pub fn codes() -> impl Iterator<Item = &'static str> {
    STAGES.iter().copied().flatten().map(|fault| fault.code).chain(CHECKS.iter().map(|check| check.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_in_order_and_say_everything_in_sentences() {
        let mut seen = std::collections::BTreeSet::new();
        for stage in STAGES {
            assert!(stage.is_sorted_by_key(|fault| fault.code));
            for fault in stage {
                assert!(seen.insert(fault.code), "{} is there twice", fault.code);
                for text in [fault.what, fault.why, fault.help] {
                    assert!(text.contains(char::is_alphabetic) && text.ends_with('.'), "{}: {text}", fault.code);
                }
            }
        }
    }

    #[test]
    fn stages_and_checks_are_explained() {
        let text = explain("unknown-field").expect("a page");
        assert!(text.starts_with("# unknown-field\n\n") && text.contains("\n## What to do\n"), "{text}");
        assert!(explain("verify/duplicate-domain").is_some_and(|text| text.contains("Two virtual hosts")));
        assert_eq!(explain("unknown"), None);
    }
}
