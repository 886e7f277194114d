//! The texts of a run, and places in them.

use std::sync::{Arc, OnceLock};

/// A text in the [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text the bytes are in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A place as people count it: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One text. An index of its lines is made when the first position is asked for: each then costs a binary search.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name diagnostics show, a path relative to where the user stands, or `<stdin>`.
    pub name: Arc<str>,
    /// The whole text, as read.
    pub text: Arc<String>,
    line_starts: OnceLock<Arc<[u32]>>,
}

impl SourceFile {
    /// A text. Texts are limited to 4 GiB; the reader refuses larger ones.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: Arc::new(text.into()), line_starts: OnceLock::new() }
    }

    /// Byte offset at which each line starts; the first is 0.
    pub fn line_starts(&self) -> &Arc<[u32]> {
        let behind_breaks = || self.text.match_indices('\n').map(|(at, _)| at as u32 + 1);
        self.line_starts.get_or_init(|| [0].into_iter().chain(behind_breaks()).collect())
    }

    /// The line and column of a byte offset; an offset past the end counts as the end.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let offset = (offset as usize).min(self.text.len());
        let line_starts = self.line_starts();
        let line = line_starts.partition_point(|start| *start as usize <= offset) - 1;
        let start = line_starts[line] as usize;
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        LineColumn { line: line as u32 + 1, column: column as u32 + 1 }
    }
}

/// All texts of a run, in the order of their names, so that nothing depends on reading order.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a text.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// The text with this id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Every text with its id.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let file = SourceFile::new("a.yaml", "é: x\r\nb: y\n");
        assert_eq!(file.line_column(4), LineColumn { line: 1, column: 4 });
        assert_eq!(file.line_column(7), LineColumn { line: 2, column: 1 });
        assert_eq!(file.line_column(999), LineColumn { line: 3, column: 1 });
    }
}
