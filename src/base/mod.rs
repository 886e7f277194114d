//! The vocabulary every stage shares: source text and spans, paths and origins, diagnostics,
//! and the small parsed values (hosts, ports, durations).
//!
//! Knows nothing of YAML, Kubernetes, Istio kinds or Envoy.

pub mod cel;
mod correction;
mod diagnostic;
mod duration;
pub mod grpc;
mod host;
mod host_index;
mod labels;
pub mod likeness;
pub mod origin;
mod path;
mod pattern;
mod port;
mod protocol;
mod regex;
pub mod retry;
mod source;
mod text;
mod timestamp;
mod unicode_class;
pub mod xml;

pub use correction::{Change, Edit};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Location, Severity};
pub use duration::{Duration, DurationError};
pub use host::{HostPattern, NamespacedHost};
pub use host_index::Hosts;
pub use labels::Labels;
pub use origin::{Origin, Origins, ResourceId};
pub use path::{Path, Segment};
pub use pattern::Pattern;
pub use port::Port;
pub use protocol::Protocol;
pub use regex::{Regex, RegexError};
pub use source::{FileId, LineColumn, SourceFile, SourceMap, Span};
pub use text::{Address, Base64, ExportTo};
pub use timestamp::Timestamp;
