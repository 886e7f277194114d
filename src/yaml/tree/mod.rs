//! Builds the tree of one document from its events, in one pass and with a bounded size.

mod gap;
mod report;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, FileId};

use super::events::{Event, Events, Placed, Tag};
use super::limits::{MAX_ALIASES, MAX_COPIED_BYTES, MAX_COPIED_NODES, MAX_DEPTH, push_bounded};
use super::node::{Comment, Document, Kind, Node};
use super::spelling;
use super::split::Piece;
use super::{mapping, scalar};

/// Reads one piece of a file, as `split` gives it. `None` when it holds no value, or none that can
/// be trusted: then the diagnostics say why.
pub(super) fn read<'src>(
    file: FileId,
    source: &'src str,
    Piece { start: base, text: piece, comment }: Piece<'src>,
    diagnostics: &mut Diagnostics,
) -> Option<Document<'src>> {
    let builder = Builder {
        file,
        source,
        events: Events::new(piece, base),
        start: base,
        end: base + piece.len() as u32,
        json: piece.trim_start().starts_with('{'),
        read_to: base,
        gap_start: base,
        after_plain: false,
        frames: Vec::new(),
        anchors: BTreeMap::new(),
        comments: comment.into_iter().collect(),
        size: Size::default(),
        copied: Size::default(),
        aliases: 0,
        first_finding: diagnostics.0.len(),
        diagnostics,
    };
    builder.document()
}

/// Nodes, and the bytes of text in them.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: u32,
    bytes: u64,
}

/// A collection whose end has not come yet.
struct Frame<'src> {
    start: u32,
    flow: bool,
    anchor: usize,
    /// Size of the document before it.
    before: Size,
    open: Open<'src>,
}

enum Open<'src> {
    Seq(Vec<Node<'src>>),
    Map {
        entries: Vec<(Node<'src>, Node<'src>)>,
        key: Key<'src>,
        /// Positions in `entries` of the keys `<<`.
        merges: Vec<usize>,
    },
}

