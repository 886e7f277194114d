//! YAML → what a rule finds, for tests.

use super::{Context, Rule};
use crate::base::{Diagnostics, FileId, Location};
use crate::mesh::{LinkOptions, link};
use crate::resource::{DecodeOptions, decode};
use crate::yaml;

/// What one rule finds in a text. The text is well-formed, and each place that is named exists.
pub(crate) fn found(rule: &Rule, text: &str) -> Diagnostics {
    let (documents, parsed) = yaml::parse(FileId(0), text);
    assert_eq!(parsed.0, [], "{}: {text}", rule.name);
    let (resources, _) = decode(&documents, &DecodeOptions::default());
    let (mesh, _) = link(&resources, LinkOptions::default());
    let mut found = Diagnostics::default();
    (rule.check)(&Context { resources: &resources, mesh: &mesh, documents: &documents }, &mut found);
    for finding in &found.0 {
        let span = resources.span(&documents, &finding.label.location);
        assert!(span.is_some() || finding.label.location == Location::Nowhere, "{}: {finding:?}", rule.name);
    }
    found
}
