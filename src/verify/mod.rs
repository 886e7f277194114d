//! What breaks traffic in an Envoy configuration that `envoy --mode validate` accepts, or that it
//! refuses only late.
//!
//! [`document`] reads a bootstrap or the answer of `/config_dump` as JSON, [`config`] what `lower`
//! made. Both gather the same `facts::Facts`, and the [checks](checks::CHECKS) read nothing else.
//! Does no IO: whether a file is there is asked by a function that the caller gives.
//!
//! It knows Envoy's messages by the names of their fields, and nothing of Istio or Kubernetes.

pub mod checks;
mod facts;
mod ir;
mod json;
mod pattern;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::base::{Diagnostics, Origin, Path, ResourceId};
use crate::ir::ProxyConfig;

pub use json::Sort;

/// What a document is checked with.
pub struct Options<'a> {
    /// Whether a file is there; `None` where the files are those of another machine.
    pub file_exists: Option<&'a dyn Fn(&str) -> bool>,
    /// The first port that whoever runs Envoy may open; `None` where that is all of them, or where it is not known.
    pub first_port: Option<u64>,
}

/// Checks a bootstrap or a `/config_dump`; `None` where it is neither. Places are [`Origin`]s in
/// resource 0, which is the document.
pub fn document(root: &Value, options: &Options<'_>) -> Option<(Sort, Diagnostics)> {
    let (sort, facts) = json::facts(root)?;
    let found = checks::run(&facts, options);
    Some((sort, found))
}

/// Checks what `lower` made; places are those of the user's files.
pub fn config(config: &ProxyConfig) -> Diagnostics {
    checks::run(&ir::facts(config), &Options { file_exists: None, first_port: None })
}

/// The root of the document.
fn root() -> Origin {
    Origin { resource: ResourceId(0), path: Path::root() }
}

/// A place in the document as a JSON pointer (RFC 6901): `/static_resources/listeners/0`.
pub fn pointer(path: &Path) -> String {
    use crate::base::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Index(index) => format!("/{index}"),
    };
    path.segments().into_iter().map(step).collect()
}
