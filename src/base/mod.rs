//! The vocabulary every stage shares: source text and spans, paths and origins, diagnostics,
//! and the small parsed values (hosts, ports, durations).
//!
//! Knows nothing of YAML, Kubernetes, Istio kinds or Envoy.

mod diagnostic;
mod origin;
mod path;
mod source;

pub use diagnostic::{Diagnostic, Diagnostics, Label, Location, Severity};
pub use origin::{Origin, Origins, ResourceId};
pub use path::{Path, Segment};
pub use source::{FileId, LineColumn, SourceFile, SourceMap, Span};
