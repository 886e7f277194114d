//! Regular expressions as RE2 and Go read them.

use std::fmt;

use serde::Deserialize;

use super::unicode_class::is_class;

/// A regular expression as the user wrote it; Envoy reads it with RE2 and matches whole values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct Regex(pub String);

/// Why an expression is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegexError {
    /// `(` without `)`.
    MissingParenthesis,
    /// `)` without `(`.
    UnexpectedParenthesis,
    /// `[` without `]`.
    MissingBracket,
    /// A range such as `z-a`, or an unknown class such as `[:alfa:]` or `\p{Alphabetic}`.
    CharacterClass,
    /// `*`, `+`, `?` or `{n}` with nothing to repeat.
    NothingToRepeat,
    /// `**` and the like.
    DoubleRepeat,
    /// `{2,1}`, or more than 1000 times.
    RepeatCount,
    /// `\` before a letter or digit that means nothing, or at the end; also a back-reference.
    Escape,
    /// `(?=`, `(?!`, `(?<=`, `(?<!` and other groups that RE2 has not.
    Group,
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingParenthesis => "a `)` is missing",
            Self::UnexpectedParenthesis => "a `)` has no `(`",
            Self::MissingBracket => "a `]` is missing",
            Self::CharacterClass => "a range or name inside `[...]` or behind `\\p` is wrong",
            Self::NothingToRepeat => "there is nothing to repeat before `*`, `+`, `?` or `{}`",
            Self::DoubleRepeat => "a repetition is repeated",
            Self::RepeatCount => "a count in `{}` is above 1000 or out of order",
            Self::Escape => "a `\\` stands before something it has no meaning for (RE2 has no back-references)",
            Self::Group => {
                "RE2 has no look-around and no other groups than `(...)`, `(?:...)`, `(?P<name>...)` and flags"
            }
        })
    }
}

impl Regex {
    /// The expression.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether RE2 and Go's `regexp` take the expression
    /// (<https://github.com/google/re2/wiki/Syntax>).
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), RegexError> {
        Syntax { rest: &self.0, depth: 0, before: Before::Nothing }.check()
    }
}

/// What stands before the next operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Atom,
    Repeat,
}

/// A walk over an expression that only looks for faults.
struct Syntax<'t> {
    rest: &'t str,
    depth: u32,
    before: Before,
}

