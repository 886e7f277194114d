//! `HttpConnectionManager.Tracing` and its custom tags.

use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::http_connection_manager as hcm;
use envoy_types::pb::envoy::r#type::metadata::v3::{MetadataKey, MetadataKind, metadata_key, metadata_kind};
use envoy_types::pb::envoy::r#type::tracing::v3 as tags;

use super::core::{bool_value, percent, uint32};
use crate::ir::http::{CustomTag, CustomTagValue, Tracing};

/// Tracing of a connection manager.
pub fn tracing(tracing: &Tracing) -> hcm::Tracing {
    let Tracing {
        client_sampling,
        random_sampling,
        overall_sampling,
        max_path_tag_length,
        custom_tags,
        spawn_upstream_span,
    } = tracing;
    hcm::Tracing {
        client_sampling: Some(percent(*client_sampling)),
        random_sampling: Some(percent(*random_sampling)),
        overall_sampling: Some(percent(*overall_sampling)),
        max_path_tag_length: max_path_tag_length.map(uint32),
        custom_tags: custom_tags.iter().map(custom_tag).collect(),
        spawn_upstream_span: spawn_upstream_span.map(bool_value),
        ..Default::default()
    }
}

fn custom_tag(tag: &CustomTag) -> tags::CustomTag {
    use tags::custom_tag::{Environment, Header, Literal, Metadata, Type};
    let CustomTag { tag, value } = tag;
    let value = match value {
        CustomTagValue::Literal(value) => Type::Literal(Literal { value: value.clone() }),
        CustomTagValue::Environment { name, default } => {
            Type::Environment(Environment { name: name.clone(), default_value: default.clone() })
        }
        CustomTagValue::Header { name, default } => {
            Type::RequestHeader(Header { name: name.clone(), default_value: default.clone() })
        }
        CustomTagValue::RequestMetadata { key, path } => Type::Metadata(Metadata {
            kind: Some(MetadataKind { kind: Some(metadata_kind::Kind::Request(metadata_kind::Request {})) }),
            metadata_key: Some(metadata_key(key, path)),
            default_value: String::new(),
        }),
    };
    tags::CustomTag { tag: tag.clone(), r#type: Some(value) }
}

fn metadata_key(key: &str, path: &[String]) -> MetadataKey {
    use metadata_key::{PathSegment, path_segment::Segment};
    let segment = |key: &String| PathSegment { segment: Some(Segment::Key(key.clone())) };
    MetadataKey { key: key.to_owned(), path: path.iter().map(segment).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn tags_as_istiod_writes_them() {
        let tag = |tag: &str, value| custom_tag(&CustomTag { tag: tag.into(), value });
        assert_eq!(
            to_value(&tag("mesh", CustomTagValue::Literal("cluster.local".into()))),
            json!({"tag": "mesh", "literal": {"value": "cluster.local"}})
        );
        let metadata = CustomTagValue::RequestMetadata { key: "rbac".into(), path: vec!["result".into()] };
        assert_eq!(
            to_value(&tag("dry", metadata)),
            json!({
                "tag": "dry",
                "metadata": {"kind": {"request": {}}, "metadata_key": {"key": "rbac", "path": [{"key": "result"}]}}
            })
        );
    }
}
