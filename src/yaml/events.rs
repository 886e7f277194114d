//! The one file that knows the parser crate: `granit-parser` events with byte offsets of the file.

use std::borrow::Cow;

use granit_parser::{Options, Parser, ScalarStyle, Span, StrInput, StructureStyle};

use super::limits::MAX_DEPTH;

/// The explicit tag of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// None was written.
    None,
    /// One of YAML's own, as `int` for `!!int`.
    Yaml(String),
    /// Any other, as `!Ref`, or the lone `!`.
    Other,
}

/// What the parser met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event<'src> {
    /// A document begins.
    DocumentStart,
    /// A document ends.
    DocumentEnd,
    /// A scalar; `plain` when neither quoted nor a block.
    Scalar { text: Cow<'src, str>, plain: bool, anchor: usize, tag: Tag },
    /// A sequence begins; `flow` when in brackets.
    Sequence { flow: bool, anchor: usize },
    /// A mapping begins; `flow` when in braces.
    Mapping { flow: bool, anchor: usize },
    /// The innermost open collection ends.
    End,
    /// `*name` for the anchor with this number.
    Alias(usize),
    /// `*name` for a name that no anchor before it has.
    UnknownAlias(Cow<'src, str>),
}

impl Event<'_> {
    /// The number of the anchor on the node that begins, 0 for none.
    pub(super) fn anchor(&self) -> usize {
        match self {
            Self::Scalar { anchor, .. } | Self::Sequence { anchor, .. } | Self::Mapping { anchor, .. } => *anchor,
            _ => 0,
        }
    }
}

/// An event and the bytes it comes from. Block collections begin with their first entry and have
/// no end of their own; an absent value is an empty range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed<'src> {
    pub(super) event: Event<'src>,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Why the parser cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// Where it noticed.
    pub(super) at: u32,
    /// What it says.
    pub(super) message: String,
}

/// The events of one piece of a file.
pub(super) struct Events<'src> {
    parser: Parser<'src, StrInput<'src>>,
    base: u32,
}

impl<'src> Events<'src> {
    /// Reads `text`, which begins at byte `base` of its file.
    pub(super) fn new(text: &'src str, base: u32) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.emit_unresolved_aliases = true;
        options.bom_inside_document_as_content = true;
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        Self { parser: Parser::new_from_str_with_options(text, options), base }
    }

    /// The next event; `None` at the end and after an error.
    pub(super) fn next(&mut self) -> Option<Result<Placed<'src>, SyntaxError>> {
        use granit_parser::Event as Raw;
        loop {
            let (raw, span) = match self.parser.next_event()? {
                Ok(event) => event,
                Err(error) => {
                    let at = self.base + error.marker().byte_offset().unwrap_or(0) as u32;
                    return Some(Err(SyntaxError { at, message: error.info() }));
                }
            };
            let event = match raw {
                Raw::DocumentStart(..) => Event::DocumentStart,
                Raw::DocumentEnd => Event::DocumentEnd,
                Raw::Scalar(text, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain;
                    Event::Scalar { text, plain, anchor, tag: tag.as_deref().map_or(Tag::None, known_tag) }
                }
                Raw::SequenceStart(style, anchor, _) => Event::Sequence { flow: style == StructureStyle::Flow, anchor },
                Raw::MappingStart(style, anchor, _) => Event::Mapping { flow: style == StructureStyle::Flow, anchor },
                Raw::SequenceEnd | Raw::MappingEnd => Event::End,
                Raw::Alias(anchor) => Event::Alias(anchor),
                Raw::UnresolvedAlias(name) => Event::UnknownAlias(name),
                _ => continue,
            };
            return Some(Ok(self.place(event, span)));
        }
    }

    fn place(&self, event: Event<'src>, span: Span) -> Placed<'src> {
        let range = span.byte_range().unwrap_or(0..0);
        Placed { event, start: self.base + range.start as u32, end: self.base + range.end as u32 }
    }
}

fn known_tag(tag: &granit_parser::Tag) -> Tag {
    match tag.suffix_in_namespace("tag:yaml.org,2002:") {
        Some(name) => Tag::Yaml(name.into_owned()),
        None => Tag::Other,
    }
}
