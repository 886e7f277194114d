//! YAML → what a rule finds, for tests.

use super::{Context, Rule};
use crate::base::{Diagnostics, FileId, Location, Timestamp};
use crate::mesh::{LinkOptions, link};
use crate::resource::{DecodeOptions, decode};
use crate::yaml;

/// The first second of 2026.
const NOW: Timestamp = Timestamp(1_767_225_600);

/// What one rule finds in a text. The text is well-formed, and each place that is named exists.
pub(crate) fn found(rule: &Rule, text: &str) -> Diagnostics {
    let (documents, parsed) = yaml::parse(FileId(0), text);
    assert_eq!(parsed.0, [], "{}: {text}", rule.name);
    let (resources, _) = decode(&documents, &DecodeOptions::default());
    let (mesh, _) = link(&resources, LinkOptions::default());
    let mut found = Diagnostics::default();
    let context = Context::new(&resources, &mesh, &documents, NOW);
    (rule.check)(&context, &mut found);
    for finding in &found.0 {
        let span = resources.span(&documents, &finding.label.location);
        assert!(span.is_some() || finding.label.location == Location::Nowhere, "{}: {finding:?}", rule.name);
    }
    found
}
