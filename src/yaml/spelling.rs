//! Spellings that the parser takes and Kubernetes' refuses (`go.yaml.in/yaml/v2: scannerc.go`):
//! tabs as indentation, some plain text in brackets, some escapes, odd anchor names. Measured by
//! `testdata/yaml/documents.jsonl`.

/// What is wrong at a place of the text, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

/// What is before an event, from the end of the one before it: separators, indicators, comments.
#[derive(Clone, Copy)]
pub(super) struct Gap {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Column below which a tab may not come on a line of its own, after a plain scalar; without
    /// bound after anything else.
    pub(super) tabs_from: Option<u32>,
}

const TAB: &str = "invalid YAML: a tab in the indentation";
const SPACES: &str = "YAML is indented with spaces: replace the tab";

/// A tab in the indentation of a line, or behind the `-` of an element.
pub(super) fn tab(source: &str, gap: Gap) -> Option<Fault> {
    let text = source.get(gap.start as usize..gap.end as usize).filter(|text| text.contains('\t'))?;
    let mut at = gap.start;
    let line_start = gap.start == 0 || source.as_bytes().get(gap.start as usize - 1) == Some(&b'\n');
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        let tab = code.find('\t').filter(|tab| {
            let before = code.get(..*tab).unwrap_or_default();
            if before.trim_matches(' ').is_empty() {
                (number > 0 || line_start) && gap.tabs_from.is_none_or(|from| (*tab as u32) < from)
            } else {
                before.trim_end_matches(' ').ends_with(['-', '?'])
            }
        });
        if let Some(tab) = tab {
            let start = at + tab as u32;
            return Some(Fault { start, end: start + 1, message: TAB, help: SPACES });
        }
        at += line.len() as u32;
    }
    None
}

/// A scalar: its place, the text before it back to the last event, and what was read.
#[derive(Clone, Copy)]
pub(super) struct Scalar<'t> {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) written: &'t str,
    pub(super) before: &'t str,
    pub(super) text: &'t str,
    pub(super) plain: bool,
    /// Directly in brackets or braces.
    pub(super) flow: bool,
    /// In a document that begins with a brace: `kubectl` reads it as JSON first.
    pub(super) json: bool,
}

/// A fault in how a scalar is written.
pub(super) fn scalar(scalar: Scalar<'_>) -> Option<Fault> {
    let Scalar { start, end, written, before, text, plain, flow, json } = scalar;
    if plain {
        let message = match text {
            _ if !flow => return None,
            _ if text.starts_with(':') => "invalid YAML: plain text in brackets cannot begin with `:`",
            _ if text.contains('?') => "invalid YAML: plain text in brackets cannot have a `?`",
            _ => return None,
        };
        return Some(Fault { start, end, message, help: "quote it" });
    }
    if written.starts_with('"') {
        // Most texts have no escape at all.
        let escape = written.contains('\\').then(|| refused_escape(written)).flatten().filter(|_| !json)?;
        let (start, end) = (start + escape.0 as u32, start + escape.1 as u32);
        let message = "invalid YAML: an escape of JSON that Kubernetes' YAML parser has not";
        return Some(Fault { start, end, message, help: "write the character itself" });
    }
    let block = !written.starts_with('\'') && text.trim_start_matches('\n').starts_with('\t');
    let header = before.rsplit(['|', '>']).next().unwrap_or_default();
    let indicated = header.trim_start_matches(['+', '-']).starts_with(|character: char| character.is_ascii_digit());
    (block && !indicated).then_some(Fault { start, end: start + 1, message: TAB, help: SPACES })
}

/// A key in braces that is not on one line with its colon. `before` is where the text in front of
/// it begins, which may hold the `?` that allows this.
pub(super) fn flow_key(source: &str, before: u32, start: u32, end: u32) -> Option<Fault> {
    let after = source.get(end as usize..)?;
    let colon = end as usize + after.find(|character: char| !character.is_whitespace())?;
    let one_line = !source.get(start as usize..colon)?.contains('\n');
    if one_line
        || source.as_bytes().get(colon) != Some(&b':')
        || source.get(before as usize..start as usize)?.contains('?')
    {
        return None;
    }
    let message = "invalid YAML: a key in braces goes over several lines";
    Some(Fault { start, end, message, help: "write the key and its colon on one line" })
}

/// The place of `\/`, or of a `\u` that is half of a surrogate pair.
fn refused_escape(written: &str) -> Option<(usize, usize)> {
    let bytes = written.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'\\' {
            at += 1;
            continue;
        }
        match (bytes.get(at + 1)?, bytes.get(at + 2), bytes.get(at + 3)) {
            (b'/', ..) => return Some((at, at + 2)),
            (b'u', Some(b'd' | b'D'), Some(b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F')) => return Some((at, at + 6)),
            _ => at += 2,
        }
    }
    None
}

/// An anchor (`&name`) whose name has other characters than letters, digits, `_` and `-`.
/// `before` is the text in front of the node, and ends at `end`.
pub(super) fn anchor(before: &str, end: u32) -> Option<Fault> {
    let (_, rest) = before.split_once('&')?;
    let name = rest.split_whitespace().next().unwrap_or_default();
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return None;
    }
    let start = end - rest.len() as u32 - 1;
    let message = "invalid YAML: an anchor's name has only letters, digits, `_` and `-`";
    Some(Fault { start, end: start + 1 + name.len() as u32, message, help: "rename the anchor" })
}
