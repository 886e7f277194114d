//! Tests of configuration: requests, and what must become of them.
//!
//! [`read`] takes the documents of a file with tests and gives [`Suite`]s with a place for every
//! fault; [`Expectation::judge`](expectation::Expectation::judge) compares one expectation with the
//! way of a request that [`simulate`](crate::simulate) found. Formats of tests are told apart by
//! their fields. Does no IO, and does not decide where a request goes.

pub mod expectation;
pub mod facts;
mod own;
mod pattern;
mod reader;
pub mod suite;

use crate::base::Diagnostics;
use crate::yaml::{Document, Node};

pub use pattern::Pattern;
pub use suite::Suite;

/// The format of a document with tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// meshc's.
    Own,
}

/// The format of a document; `None` where it is no test. An object of Kubernetes is none.
pub fn format(root: &Node<'_>) -> Option<Format> {
    if root.get("apiVersion").is_some() || root.get("kind").is_some() {
        return None;
    }
    root.get("tests").map(|_| Format::Own)
}

/// Reads the tests of a document, whose file has the given text.
pub fn read(document: &Document<'_>, format: Format, text: &str) -> (Suite, Diagnostics) {
    let mut reader = reader::Reader::new(document.file, text);
    let suite = match format {
        Format::Own => own::suite(document, &mut reader),
    };
    (suite, reader.found)
}
