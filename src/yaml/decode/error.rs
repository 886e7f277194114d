//! Why serde gave up on a value.

use std::fmt;

use serde::de::{Expected, Unexpected};

use super::super::node::Node;
use super::Context;
use super::wording::{self, Place};
use crate::base::{Diagnostic, Location};

/// An error on its way to the field or element that is left out because of it.
#[derive(Debug)]
pub(super) enum Error {
    /// A type's own words.
    Custom(String),
    /// The type wants this instead.
    WrongType { expected: String },
    /// Fully described.
    Described(Box<Diagnostic>),
    /// The attempt is over; the context knows why.
    Refused,
}

impl Error {
    /// What to report, for an error at a node.
    pub(super) fn into_diagnostic(self, context: &Context, node: &Node<'_>, place: &Place<'_>) -> Diagnostic {
        let location = Location::Span(node.span(context.file));
        let diagnostic = match self {
            Self::Described(diagnostic) => return *diagnostic,
            Self::WrongType { expected } => return wording::wrong_type(context.file, node, place, &expected),
            Self::Custom(message) => Diagnostic::error("bad-value", location, message),
            Self::Refused => Diagnostic::error("bad-value", location, format!("{} cannot be read", place.name())),
        };
        // A type that got the zero value of a wrong type often refuses that too: the first finding
        // is the cause.
        let cause =
            context.found.borrow().0.last().filter(|last| last.label.location == diagnostic.label.location).cloned();
        cause.unwrap_or_else(|| diagnostic.labelled(place.inside()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(message) => f.write_str(message),
            Self::WrongType { expected } => write!(f, "expected {expected}"),
            Self::Described(diagnostic) => f.write_str(&diagnostic.message),
            Self::Refused => f.write_str("value left out"),
        }
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::WrongType { expected: expected.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Custom(format!("`{field}` is missing"))
    }
}
