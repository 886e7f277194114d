//! Every code that a finding can have is explained by `meshc rules explain`, and nothing else is.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

#[path = "support/files.rs"]
mod files;

use std::collections::{BTreeMap, BTreeSet};

use files::{below, root, text};
use meshc::lint::{self, faults};

/// What the code of a finding is handed to: the constructors of `Diagnostic`, and functions that hand it on to them.
const CONSTRUCTORS: [&str; 7] = [
    "Diagnostic::error(",
    "Diagnostic::warning(",
    "Diagnostic::note(",
    "Diagnostic::new(",
    "fault(",
    "doubt(",
    "left_out(",
];

/// The codes of the sources, each with a file that has it. Rules and checks of `verify` have their own.
fn codes() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in below(&root().join("src"), ".rs") {
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        let elsewhere = ["src/tests/", "src/benches/", "src/lint/rules/", "src/verify/checks/"];
        if elsewhere.iter().any(|folder| name.starts_with(folder)) || name.ends_with("tests.rs") {
            continue;
        }
        let text = text(&path);
        let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
        for constructor in CONSTRUCTORS {
            for (at, _) in code.match_indices(constructor) {
                let word = code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
                if let Some(literal) = first_code(&code[at + constructor.len()..])
                    && !word
                {
                    found.entry(literal).or_insert_with(|| name.clone());
                }
            }
        }
    }
    found
}

/// The first text among the arguments, where it stands as one of them and looks like a code.
fn first_code(arguments: &str) -> Option<String> {
    let start = arguments.find('"')?;
    let before = &arguments[..start];
    let nested = before.matches('(').count() > before.matches(')').count();
    if nested || before.contains(';') || before.contains('{') {
        return None;
    }
    let literal = arguments[start + 1..].split('"').next()?;
    let is_code =
        literal.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/".contains(&byte));
    (is_code && (literal.contains('-') || literal == "syntax")).then(|| literal.to_owned())
}

#[test]
fn every_code_of_the_sources_is_explained() {
    let codes = codes();
    assert!(codes.len() > 200, "{} codes", codes.len());
    let explained = |code: &str| lint::rule(code).is_some() || faults::explain(code).is_some();
    let missing: Vec<_> = codes.iter().filter(|(code, _)| !explained(code)).collect();
    assert!(missing.is_empty(), "without documentation in src/lint/faults: {missing:#?}");
}

/// A code that is handed on in another way is at least somewhere in the sources, so that no page outlives its fault.
#[test]
fn every_explained_code_is_in_the_sources() {
    let mut words: BTreeSet<String> = BTreeSet::new();
    for path in below(&root().join("src"), ".rs") {
        if !path.components().any(|part| ["faults", "tests"].iter().any(|folder| part.as_os_str() == *folder)) {
            let text = text(&path);
            words.extend(text.split('"').filter(|word| word.len() < 50).map(str::to_owned));
        }
    }
    let gone: Vec<&str> = faults::codes().filter(|code| !words.contains(*code)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}
