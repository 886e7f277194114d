//! Text of protobuf (`protobuf.dev/reference/protobuf/textformat-spec`) → a tree as of YAML, with places.
//!
//! A field that comes several times is a list, names of enumerations are texts, and a
//! `google.protobuf.Struct` is the mapping that it stands for.

use std::borrow::Cow;

use crate::base::{Diagnostic, Diagnostics, FileId, Location, Span};
use crate::yaml::{Document, Kind, Node};

/// The ends of file names by which the format is known.
const ENDS: [&str; 4] = [".pb_text", ".textproto", ".txtpb", ".pbtxt"];

/// Messages are not nested deeper.
const DEEPEST: usize = 100;

/// Whether a file of this name has the format.
pub fn is_named(name: &str) -> bool {
    ENDS.iter().any(|end| name.ends_with(end))
}

/// The document that the text is; what cannot be read ends it.
pub fn parse(file: FileId, text: &str) -> (Vec<Document<'_>>, Diagnostics) {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let mut findings = Diagnostics::default();
    match parser.message(None) {
        Ok(root) => (vec![Document { file, root, comments: Vec::new() }], findings),
        Err(Fault { at, why }) => {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let place = Location::Span(Span { file, start: at, end: at });
            findings.push(Diagnostic::error("syntax", place, format!("invalid text of protobuf: {why}")));
            (Vec::new(), findings)
        }
    }
}

struct Fault {
    at: usize,
    why: String,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn fault<T>(&self, why: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { at: self.at, why: why.into() })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next sign, after spaces and comments.
    fn next(&mut self) -> Option<char> {
        loop {
            let rest = self.rest().trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return rest.chars().next();
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn takes(&mut self, sign: char) -> bool {
        let is = self.next() == Some(sign);
        self.at += if is { sign.len_utf8() } else { 0 };
        is
    }

    fn node(&self, start: usize, kind: Kind<'a>) -> Node<'a> {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Node { start: place(start), end: place(self.at), kind }
    }

    /// Fields up to `end`, or to the end of the text.
    fn message(&mut self, end: Option<char>) -> Result<Node<'a>, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fault("messages are nested too deep");
        }
        let start = self.at;
        let mut fields: Vec<(Node<'a>, Vec<Node<'a>>, bool)> = Vec::new();
        loop {
            match (self.next(), end) {
                (None, None) => break,
                (None, Some(end)) => return self.fault(format!("`{end}` is missing")),
                (Some(sign), Some(end)) if sign == end => {
                    self.at += end.len_utf8();
                    break;
                }
                (Some(_), _) => {}
            }
            let name = self.name()?;
            let (values, list) = self.values()?;
            let _ = self.takes(',') || self.takes(';');
            match fields.iter_mut().find(|(known, ..)| known.kind == name.kind) {
                Some((_, all, several)) => {
                    all.extend(values);
                    *several = true;
                }
                None => fields.push((name, values, list)),
            }
        }
        self.depth -= 1;
        let entry = |(name, mut values, several): (Node<'a>, Vec<Node<'a>>, bool)| {
            let value = match values.pop() {
                Some(value) if !several && values.is_empty() => value,
                last => {
                    values.extend(last);
                    let (start, end) = (values.first().map_or(name.end, |it| it.start), name.end);
                    let end = values.last().map_or(end, |it| it.end);
                    Node { start, end, kind: Kind::Seq(values) }
                }
            };
            (name, value)
        };
        let message = self.node(start, Kind::Map(fields.into_iter().map(entry).collect()));
        Ok(structure(message))
    }

    /// The name of a field, or of an extension or a type in brackets.
    fn name(&mut self) -> Result<Node<'a>, Fault> {
        let start = self.at;
        let rest = self.rest();
        let length = match rest.strip_prefix('[') {
            Some(inner) => inner.find(']').map(|end| end + 2),
            None => Some(rest.find(|sign: char| !is_word(sign)).unwrap_or(rest.len())),
        };
        match length.filter(|length| *length > 0) {
            Some(length) => {
                self.at += length;
                let name = rest.get(..length).unwrap_or_default();
                Ok(self.node(start, Kind::Str(Cow::Borrowed(name.trim_matches(['[', ']'])))))
            }
            None => self.fault("the name of a field is missing"),
        }
    }