/// Where a mapping stands between two entries.
enum Key<'src> {
    /// The next node is a key.
    Awaited,
    /// The next node is the value of this key.
    Seen(Node<'src>),
    /// The next node is the value of `<<`.
    Merge(Node<'src>),
    /// The next node is the value of a key that was reported.
    Refused,
}

/// The document cannot be read any further; the reason has been reported.
struct Stopped;

struct Builder<'src, 'out> {
    file: FileId,
    source: &'src str,
    events: Events<'src>,
    /// The piece.
    start: u32,
    end: u32,
    /// Whether it begins with a brace.
    json: bool,
    /// End of the last event: comments are looked for between this and the next one.
    read_to: u32,
    /// Where the text between the last two events begins.
    gap_start: u32,
    /// Whether the last event was a plain scalar.
    after_plain: bool,
    frames: Vec<Frame<'src>>,
    anchors: BTreeMap<usize, (Node<'src>, Size)>,
    comments: Vec<Comment<'src>>,
    size: Size,
    copied: Size,
    aliases: u32,
    first_finding: usize,
    diagnostics: &'out mut Diagnostics,
}

impl<'src> Builder<'src, '_> {
    fn document(mut self) -> Option<Document<'src>> {
        let mut root = None;
        while let Some(next) = self.events.next() {
            let placed = match next {
                Ok(placed) if root.is_some() && placed.event == Event::DocumentStart => {
                    self.ignored(placed.start);
                    break;
                }
                Ok(placed) => placed,
                Err(error) if root.is_some() => {
                    self.trailing(error.at);
                    break;
                }
                Err(error) => {
                    self.syntax_error(error);
                    return None;
                }
            };
            // A document's start is given as the place of its first token.
            let end = if placed.event == Event::DocumentStart { placed.start } else { placed.end };
            self.gap(placed.start, end);
            match self.event(placed) {
                Ok(Some(node)) => root = Some(node),
                Ok(None) => {}
                Err(Stopped) => return None,
            }
        }
        self.gap(self.end, self.end);
        let root = root.filter(|node| !node.is_null())?;
        Some(Document { file: self.file, root, comments: self.comments })
    }

    /// Takes one event; gives the document's value when it completes it.
    fn event(&mut self, Placed { event, start, end }: Placed<'src>) -> Result<Option<Node<'src>>, Stopped> {
        if event.anchor() != 0 {
            let before = self.source.get(self.gap_start as usize..start as usize).unwrap_or_default();
            self.fault(spelling::anchor(before, start));
        }
        match event {
            Event::DocumentStart | Event::DocumentEnd => Ok(None),
            Event::Sequence { flow, anchor } => {
                let start = if flow { start } else { self.dash_before(start) };
                self.open(start, flow, anchor, Open::Seq(Vec::new())).map(|()| None)
            }
            Event::Mapping { flow, anchor } => {
                let open = Open::Map { entries: Vec::new(), key: Key::Awaited, merges: Vec::new() };
                self.open(start, flow, anchor, open).map(|()| None)
            }
            Event::End => self.close(end),
            Event::Scalar { text, plain, anchor, tag } => {
                let before = self.size;
                self.size.nodes += 1;
                self.size.bytes += text.len() as u64;
                let merge = text == "<<" && (plain && tag == Tag::None || tag == Tag::Yaml("merge".to_owned()));
                self.check_spelling(&text, plain, start, end);
                if self.in_flow() && self.at_key() {
                    self.fault(spelling::flow_key(self.source, self.gap_start, start, end));
                }
                let node = self.scalar(text, plain, &tag, start, end);
                self.after_plain = plain && start != end;
                self.anchored(anchor, &node, before)?;
                Ok(self.add(node, plain, merge))
            }
            Event::Alias(anchor) => {
                let node = self.alias(anchor, start, end)?;
                Ok(self.add(node, false, false))
            }
            Event::UnknownAlias(name) => {
                let message = format!("no anchor `&{name}` before the alias `*{name}`");
                let help = "text that begins with `*` needs quotes";
                self.report(Diagnostic::error("unknown-anchor", self.at(start, end), message).help(help));
                Ok(self.add(Node { start, end, kind: Kind::Null }, false, false))
            }
        }
    }

    fn scalar(&mut self, text: Cow<'src, str>, plain: bool, tag: &Tag, start: u32, end: u32) -> Node<'src> {
        // An absent value comes as the text `~` without a place.
        let text = if plain && start == end { Cow::Borrowed("") } else { text };
        let kind = match scalar::value(text, plain, tag) {
            Ok(kind) => kind,
            Err(message) => {
                self.report(Diagnostic::error("bad-tag", self.at(start, end), message));
                Kind::Null
            }
        };
        Node { start, end, kind }
    }

    fn open(&mut self, start: u32, flow: bool, anchor: usize, open: Open<'src>) -> Result<(), Stopped> {
        if self.frames.len() == MAX_DEPTH {
            let message = format!("nesting deeper than {MAX_DEPTH} levels");
            self.report(Diagnostic::error("too-deep", self.at(start, start + 1), message));
            return Err(Stopped);
        }
        let before = self.size;
        self.size.nodes += 1;
        self.frames.push(Frame { start, flow, anchor, before, open });
        Ok(())
    }

    /// Ends the innermost collection. A block collection ends with its last entry.
    fn close(&mut self, end: u32) -> Result<Option<Node<'src>>, Stopped> {
        let Some(Frame { start, flow, anchor, before, open }) = self.frames.pop() else { return Ok(None) };
        let node = match open {
            Open::Seq(elements) => {
                let last = elements.last().map_or(start, |node| node.end);
                Node { start, end: if flow { end } else { last.max(start) }, kind: Kind::Seq(elements) }
            }
            Open::Map { entries, merges, .. } => {
                if let Some(node) = self.glued_element(flow, start, &entries) {
                    return Ok(self.add(node, true, false));
                }
                let last = entries.last().map_or(start, |(key, value)| key.end.max(value.end));
                let entries = self.entries(entries, merges);
                Node { start, end: if flow { end } else { last.max(start) }, kind: Kind::Map(entries) }
            }
        };
        self.anchored(anchor, &node, before)?;
        Ok(self.add(node, false, false))
    }

    fn entries(&mut self, entries: Vec<(Node<'src>, Node<'src>)>, merges: Vec<usize>) -> Vec<(Node<'src>, Node<'src>)> {
        let (file, first) = (self.file, self.first_finding);
        let mut report = |diagnostic| {
            push_bounded(self.diagnostics, first, diagnostic);
        };
        if merges.is_empty() {
            mapping::unique(file, entries, &mut report)
        } else {
            mapping::merged(file, entries, &merges, &mut report)
        }
    }

    /// Puts a finished node into the innermost collection, or gives it as the document's value.
    fn add(&mut self, node: Node<'src>, plain: bool, merge: bool) -> Option<Node<'src>> {
        let node = if self.at_key() { node } else { self.finite(node) };
        let Some(frame) = self.frames.last_mut() else { return Some(node) };
        match &mut frame.open {
            Open::Seq(elements) => elements.push(node),
            Open::Map { entries, key, merges } => match std::mem::replace(key, Key::Awaited) {
                Key::Awaited if merge => *key = Key::Merge(node),
                Key::Awaited => {
                    let end = node.start + 1;
                    let node = if frame.flow && plain { glued_key(self.source, node) } else { node };
                    match mapping::key(self.file, node) {
                        Ok(node) => *key = Key::Seen(node),
                        Err(diagnostic) => {
                            *key = Key::Refused;
                            let template = self.source.get(..end as usize).is_some_and(|text| text.ends_with("{{"));
                            let help = "this looks like a template: render it first, as with `helm template`";
                            self.report(if template { diagnostic.help(help) } else { *diagnostic });
                        }
                    }
                }
                Key::Seen(key) => entries.push((key, node)),
                Key::Merge(key) => {
                    merges.push(entries.len());
                    entries.push((key, node));
                }
                Key::Refused => {}
            },
        }
        None
    }

    /// Whether the next node is a key.
    fn at_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { open: Open::Map { key: Key::Awaited, .. }, .. }))
    }

    /// A value that JSON has too. As a key, `.inf` is text.
    fn finite(&mut self, node: Node<'src>) -> Node<'src> {
        match node.kind {
            Kind::Float(number) if !number.is_finite() => {
                let message = "Kubernetes refuses numbers that are not finite";
                let diagnostic = Diagnostic::error("bad-number", self.at(node.start, node.end), message);
                self.report(diagnostic.help("quote it if it is meant as text"));
                Node { kind: Kind::Null, ..node }
            }
            _ => node,
        }
    }

    /// In `[a:, b]` the parser sees a mapping, but for Kubernetes the colon belongs to the text.
    /// Gives that text when a mapping is one of these.
    fn glued_element(&self, flow: bool, start: u32, entries: &[(Node<'src>, Node<'src>)]) -> Option<Node<'src>> {
        let [(key, value)] = entries else { return None };
        let inside_sequence = matches!(self.frames.last()?.open, Open::Seq(_));
        let braced = self.source.as_bytes().get(start as usize) == Some(&b'{');
        if !flow || braced || !inside_sequence || !value.is_null() || value.start != value.end {
            return None;
        }
        let text = self.source.get(key.start as usize..key.end as usize)?;
        text.ends_with(':').then(|| Node { kind: scalar::resolve(Cow::Borrowed(text)), ..*key })
    }

    /// Remembers a node under its anchor.
    fn anchored(&mut self, anchor: usize, node: &Node<'src>, before: Size) -> Result<(), Stopped> {
        if anchor == 0 {
            return Ok(());
        }
        let size = Size { nodes: self.size.nodes - before.nodes, bytes: self.size.bytes - before.bytes };
        self.copy(size, node.start, node.end)?;
        self.anchors.insert(anchor, (node.clone(), size));
        Ok(())
    }

    fn alias(&mut self, anchor: usize, start: u32, end: u32) -> Result<Node<'src>, Stopped> {
        self.aliases += 1;
        if self.aliases > MAX_ALIASES {
            let message = format!("more than {MAX_ALIASES} aliases in one document");
            self.report(Diagnostic::error("alias-limit", self.at(start, end), message));
            return Err(Stopped);
        }
        let Some((_, size)) = self.anchors.get(&anchor) else {
            let message = "alias inside the value that it stands for";
            self.report(Diagnostic::error("recursive-alias", self.at(start, end), message));
            return Ok(Node { start, end, kind: Kind::Null });
        };
        let size = *size;
        self.copy(size, start, end)?;
        self.size.nodes += size.nodes;
        self.size.bytes += size.bytes;
        Ok(self.anchors.get(&anchor).map_or(Node { start, end, kind: Kind::Null }, |(node, _)| node.clone()))
    }

    /// Counts a copy against the limits.
    fn copy(&mut self, size: Size, start: u32, end: u32) -> Result<(), Stopped> {
        self.copied.nodes = self.copied.nodes.saturating_add(size.nodes);
        self.copied.bytes += size.bytes;
        if self.copied.nodes <= MAX_COPIED_NODES && self.copied.bytes <= MAX_COPIED_BYTES {
            return Ok(());
        }
        let message = "the document's anchors and aliases copy too much";
        let help = format!("at most {MAX_COPIED_NODES} values and {} MiB of text", MAX_COPIED_BYTES >> 20);
        self.report(Diagnostic::error("alias-limit", self.at(start, end), message).help(help));
        Err(Stopped)
    }

    fn in_flow(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.flow)
    }
}

/// In `{a:, b: 1}` the colon belongs to the first key, as in a sequence.
fn glued_key<'src>(source: &'src str, node: Node<'src>) -> Node<'src> {
    let glued =
        matches!(source.as_bytes().get(node.end as usize..node.end as usize + 2), Some([b':', b',' | b'}' | b']']));
    match source.get(node.start as usize..node.end as usize + 1) {
        Some(text) if glued && node.start < node.end => {
            Node { end: node.end + 1, kind: scalar::resolve(Cow::Borrowed(text)), ..node }
        }
        _ => node,
    }
}
