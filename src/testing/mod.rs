//! Tests of configuration: requests, and what must become of them.
//!
//! [`read`] takes the documents of a file with tests and gives [`Suite`]s with a place for every
//! fault; [`Expectation::judge`](expectation::Expectation::judge) compares one expectation with the
//! way of a request that [`simulate`](crate::simulate) found. [`validator`] and [`router_check`] are
//! formats of other tools, told apart by their fields, which ask for less than a proxy. Does no IO,
//! and does not decide where a request goes.

pub mod coverage;
pub mod expectation;
pub mod facts;
mod own;
mod reader;
pub mod router_check;
pub mod suite;
mod table;
pub mod text_proto;
pub mod validator;

use crate::base::Diagnostics;
use crate::yaml::{Document, Node};

pub use suite::Suite;
pub use table::Table;

/// The format of a document with tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// meshc's.
    Own,
    /// getyourguide's istio-config-validator.
    Validator,
    /// Envoy's router_check_tool.
    RouterCheck,
}

/// The format of a document; `None` where it is no test. An object of Kubernetes is none.
pub fn format(root: &Node<'_>) -> Option<Format> {
    if root.get("apiVersion").is_some() || root.get("kind").is_some() {
        return None;
    }
    if root.get("testCases").is_some() {
        return Some(Format::Validator);
    }
    let foreign = |test: &Node<'_>| test.get("test_name").is_some() || test.get("validate").is_some();
    let tests = root.get("tests")?;
    Some(if tests.elements().first().is_some_and(foreign) { Format::RouterCheck } else { Format::Own })
}

/// Reads the tests of a document, whose file has the given text.
pub fn read(document: &Document<'_>, format: Format, text: &str) -> (Suite, Diagnostics) {
    let mut reader = reader::Reader::new(document.file, text);
    let suite = match format {
        Format::Own => own::suite(document, &mut reader),
        Format::Validator => validator::suite(document, &mut reader),
        Format::RouterCheck => router_check::suite(document, &mut reader),
    };
    (suite, reader.found)
}