impl Syntax<'_> {
    fn check(mut self) -> Result<(), RegexError> {
        while let Some(next) = self.take() {
            match next {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' if self.depth == 0 => return Err(RegexError::UnexpectedParenthesis),
                ')' => {
                    self.depth -= 1;
                    self.before = Before::Atom;
                }
                '|' => self.before = Before::Nothing,
                '*' | '+' | '?' => self.repeat()?,
                '{' => match self.counts() {
                    Some(counts) => {
                        if counts.0 > 1000 || counts.1.is_some_and(|most| most > 1000 || most < counts.0) {
                            return Err(RegexError::RepeatCount);
                        }
                        self.repeat()?;
                    }
                    None => self.before = Before::Atom,
                },
                _ => self.before = Before::Atom,
            }
        }
        if self.depth > 0 { Err(RegexError::MissingParenthesis) } else { Ok(()) }
    }

    fn take(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = self.rest.get(next.len_utf8()..).unwrap_or_default();
        Some(next)
    }

    /// Skips a text if it is next.
    fn skip(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn repeat(&mut self) -> Result<(), RegexError> {
        match self.before {
            Before::Nothing => return Err(RegexError::NothingToRepeat),
            Before::Repeat => return Err(RegexError::DoubleRepeat),
            Before::Atom => {}
        }
        self.skip("?");
        self.before = Before::Repeat;
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}` after its `{`; anything else is plain text and left alone.
    fn counts(&mut self) -> Option<(u64, Option<u64>)> {
        let (inside, rest) = self.rest.split_once('}')?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let counts = match inside.split_once(',') {
            None => (number(inside)?, None),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        self.rest = rest;
        Some(counts)
    }

    fn open(&mut self) -> Result<(), RegexError> {
        self.depth += 1;
        self.before = Before::Nothing;
        if !self.skip("?") {
            return Ok(());
        }
        if self.skip("P<") || (!self.rest.starts_with("<=") && !self.rest.starts_with("<!") && self.skip("<")) {
            let (name, rest) = self.rest.split_once('>').ok_or(RegexError::Group)?;
            self.rest = rest;
            let word = !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
            return if word { Ok(()) } else { Err(RegexError::Group) };
        }
        loop {
            match self.take() {
                Some('i' | 'm' | 's' | 'U' | '-') => {}
                Some(':') => return Ok(()),
                Some(')') => {
                    self.depth -= 1;
                    return Ok(());
                }
                _ => return Err(RegexError::Group),
            }
        }
    }

    /// What follows a `\`.
    fn escape(&mut self, in_class: bool) -> Result<(), RegexError> {
        self.before = Before::Atom;
        match self.take().ok_or(RegexError::Escape)? {
            'Q' if !in_class => {
                self.rest = self.rest.split_once("\\E").map_or("", |(_, rest)| rest);
                Ok(())
            }
            '1'..='7' if !self.rest.starts_with(|c| ('0'..='7').contains(&c)) => Err(RegexError::Escape),
            '0'..='7' => Ok(()),
            'x' => self.hex(),
            'p' | 'P' => self.unicode_class(),
            'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' => Ok(()),
            'A' | 'b' | 'B' | 'z' if !in_class => Ok(()),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => Ok(()),
            _ => Err(RegexError::Escape),
        }
    }

    fn hex(&mut self) -> Result<(), RegexError> {
        let digits = match self.skip("{") {
            true => {
                let (digits, rest) = self.rest.split_once('}').ok_or(RegexError::Escape)?;
                self.rest = rest;
                digits
            }
            false => {
                let digits = self.rest.get(..2).ok_or(RegexError::Escape)?;
                self.rest = self.rest.get(2..).unwrap_or_default();
                digits
            }
        };
        let code = u32::from_str_radix(digits, 16).map_err(|_| RegexError::Escape)?;
        if code <= 0x10_FFFF { Ok(()) } else { Err(RegexError::Escape) }
    }

    fn unicode_class(&mut self) -> Result<(), RegexError> {
        if !self.skip("{") {
            let letter = self.take().ok_or(RegexError::CharacterClass)?;
            return if is_class(letter.encode_utf8(&mut [0; 4])) { Ok(()) } else { Err(RegexError::CharacterClass) };
        }
        let (name, rest) = self.rest.split_once('}').ok_or(RegexError::CharacterClass)?;
        self.rest = rest;
        let name = name.strip_prefix('^').unwrap_or(name);
        if is_class(name) { Ok(()) } else { Err(RegexError::CharacterClass) }
    }

    /// What follows a `[`.
    fn class(&mut self) -> Result<(), RegexError> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        self.skip("^");
        let mut first = true;
        loop {
            if self.rest.starts_with("[:") && self.rest.contains(":]") {
                let (name, rest) = self.rest.get(2..).and_then(|text| text.split_once(":]")).unwrap_or_default();
                if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
                    return Err(RegexError::CharacterClass);
                }
                self.rest = rest;
                first = false;
                continue;
            }
            let low = match self.take().ok_or(RegexError::MissingBracket)? {
                ']' if !first => break,
                low => self.class_member(low)?,
            };
            first = false;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.take();
                let high = self.take().ok_or(RegexError::MissingBracket)?;
                if let (Some(low), Some(high)) = (low, self.class_member(high)?)
                    && high < low
                {
                    return Err(RegexError::CharacterClass);
                }
            }
        }
        self.before = Before::Atom;
        Ok(())
    }

    /// The character itself, unless an escape stands for it.
    fn class_member(&mut self, first: char) -> Result<Option<char>, RegexError> {
        if first != '\\' {
            return Ok(Some(first));
        }
        self.escape(true)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_re2_takes() {
        for good in [
            "",
            "a|b|",
            "^/v[0-9]+/.*$",
            "(?i)x",
            "(?P<name>a)",
            "(?<name>a)",
            "a{2,3}",
            "{id}",
            "a{",
            "a{,2}",
            r"\d+\.\w",
            "[]a]",
            "[^]]",
            "[a-]",
            "[[:alpha:]_]",
            r"[\w-z]",
            r"\x41\x{263a}",
            r"\pL\p{Greek}",
            r"\Q**\E*",
            "a??",
            "(|a)",
            "(?s-i:a.b)",
            "^*",
            r"\101",
        ] {
            assert_eq!(Regex(good.to_owned()).check(), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_it_does_not_take() {
        let fault = |text: &str| Regex(text.to_owned()).check().err();
        assert_eq!(fault("("), Some(RegexError::MissingParenthesis));
        assert_eq!(fault("a)"), Some(RegexError::UnexpectedParenthesis));
        assert_eq!(fault("[a"), Some(RegexError::MissingBracket));
        assert_eq!(fault("[z-a]"), Some(RegexError::CharacterClass));
        assert_eq!(fault("[[:alfa:]]"), Some(RegexError::CharacterClass));
        assert_eq!(fault("*"), Some(RegexError::NothingToRepeat));
        assert_eq!(fault("a|+"), Some(RegexError::NothingToRepeat));
        assert_eq!(fault("a**"), Some(RegexError::DoubleRepeat));
        assert_eq!(fault("a{1001}"), Some(RegexError::RepeatCount));
        assert_eq!(fault("a{3,2}"), Some(RegexError::RepeatCount));
        assert_eq!(fault(r"(a)\1"), Some(RegexError::Escape));
        assert_eq!(fault(r"a\"), Some(RegexError::Escape));
        assert_eq!(fault("(?=a)"), Some(RegexError::Group));
        assert_eq!(fault("(?<!a)b"), Some(RegexError::Group));
    }
}
