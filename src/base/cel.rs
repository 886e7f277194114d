//! The syntax of CEL, the language of expressions in access log filters
//! (<https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax>).
//!
//! Only whether a text is an expression is decided: operators are not put in their order, and names and types are not
//! looked at.

use std::fmt;

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CelError {
    /// Where, in bytes.
    pub at: usize,
    /// What would have to be there.
    pub expected: &'static str,
}

impl fmt::Display for CelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is expected at character {}", self.expected, self.at + 1)
    }
}

/// Checks that a text is an expression in CEL.
///
/// # Errors
/// The first place that does not go on as an expression does.
pub fn check(text: &str) -> Result<(), CelError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.expression()?;
    reader.blank();
    if reader.at < text.len() { Err(reader.error("an operator or the end")) } else { Ok(()) }
}

/// Names that cannot be those of variables or functions.
const RESERVED: [&str; 20] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
    "__in",
    "__not",
];

/// Operators between two operands. Of two with one beginning, the longer comes first.
const BINARY: [&str; 13] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%"];

/// The deepest nesting that is followed; what is deeper istiod's parser refuses as well (250).
const DEEPEST: usize = 250;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, expected: &'static str) -> CelError {
        CelError { at: self.at, expected }
    }

    /// Passes over blanks and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let after = rest.trim_start_matches([' ', '\t', '\r', '\n', '\x0c']);
            let after = match after.strip_prefix("//") {
                Some(comment) => comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default(),
                None => after,
            };
            if after.len() == rest.len() {
                return;
            }
            self.at = self.text.len() - after.len();
        }
    }

    /// Passes over a mark, if it is next.
    fn take(&mut self, mark: &str) -> bool {
        self.blank();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    fn need(&mut self, mark: &'static str) -> Result<(), CelError> {
        if self.take(mark) { Ok(()) } else { Err(self.error(mark)) }
    }

    /// Passes over a name, if one is next, and gives it.
    fn name(&mut self) -> Option<&'t str> {
        self.blank();
        let rest = self.rest();
        let is_part = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let name = rest.get(..length).filter(|name| name.starts_with(|letter: char| !letter.is_ascii_digit()))?;
        self.at += length;
        (!name.is_empty()).then_some(name)
    }

    fn expression(&mut self) -> Result<(), CelError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("less nesting"));
        }
        self.operands()?;
        if self.take("?") {
            self.operands()?;
            self.need(":")?;
            self.expression()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn operands(&mut self) -> Result<(), CelError> {
        loop {
            while self.take("!") || self.take("-") {}
            self.member()?;
            if BINARY.iter().any(|operator| self.take(operator)) {
                continue;
            }
            let before = self.at;
            if self.name() != Some("in") {
                self.at = before;
                return Ok(());
            }
        }
    }

    /// A value, with what is selected of it.
    fn member(&mut self) -> Result<(), CelError> {
        self.primary()?;
        loop {
            if self.take(".") {
                self.take("?");
                self.blank();
                if self.rest().starts_with('`') {
                    self.quoted("`")?;
                } else if self.name().is_none_or(|name| name == "in") {
                    return Err(self.error("a name"));
                }
                if self.take("(") {
                    self.list(")")?;
                }
            } else if self.take("[") {
                self.take("?");
                self.expression()?;
                self.need("]")?;
            } else if self.take("{") {
                self.entries()?;
            } else {
                return Ok(());
            }
        }
    }

    fn primary(&mut self) -> Result<(), CelError> {
        if self.take("(") {
            self.expression()?;
            return self.need(")");
        }
        if self.take("[") {
            return self.list("]");
        }
        if self.take("{") {
            return self.entries();
        }
        if self.literal()? {
            return Ok(());
        }
        self.take(".");
        let before = self.at;
        match self.name() {
            Some(name) if !RESERVED.contains(&name) => {}
            _ => {
                self.at = before;
                return Err(self.error("a value"));
            }
        }
        if self.take("(") { self.list(")") } else { Ok(()) }
    }

    /// Expressions between commas, up to the closing mark. A list may end with a comma.
    fn list(&mut self, closing: &'static str) -> Result<(), CelError> {
        loop {
            if self.take(closing) {
                return Ok(());
            }
            if closing == "]" {
                self.take("?");
            }
            self.expression()?;
            if !self.take(",") {
                return self.need(closing);
            }
        }
    }

    /// Keys and values up to the closing brace.
    fn entries(&mut self) -> Result<(), CelError> {
        loop {
            if self.take("}") {
                return Ok(());
            }
            self.take("?");
            self.expression()?;
            self.need(":")?;
            self.expression()?;
            if !self.take(",") {
                return self.need("}");
            }
        }
    }

    /// A number or a text, if one is next.
    fn literal(&mut self) -> Result<bool, CelError> {
        self.blank();
        let rest = self.rest();
        let after = rest.trim_start_matches(['r', 'R', 'b', 'B']);
        if rest.len() - after.len() <= 2
            && let Some(quote) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| after.starts_with(quote))
        {
            let is_raw = rest.get(..rest.len() - after.len()).is_some_and(|prefix| prefix.contains(['r', 'R']));
            self.at = self.text.len() - after.len();
            return if is_raw { self.raw(quote) } else { self.quoted(quote) }.map(|()| true);
        }
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let hex = rest.strip_prefix("0x").map(|hex| hex.bytes().take_while(u8::is_ascii_hexdigit).count());
        if let Some(length) = hex.filter(|length| *length > 0) {
            self.at += 2 + length;
        } else {
            let whole = digits(rest);
            let fraction = rest.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
            if whole + fraction == 0 {
                return Ok(false);
            }
            self.at += whole + if fraction > 0 { fraction + 1 } else { 0 };
            if let Some(exponent) = self.rest().strip_prefix(['e', 'E']) {
                let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                let length = digits(unsigned);
                if length > 0 {
                    self.at += 1 + (exponent.len() - unsigned.len()) + length;
                }
            }
        }
        if self.rest().starts_with(['u', 'U']) {
            self.at += 1;
        }
        Ok(true)
    }

    /// A text in which a backslash is one.
    fn raw(&mut self, quote: &'static str) -> Result<(), CelError> {
        self.at += quote.len();
        let end = self.rest().find(quote).filter(|end| quote.len() > 1 || !self.rest()[..*end].contains('\n'));
        let Some(end) = end else { return Err(self.error("the closing quote")) };
        self.at += end + quote.len();
        Ok(())
    }

    /// A text in quotes, with escapes.
    fn quoted(&mut self, quote: &'static str) -> Result<(), CelError> {
        self.at += quote.len();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.at += quote.len();
                return Ok(());
            }
            let mut letters = rest.chars();
            match letters.next() {
                None => return Err(self.error("the closing quote")),
                Some('\n' | '\r') if quote.len() == 1 => return Err(self.error("the closing quote")),
                Some('\\') => self.at += escape(letters.as_str()).ok_or_else(|| self.error("an escape of CEL"))?,
                Some(letter) => self.at += letter.len_utf8(),
            }
        }
    }
}

