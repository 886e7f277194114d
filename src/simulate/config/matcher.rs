//! Matchers of texts, headers and query parameters.

use serde::Deserialize;

/// `envoy.type.matcher.v3.StringMatcher`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StringMatcher {
    /// All of it.
    pub exact: Option<String>,
    /// Its start.
    pub prefix: Option<String>,
    /// Its end.
    pub suffix: Option<String>,
    /// Anywhere in it.
    pub contains: Option<String>,
    /// A regular expression for all of it.
    pub safe_regex: Option<RegexMatcher>,
    /// In any case; not for regular expressions.
    pub ignore_case: bool,
}

/// `envoy.type.matcher.v3.RegexMatcher`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegexMatcher {
    /// In RE2's syntax.
    pub regex: String,
}

/// `envoy.type.matcher.v3.RegexMatchAndSubstitute`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegexRewrite {
    /// What is replaced, wherever it is found.
    pub pattern: RegexMatcher,
    /// By what; `\1` is a group.
    pub substitution: String,
}

/// `envoy.config.route.v3.HeaderMatcher`, with its fields of before `string_match`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HeaderMatcher {
    /// The header.
    pub name: String,
    /// Its value.
    pub string_match: Option<StringMatcher>,
    /// Whether it is there, or is not.
    pub present_match: Option<bool>,
    /// A number: from `start`, below `end`.
    pub range_match: Option<Int64Range>,
    /// The older way to say `exact`.
    pub exact_match: Option<String>,
    /// The older way to say `prefix`.
    pub prefix_match: Option<String>,
    /// The older way to say `suffix`.
    pub suffix_match: Option<String>,
    /// The older way to say `contains`.
    pub contains_match: Option<String>,
    /// The older way to say `safe_regex`.
    pub safe_regex_match: Option<RegexMatcher>,
    /// The opposite.
    pub invert_match: bool,
    /// A missing header has the empty value.
    pub treat_missing_header_as_empty: bool,
}

/// `envoy.type.v3.Int64Range`; 64 bits are texts in JSON, but some write numbers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Int64Range {
    /// The first.
    pub start: Int64,
    /// One above the last.
    pub end: Int64,
}

/// A 64-bit number as protobuf's JSON has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Int64 {
    /// As a number.
    Number(i64),
    /// As a text.
    Text(String),
}

impl Default for Int64 {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Int64 {
    /// The number; a text that is none is 0, which protobuf's JSON would refuse.
    pub fn get(&self) -> i64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.parse().unwrap_or_default(),
        }
    }
}

/// `envoy.config.route.v3.QueryParameterMatcher`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct QueryParameterMatcher {
    /// The parameter.
    pub name: String,
    /// Its value.
    pub string_match: Option<StringMatcher>,
    /// Whether it is there.
    pub present_match: Option<bool>,
}
