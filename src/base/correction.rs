//! What to write instead, where that is certain.

use super::Location;

/// A change of one place of the text. Comments and formatting around it stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The place, one that is written.
    pub at: Location,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another word, in the quotes of the one that is there.
    Word(String),
    /// The same text in quotes: YAML read it as a number or a truth value.
    Quoted,
    /// The same text without its quotes.
    Unquoted,
    /// The same text between two others.
    Between(&'static str, &'static str),
    /// An element of a list is there twice, the first time with another word at a place in it.
    Doubled {
        /// The place in the element.
        part: Location,
        /// What is there in the first one.
        word: String,
    },
}