/// The length of an escape, with its backslash, by what follows that.
fn escape(after: &str) -> Option<usize> {
    let hex = |count: usize| {
        let digits = after.as_bytes().get(1..=count)?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(count + 2)
    };
    match after.chars().next()? {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '?' | '"' | '\'' | '`' => Some(2),
        'x' | 'X' => hex(2),
        'u' => hex(4),
        'U' => hex(8),
        '0'..='3' => {
            let digits = after.as_bytes().get(1..3)?;
            digits.iter().all(|digit| (b'0'..=b'7').contains(digit)).then_some(4)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        for good in [
            "response.code >= 400",
            "response.code >= 400 && !(request.url_path.startsWith('/health')) || connection.mtls == true",
            "request.headers['x-a'] in ['a', \"b\",] ? 1 : 2u",
            "a.b.?c[?0].exists(x, x.size() > 1.5e3) == -0x1F // why",
            "{'a': 1, 'b': [2, 3]}.a - -1",
            "google.protobuf.Duration{seconds: 5}.seconds > 1",
            r#"r"\d" + b'\x00' + '''a 'b' c''' + "\u00e9\101""#,
            ".a(b)",
            "has(request.headers.x)",
            "!true",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "", "a b", "5xx", "a >= ", "a = b", "(a", "a..b", "'a", "'\\q'", "a[", "f(,)", "if", "[1, 2", "{1}",
            "a ? b", "%x%", "\"a\nb\"",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(check("a >= 400a").map_err(|error| error.at), Err(8));
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(check(&deep(200)), Ok(()));
        assert!(check(&deep(100_000)).is_err());
    }
}
