//! Descriptors of the messages that envoy-types lacks: `TypedStruct` and Istio's filters.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MessageOptions,
};

/// The packages of [`files`] that belong to Istio.
pub(crate) const PACKAGES: [&str; 2] = ["istio.envoy.config.filter.http.alpn.v2alpha1", "stats"];

/// One file a package.
pub(crate) fn files() -> Vec<FileDescriptorProto> {
    vec![
        file("udpa/type/v1/typed_struct.proto", "udpa.type.v1", vec![typed_struct()], vec![]),
        file("xds/type/v3/typed_struct.proto", "xds.type.v3", vec![typed_struct()], vec![]),
        file("envoy/config/filter/http/alpn/v2alpha1/config.proto", PACKAGES[0], vec![alpn()], vec![]),
        file(
            "envoy/extensions/stats/config.proto",
            PACKAGES[1],
            vec![metric_config(), metric_definition(), plugin_config()],
            vec![
                enumeration("MetricType", &["COUNTER", "GAUGE", "HISTOGRAM"]),
                enumeration("Reporter", &["UNSPECIFIED", "SERVER_GATEWAY"]),
            ],
        ),
    ]
}

fn typed_struct() -> DescriptorProto {
    message("TypedStruct", vec![string(1, "type_url"), one(2, "value", ".google.protobuf.Struct")])
}

fn alpn() -> DescriptorProto {
    let scope = format!(".{}.FilterConfig", PACKAGES[0]);
    let entry = message(
        "AlpnOverride",
        vec![enum_field(1, "upstream_protocol", &format!("{scope}.Protocol")), repeated(string(2, "alpn_override"))],
    );
    DescriptorProto {
        nested_type: vec![entry],
        enum_type: vec![enumeration("Protocol", &["HTTP10", "HTTP11", "HTTP2"])],
        ..message("FilterConfig", vec![repeated(one(1, "alpn_override", &format!("{scope}.AlpnOverride")))])
    }
}

fn metric_config() -> DescriptorProto {
    let entry = DescriptorProto {
        options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
        ..message("DimensionsEntry", vec![string(1, "key"), string(2, "value")])
    };
    DescriptorProto {
        nested_type: vec![entry],
        ..message(
            "MetricConfig",
            vec![
                repeated(one(1, "dimensions", ".stats.MetricConfig.DimensionsEntry")),
                string(2, "name"),
                repeated(string(3, "tags_to_remove")),
                string(4, "match"),
                scalar(5, "drop", Type::Bool),
            ],
        )
    }
}

fn metric_definition() -> DescriptorProto {
    message("MetricDefinition", vec![string(1, "name"), string(2, "value"), enum_field(3, "type", ".stats.MetricType")])
}

fn plugin_config() -> DescriptorProto {
    const DURATION: &str = ".google.protobuf.Duration";
    message(
        "PluginConfig",
        vec![
            scalar(1, "debug", Type::Bool),
            scalar(2, "max_peer_cache_size", Type::Int32),
            string(3, "stat_prefix"),
            string(4, "field_separator"),
            string(5, "value_separator"),
            scalar(6, "disable_host_header_fallback", Type::Bool),
            one(7, "tcp_reporting_duration", DURATION),
            repeated(one(8, "metrics", ".stats.MetricConfig")),
            repeated(one(9, "definitions", ".stats.MetricDefinition")),
            enum_field(10, "reporter", ".stats.Reporter"),
            one(11, "rotation_interval", DURATION),
            one(12, "graceful_deletion_interval", DURATION),
        ],
    )
}

fn file(
    name: &str,
    package: &str,
    message_type: Vec<DescriptorProto>,
    enum_type: Vec<EnumDescriptorProto>,
) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some(package.to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type,
        enum_type,
        ..Default::default()
    }
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field, ..Default::default() }
}

/// Values are numbered from 0.
fn enumeration(name: &str, values: &[&str]) -> EnumDescriptorProto {
    let value = |(number, name): (i32, &&str)| EnumValueDescriptorProto {
        name: Some((*name).to_owned()),
        number: Some(number),
        options: None,
    };
    EnumDescriptorProto {
        name: Some(name.to_owned()),
        value: (0..).zip(values).map(value).collect(),
        ..Default::default()
    }
}

fn scalar(number: i32, name: &str, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

fn string(number: i32, name: &str) -> FieldDescriptorProto {
    scalar(number, name, Type::String)
}

fn one(number: i32, name: &str, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.to_owned()), ..scalar(number, name, Type::Message) }
}

fn enum_field(number: i32, name: &str, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.to_owned()), ..scalar(number, name, Type::Enum) }
}

fn repeated(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { label: Some(Label::Repeated.into()), ..field }
}