    /// What is behind a name, and whether it is a list.
    fn values(&mut self) -> Result<(Vec<Node<'a>>, bool), Fault> {
        let colon = self.takes(':');
        if !self.takes('[') {
            return Ok((vec![self.value(colon)?], false));
        }
        let mut values = Vec::new();
        while !self.takes(']') {
            values.push(self.value(true)?);
            let _ = self.takes(',');
        }
        Ok((values, true))
    }

    fn value(&mut self, scalar: bool) -> Result<Node<'a>, Fault> {
        match self.next() {
            Some('{') => {
                self.at += 1;
                self.message(Some('}'))
            }
            Some('<') => {
                self.at += 1;
                self.message(Some('>'))
            }
            Some(_) if !scalar => self.fault("a `:` or a message is missing"),
            Some('"' | '\'') => self.string(),
            Some(sign) if is_word(sign) || "+-.".contains(sign) => {
                let (start, rest) = (self.at, self.rest());
                let length = rest.find(|sign: char| !is_word(sign) && !"+-.".contains(sign)).unwrap_or(rest.len());
                self.at += length;
                Ok(self.node(start, word(rest.get(..length).unwrap_or_default())))
            }
            _ => self.fault("a value is missing"),
        }
    }

    /// Texts in quotes, one after the other, are one.
    fn string(&mut self) -> Result<Node<'a>, Fault> {
        let start = self.at;
        let mut bytes = Vec::new();
        let mut end = start;
        while let Some(quote @ ('"' | '\'')) = self.next() {
            self.at += 1;
            loop {
                let Some(sign) = self.rest().chars().next().filter(|sign| *sign != '\n') else {
                    return self.fault("a text without its closing quote");
                };
                self.at += sign.len_utf8();
                match sign {
                    sign if sign == quote => break,
                    '\\' => self.escape(&mut bytes)?,
                    sign => bytes.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            end = self.at;
        }
        self.at = end;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(self.node(start, Kind::Str(Cow::Owned(text)))),
            Err(_) => self.fault("a text that is no UTF-8"),
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(sign) = self.rest().chars().next() else { return self.fault("a text without its closing quote") };
        let (digits, radix, most) = match sign {
            'x' | 'X' => (1, 16, 2),
            'u' => (1, 16, 4),
            'U' => (1, 16, 8),
            '0'..='7' => (0, 8, 3),
            _ => {
                self.at += sign.len_utf8();
                let known = [('n', b'\n'), ('t', b'\t'), ('r', b'\r'), ('a', 7), ('b', 8), ('f', 12), ('v', 11)];
                match known.iter().find(|(name, _)| *name == sign) {
                    Some((_, byte)) => bytes.push(*byte),
                    None if "\\'\"?".contains(sign) => {
                        bytes.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes())
                    }
                    None => return self.fault(format!("the escape `\\{sign}` is unknown")),
                }
                return Ok(());
            }
        };
        let text: String =
            self.rest().chars().skip(digits).take_while(|sign| sign.is_digit(radix)).take(most).collect();
        self.at += digits + text.len();
        let number = u32::from_str_radix(&text, radix).ok();
        match (sign, number.and_then(char::from_u32), number.and_then(|number| u8::try_from(number).ok())) {
            ('u' | 'U', Some(sign), _) => bytes.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes()),
            ('x' | 'X' | '0'..='7', _, Some(byte)) => bytes.push(byte),
            _ => return self.fault("an escape that is no sign"),
        }
        Ok(())
    }
}

