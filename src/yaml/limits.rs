//! How much a document may ask for. Numbers are generous for what a cluster takes and small
//! enough that no input can make the reader slow or large.

use crate::base::{Diagnostic, Diagnostics};

/// Levels of nesting. The deepest Kubernetes object we know (a CRD with its schema) has about 60;
/// recursion in later stages relies on this bound.
pub const MAX_DEPTH: usize = 128;

/// Aliases (`*name`) in one document.
pub const MAX_ALIASES: u32 = 10_000;

/// Nodes that the aliases and anchors of one document may copy. `go.yaml.in/yaml/v2` allows about
/// 400,000 in its `decode.go: allowedAliasRatio`; an honest file stays below 1,000.
pub const MAX_COPIED_NODES: u32 = 200_000;

/// Bytes of text that the aliases of one document may copy: nothing above the API server's own
/// limit of 3 MiB could be applied after expansion.
pub const MAX_COPIED_BYTES: u64 = 4 * 1024 * 1024;

/// Size in bytes above which a document is reported: the API server takes requests up to 3 MiB
/// (`MaxRequestBodyBytes`). Only a warning, because comments and indentation do not count there.
pub const LARGE_DOCUMENT: u32 = 3 * 1024 * 1024;

/// Findings reported for one document by the reader, and again by a decoding of it. What is
/// beyond them is counted in a last note.
pub const MAX_FINDINGS: usize = 100;

/// Adds a finding to those of one document, which begin at `first`, unless there are too many.
/// Gives whether it was added.
pub(super) fn push_bounded(diagnostics: &mut Diagnostics, first: usize, diagnostic: Diagnostic) -> bool {
    let count = diagnostics.0.len().saturating_sub(first);
    if count < MAX_FINDINGS {
        diagnostics.push(diagnostic);
        return true;
    }
    if count == MAX_FINDINGS {
        diagnostics.push(Diagnostic::note(
            "too-many-findings",
            diagnostic.label.location,
            format!("from here on, more than {MAX_FINDINGS} faults of this document are not shown"),
        ));
    }
    false
}
