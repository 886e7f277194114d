//! Documents that are read one by one and not kept: together they are many times as large as their texts, and most
//! commands need one again only to say where something is written.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::node::Document;
use super::split::{Piece, split};
use super::{PARALLEL, read_piece, subset};
use crate::base::{Diagnostics, FileId};

/// The documents of some files, as they are cut apart.
#[derive(Debug)]
pub struct Pieces<'src> {
    pieces: Vec<(FileId, &'src str, Piece<'src>)>,
    /// Those that were asked for.
    read: Vec<OnceLock<Option<Document<'src>>>>,
    diagnostics: Diagnostics,
}

impl<'src> Pieces<'src> {
    /// The documents of files, in their order. A text is at most 4 GiB.
    pub fn new(files: impl IntoIterator<Item = (FileId, &'src str)>) -> Self {
        let mut diagnostics = Diagnostics::default();
        let mut pieces = Vec::new();
        for (file, text) in files {
            let found = split(file, text, &mut diagnostics);
            pieces.extend(found.into_iter().map(|piece| (file, text, piece)));
        }
        let read = std::iter::repeat_with(OnceLock::new).take(pieces.len()).collect();
        Self { pieces, read, diagnostics }
    }

    /// Reads all documents, gives each with its place to `take`, and forgets it. What `take` makes of them is in the
    /// order written; with it are the findings that [`super::parse`] has.
    pub fn each<T: Send, F: Fn(usize, &Document<'src>) -> T + Sync>(
        &self,
        take: F,
    ) -> (impl Iterator<Item = T> + use<'src, T, F>, Diagnostics) {
        let bytes: usize = self.pieces.iter().map(|(_, _, piece)| piece.text.len()).sum();
        let read = |open: &mut subset::Open<'src>,
                    (at, &(file, text, piece)): (usize, &(FileId, &'src str, Piece<'src>))| {
            let (document, found) = read_piece(file, text, piece, open);
            (document.map(|document| take(at, &document)), found)
        };
        let mut read: Vec<_> = if bytes < PARALLEL {
            let mut open = subset::Open::default();
            self.pieces.iter().enumerate().map(|piece| read(&mut open, piece)).collect()
        } else {
            self.pieces.par_iter().enumerate().map_init(subset::Open::default, read).collect()
        };
        let mut diagnostics = self.diagnostics.clone();
        read.iter_mut().for_each(|(_, found)| diagnostics.extend(std::mem::take(found)));
        (read.into_iter().filter_map(|(taken, _)| taken), diagnostics)
    }

    /// The document with this place, read again.
    pub fn get(&self, at: usize) -> Option<&Document<'src>> {
        let &(file, text, piece) = self.pieces.get(at)?;
        let read = || read_piece(file, text, piece, &mut subset::Open::default()).0;
        self.read.get(at)?.get_or_init(read).as_ref()
    }
}