fn is_word(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// A number, a boolean, or the name of a value of an enumeration.
fn word(text: &str) -> Kind<'_> {
    match text {
        "true" => return Kind::Bool(true),
        "false" => return Kind::Bool(false),
        _ => {}
    }
    let hex = text.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
    if let Some(number) = hex.or_else(|| text.parse().ok()) {
        return Kind::Int(number);
    }
    if let Ok(number) = text.parse() {
        return Kind::UInt(number);
    }
    let float = text.trim_end_matches(['f', 'F']).parse::<f64>().ok().filter(|number| number.is_finite());
    match float.filter(|_| text.contains(|sign: char| sign.is_ascii_digit())) {
        Some(number) => Kind::Float(number),
        None => Kind::Str(Cow::Borrowed(text)),
    }
}

/// `fields { key: "a" value { string_value: "b" } }` as `{a: b}`; any other message as it is.
fn structure(node: Node<'_>) -> Node<'_> {
    let [(name, fields)] = node.entries() else { return node };
    let pairs = items(fields);
    let is_pair = |pair: &Node<'_>| pair.get("key").is_some() && pair.entries().len() <= 2;
    if name.as_str() != Some("fields") || !pairs.iter().all(is_pair) {
        return node;
    }
    let mut entries = Vec::new();
    for pair in pairs {
        let value = pair.get("value").map_or_else(|| Node { kind: Kind::Null, ..pair.clone() }, plain);
        entries.extend(pair.get("key").map(|key| (key.clone(), value)));
    }
    Node { kind: Kind::Map(entries), ..node }
}

/// A `google.protobuf.Value` as what it holds.
fn plain<'a>(value: &Node<'a>) -> Node<'a> {
    let kind = match value.entries() {
        [(name, list)] if name.as_str() == Some("list_value") => {
            Kind::Seq(list.get("values").map(items).unwrap_or_default().iter().map(plain).collect())
        }
        [(name, held)] if name.as_str() != Some("null_value") => held.kind.clone(),
        _ => Kind::Null,
    };
    Node { kind, ..*value }
}

/// The values of a field that may come several times.
fn items<'n, 'a>(node: &'n Node<'a>) -> &'n [Node<'a>] {
    match &node.kind {
        Kind::Seq(items) => items,
        _ => std::slice::from_ref(node),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_lists_and_texts_are_read() {
        let text = r#"
            # a comment
            tests { test_name: "one" 'and \x41\n' input: < ssl: true random_value: 115 >; }
            tests: { names: ["a", "b"], code { value: 301 } kind: FIRST share: -1.5f }
            dynamic_metadata { value { fields { key: "foo" value { string_value: "bar" } }
              fields { key: "all" value { list_value { values { number_value: 1 } values { null_value: NULL_VALUE } } } } } }
        "#;
        let (documents, findings) = parse(FileId(0), text);
        assert!(findings.0.is_empty(), "{findings:?}");
        assert_eq!(
            documents.first().map(|document| document.root.to_json()),
            Some(json!({
                "tests": [
                    {"test_name": "oneand A\n", "input": {"ssl": true, "random_value": 115}},
                    {"names": ["a", "b"], "code": {"value": 301}, "kind": "FIRST", "share": -1.5},
                ],
                "dynamic_metadata": {"value": {"foo": "bar", "all": [1, null]}},
            }))
        );
    }

    #[test]
    fn what_is_none_is_said_with_its_place() {
        for (text, at) in [("a {", 3), ("a: \"b", 5), ("a b", 2), ("a: ]", 3), ("{}", 0)] {
            let (documents, findings) = parse(FileId(0), text);
            let place = findings.0.first().map(|finding| finding.label.location.clone());
            let wanted = Location::Span(Span { file: FileId(0), start: at, end: at });
            assert_eq!((documents.len(), place), (0, Some(wanted)), "{text}");
        }
    }
}
