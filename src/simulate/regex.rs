//! Regular expressions as RE2 reads them, with the crate that comes closest.
//!
//! The crate's classes such as `\d` know all of Unicode, RE2's only ASCII; so bytes are matched
//! first, and Unicode only where the expression needs it.

use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::base;

/// Whether the expression matches all of the text; `None` where it is none or is not evaluated.
pub(super) fn full_match(expression: &str, text: &str) -> Option<bool> {
    Some(compile(&format!("^(?:{expression})$"), expression)?.is_match(text.as_bytes()))
}

/// Every match of the expression replaced, as RE2's `GlobalReplace`; `None` where the expression is
/// none or is not evaluated.
pub(super) fn replace_all(expression: &str, text: &str, substitution: &str) -> Option<String> {
    let regex = compile(expression, expression)?;
    let replaced = regex.replace_all(text.as_bytes(), |captures: &Captures<'_>| expand(substitution, captures));
    Some(String::from_utf8_lossy(&replaced).into_owned())
}

fn compile(whole: &str, expression: &str) -> Option<Regex> {
    base::Regex(expression.to_owned()).check().ok()?;
    let build = |unicode| RegexBuilder::new(whole).unicode(unicode).build();
    build(false).or_else(|_| build(true)).ok()
}

/// `\0` is the whole match, `\1` to `\9` are groups, `\\` is a backslash.
fn expand(substitution: &str, captures: &Captures<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = substitution.bytes();
    while let Some(byte) = rest.next() {
        match (byte, if byte == b'\\' { rest.next() } else { None }) {
            (b'\\', Some(digit @ b'0'..=b'9')) => {
                let group = captures.get(usize::from(digit - b'0'));
                bytes.extend_from_slice(group.map_or(&[][..], |group| group.as_bytes()));
            }
            (_, Some(other)) => bytes.push(other),
            (_, None) => bytes.push(byte),
        }
    }
    bytes
}
