//! YAML → linked mesh, for tests.

use super::{LinkOptions, Mesh, link};
use crate::base::{Diagnostics, FileId, Severity};
use crate::resource::{DecodeOptions, decode};
use crate::yaml;

/// Parses, decodes and links a text; the findings are those of linking.
pub(crate) fn linked(text: &str) -> (Mesh, Diagnostics) {
    let (documents, found) = yaml::parse(FileId(0), text);
    assert_eq!(found.0, []);
    let (resources, found) = decode(&documents, &DecodeOptions::default());
    // What is not translated is known; everything else is a mistake of the test.
    assert!(found.0.iter().all(|it| it.code == "unsupported-kind"), "{found:?}");
    link(&resources, LinkOptions::default())
}

/// The mesh of a text that links without an error; references may lead nowhere.
pub(crate) fn mesh(text: &str) -> Mesh {
    let (mesh, found) = linked(text);
    assert!(found.worst() < Some(Severity::Error), "{found:?}");
    mesh
}
