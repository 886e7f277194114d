//! MeshConfig and MeshNetworks from istiod's ConfigMap `istio`.

use serde::de::DeserializeOwned;

use super::istio::MeshConfig;
use super::istio::mesh_config::MeshNetworks;
use super::resources::{Documents, Resources, Written};
use crate::base::{Diagnostic, Diagnostics, FileId, Location, Origin, SourceFile};
use crate::yaml;

/// The ConfigMap that istiod reads, in its own namespace.
const NAME: &str = "istio";

/// Reads the settings of the ConfigMap `istio`, unless a file of their own has them. The one in
/// `istio-system` is preferred, then the first by name of namespace.
pub(super) fn from_config_maps(
    resources: &mut Resources,
    documents: &(impl Documents + ?Sized),
    diagnostics: &mut Diagnostics,
) {
    let mut maps: Vec<_> = resources.config_maps.iter().filter(|map| map.name() == NAME).collect();
    maps.sort_by_key(|map| (map.namespace() != "istio-system", map.namespace()));
    let texts = |key: &'static str| {
        let text = |map: &&super::Object<super::kubernetes::ConfigMap>| {
            Some((map.origin().key("data").key(key), map.spec.data.get(key)?.clone()))
        };
        maps.iter().find_map(text)
    };
    let (mesh, networks) = (texts("mesh"), texts("meshNetworks"));
    if let (None, Some((origin, text))) = (&resources.mesh, mesh) {
        resources.mesh = Some(embedded::<MeshConfig>(origin, &text, resources, documents, diagnostics));
    }
    if let (None, Some((origin, text))) = (&resources.mesh_networks, networks) {
        resources.mesh_networks = Some(embedded::<MeshNetworks>(origin, &text, resources, documents, diagnostics));
    }
}

/// Reads a text inside a document. What is found in it is reported at the text as a whole, with
/// the line in the message: the lines of a YAML string need not be those of its value.
fn embedded<T: DeserializeOwned + Default>(
    origin: Origin,
    text: &str,
    resources: &Resources,
    documents: &(impl Documents + ?Sized),
    diagnostics: &mut Diagnostics,
) -> Written<T> {
    let file = FileId(u32::MAX);
    let (parsed, mut found) = yaml::parse(file, text);
    let value = match parsed.first() {
        Some(document) => yaml::decode(&document.root, file, &mut found),
        None => T::default(),
    };
    let lines = SourceFile::new("", text);
    let span = resources.span(documents, &Location::Value(origin.clone()));
    for finding in found.0 {
        let line = match &finding.label.location {
            Location::Span(span) => lines.line_column(span.start).line,
            Location::Value(_) | Location::Key(_) | Location::File(_) | Location::Nowhere => 1,
        };
        let at = span.map_or_else(|| Location::Value(origin.clone()), Location::Span);
        let message = format!("{} (line {line} of this text)", finding.message);
        let related = Vec::new();
        diagnostics.push(Diagnostic {
            message,
            label: crate::base::Label { location: at, ..finding.label },
            related,
            fix: Vec::new(),
            ..finding
        });
    }
    Written { origin, value }
}
