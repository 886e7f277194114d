//! Text → spanned trees, and trees → typed values, with every fault of a document in one run.
//!
//! [`parse`] takes one file and gives its documents as Kubernetes reads them (YAML 1.1 by
//! `sigs.k8s.io/yaml`), each value with its bytes. [`decode`] turns a tree into a serde type, and
//! reports what does not fit instead of stopping. Both are pure and bounded, so files can be read
//! in parallel. Knows nothing of Kubernetes objects or Istio kinds.

mod decode;
mod events;
mod limits;
mod mapping;
mod node;
mod pieces;
mod scalar;
mod spelling;
mod split;
mod subset;
#[cfg(test)]
mod tests;
mod tree;

use rayon::prelude::*;

use crate::base::{Diagnostic, Diagnostics, FileId, Location, Span};

pub use decode::{decode, decode_lenient};
pub use limits::{LARGE_DOCUMENT, MAX_ALIASES, MAX_COPIED_BYTES, MAX_COPIED_NODES, MAX_DEPTH, MAX_FINDINGS};
pub use node::{Comment, Document, Kind, Node};
pub use pieces::Pieces;
use split::Piece;

/// Size in bytes from which documents are read in parallel: to start threads costs as much as to read a part of it.
const PARALLEL: usize = 1024 * 1024;

/// Reads the documents of a file. One that is not well-formed is reported and left out, the others
/// are delivered, in the order written. The text is at most 4 GiB.
pub fn parse<'src>(file: FileId, text: &'src str) -> (Vec<Document<'src>>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let pieces = split::split(file, text, &mut diagnostics);
    let read = |open: &mut subset::Open<'src>, piece| read_piece(file, text, piece, open);
    let read: Vec<_> = if text.len() < PARALLEL {
        let mut open = subset::Open::default();
        pieces.into_iter().map(|piece| read(&mut open, piece)).collect()
    } else {
        pieces.into_par_iter().map_init(subset::Open::default, read).collect()
    };
    let mut documents = Vec::with_capacity(read.len());
    for (document, found) in read {
        documents.extend(document);
        diagnostics.extend(found);
    }
    (documents, diagnostics)
}

fn read_piece<'src>(
    file: FileId,
    text: &'src str,
    piece: Piece<'src>,
    open: &mut subset::Open<'src>,
) -> (Option<Document<'src>>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let size = piece.text.len() as u32;
    if size > LARGE_DOCUMENT {
        let span = Span { file, start: piece.start, end: piece.start };
        let message = format!("a document of {} MiB; the API server takes at most 3 MiB", size >> 20);
        diagnostics.push(Diagnostic::warning("large-document", Location::Span(span), message));
    }
    let document = match subset::read(file, piece, open) {
        Ok(document) => document,
        Err(subset::Beyond) => tree::read(file, text, piece, &mut diagnostics),
    };
    (document, diagnostics)
}
