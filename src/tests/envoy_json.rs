//! `envoy::json` against prost-reflect, an independent implementation of proto3 JSON.
//!
//! Each file of `testdata/envoy` is the canonical JSON of one message with its `@type`.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

use std::path::Path;

use envoy_types::pb::envoy::config::core::v3::Metadata;
use envoy_types::pb::google::protobuf::{Any, Empty, Int32Value, Struct, Timestamp};
use meshc::envoy::any::pack;
use meshc::envoy::json::{Style, Undescribed, to_json, to_value, write_message};
use meshc::envoy::typed_struct::{number, structure};
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, SerializeOptions,
    Value as Reflected,
};
use serde_json::{Value, json};

fn pool() -> DescriptorPool {
    DescriptorPool::decode(&include_bytes!("../envoy/descriptors.bin")[..]).expect("descriptors.bin is closed")
}

fn fixtures() -> Vec<(String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/envoy");
    let mut fixtures = Vec::new();
    for entry in directory.read_dir().expect("testdata/envoy is there") {
        let path = entry.expect("testdata/envoy is readable").path();
        let text = std::fs::read_to_string(&path).expect("a fixture is text");
        fixtures.push((path.display().to_string(), serde_json::from_str(&text).expect("a fixture is JSON")));
    }
    fixtures.sort_by(|(left, _), (right, _)| left.cmp(right));
    assert!(fixtures.len() > 20);
    fixtures
}

fn written(bytes: &[u8], style: Style) -> String {
    let mut text = String::new();
    let described = write_message("google.protobuf.Any", bytes, style, 0, &mut text);
    assert_eq!(described, Ok(()));
    text
}

/// Numbers as doubles: an f32 in prost-reflect's tree has the digits of its double.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().map(|number| number as f32)),
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, rounded(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

#[test]
fn text_reads_back_as_the_fixture() {
    let any = pool().get_message_by_name("google.protobuf.Any").expect("Any is described");
    for (path, fixture) in fixtures() {
        let message =
            DynamicMessage::deserialize(any.clone(), &fixture).unwrap_or_else(|error| panic!("{path}: {error}"));
        let bytes = message.encode_to_vec();
        for style in [Style::Compact, Style::Pretty] {
            let text = written(&bytes, style);
            let ours: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
            assert_eq!(as_doubles(&ours), as_doubles(&fixture), "{path}");
            assert_eq!(rounded(ours), rounded(reflected_json(&message)), "{path}");
        }
    }
}

/// `1` and `1.0` are one number in JSON.
fn as_doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(as_doubles).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), as_doubles(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// A value of every field of `descriptor`, but for messages more than `depth` levels down.
fn sample(descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    match descriptor.full_name() {
        "google.protobuf.Duration" | "google.protobuf.Timestamp" => {
            message.set_field_by_name("seconds", Reflected::I64(1_709_208_000));
            message.set_field_by_name("nanos", Reflected::I32(1_500));
        }
        "google.protobuf.FieldMask" => {
            message.set_field_by_name("paths", Reflected::List(vec![Reflected::String("a_b.c".into())]));
        }
        "google.protobuf.Any" => {
            message.set_field_by_name(
                "type_url",
                Reflected::String("type.googleapis.com/google.protobuf.BoolValue".into()),
            );
            message.set_field_by_name("value", Reflected::Bytes(vec![0x08, 1].into()));
        }
        "google.protobuf.Value" => message.set_field_by_name("string_value", Reflected::String("v".into())),
        _ => {
            for field in descriptor.fields() {
                let deep = matches!(field.kind(), Kind::Message(_)) && depth == 0;
                if !deep {
                    message.set_field(&field, sample_field(&field, depth));
                }
            }
        }
    }
    message
}

fn sample_field(field: &FieldDescriptor, depth: usize) -> Reflected {
    if field.is_map() {
        let entry = field.kind();
        let entry = entry.as_message().expect("a map's entries are messages");
        let key = match entry.map_entry_key_field().kind() {
            Kind::String => MapKey::String("k".into()),
            Kind::Bool => MapKey::Bool(true),
            Kind::Uint32 => MapKey::U32(7),
            Kind::Uint64 => MapKey::U64(7),
            Kind::Int32 => MapKey::I32(-7),
            Kind::Int64 => MapKey::I64(-7),
            kind => panic!("a map with keys of {kind:?}: add it"),
        };
        Reflected::Map([(key, sample_one(&entry.map_entry_value_field().kind(), depth))].into())
    } else if field.is_list() {
        Reflected::List(vec![sample_one(&field.kind(), depth); 2])
    } else {
        sample_one(&field.kind(), depth)
    }
}

fn sample_one(kind: &Kind, depth: usize) -> Reflected {
    match kind {
        Kind::Double => Reflected::F64(-0.1),
        Kind::Float => Reflected::F32(0.1),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Reflected::I32(i32::MIN),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Reflected::I64(i64::MIN),
        Kind::Uint32 | Kind::Fixed32 => Reflected::U32(u32::MAX),
        Kind::Uint64 | Kind::Fixed64 => Reflected::U64(u64::MAX),
        Kind::Bool => Reflected::Bool(true),
        Kind::String => Reflected::String("s".into()),
        Kind::Bytes => Reflected::Bytes(vec![0, 0xff, 0xfe, 1].into()),
        Kind::Enum(declared) => {
            let largest = declared.values().map(|value| value.number()).max();
            Reflected::EnumNumber(largest.expect("an enum has a value"))
        }
        Kind::Message(descriptor) => Reflected::Message(sample(descriptor, depth.saturating_sub(1))),
    }
}

/// Every field of every message, two levels deep, as prost-reflect prints it.
#[test]
fn all_fields_of_all_messages_agree() {
    let mut count = 0;
    for descriptor in pool().all_messages().filter(|message| !message.is_map_entry()) {
        let message = sample(&descriptor, 2);
        let mut text = String::new();
        let described = write_message(descriptor.full_name(), &message.encode_to_vec(), Style::Compact, 0, &mut text);
        assert_eq!(described, Ok(()));
        let ours: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let theirs = reflected_json(&message);
        assert_eq!(rounded(ours), rounded(theirs), "{}", descriptor.full_name());
        count += 1;
    }
    assert!(count > 1_000, "{count}");
}

fn reflected_json(message: &DynamicMessage) -> Value {
    let options = SerializeOptions::new().use_proto_field_name(true);
    message.serialize_with_options(serde_json::value::Serializer, &options).expect("prost-reflect prints")
}

#[test]
fn pretty_text_is_indented_by_two() {
    let any = pack(&structure([]));
    assert_eq!(
        to_json(&any, Style::Pretty),
        "{\n  \"@type\": \"type.googleapis.com/google.protobuf.Struct\",\n  \"value\": {}\n}\n"
    );
}

/// prost encodes a hash map in an order that differs from map to map.
#[test]
fn map_keys_are_sorted() {
    let names = |range: std::ops::Range<u8>| range.map(|at| (format!("k{at:03}"), Struct::default()));
    let one = Metadata { filter_metadata: names(0..100).collect(), ..Default::default() };
    let other = Metadata { filter_metadata: names(50..100).chain(names(0..50)).collect(), ..Default::default() };
    let text = to_json(&one, Style::Compact);
    assert_eq!(text, to_json(&other, Style::Compact));
    let keys: Vec<String> =
        to_value(&one)["filter_metadata"].as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
    assert!(keys.is_sorted() && keys.len() == 100);
}

/// Envoy's JSON parser knows no `value` in an `Any` of `Empty`.
#[test]
fn any_of_empty_has_no_value() {
    assert_eq!(to_value(&pack(&Empty {})), json!({"@type": "type.googleapis.com/google.protobuf.Empty"}));
    assert_eq!(to_value(&Any::default()), json!({}));
}

#[test]
fn an_unknown_type_is_base64_and_named() {
    let url = "type.googleapis.com/acme.Secret";
    let any = Any { type_url: url.to_owned(), value: vec![1, 2, 3] };
    let mut text = String::new();
    let described = write_message("google.protobuf.Any", &any.encode_to_vec(), Style::Compact, 0, &mut text);
    assert_eq!(described, Err(Undescribed(vec![url.to_owned()])));
    assert_eq!(text, format!(r#"{{"@type":"{url}","value":"AQID"}}"#));
    assert_eq!(to_json(&any, Style::Compact), text);
}

#[test]
fn broken_bytes_and_unknown_fields_are_named() {
    let mut text = String::new();
    let described = write_message("google.protobuf.Timestamp", &[0x0a], Style::Compact, 0, &mut text);
    assert_eq!((described, text.as_str()), (Ok(()), r#""1970-01-01T00:00:00Z""#));

    let listener = "envoy.config.listener.v3.Listener";
    for (bytes, gap) in [(&[0xf8, 0x3f, 1][..], ".1023"), (&[0x0a, 9], " (broken bytes)")] {
        let mut text = String::new();
        let described = write_message(listener, bytes, Style::Compact, 0, &mut text);
        assert_eq!(described, Err(Undescribed(vec![format!("{listener}{gap}")])));
        assert_eq!(text, "{}");
    }
}

/// A field given twice: scalars replace, messages merge.
#[test]
fn repeated_singular_fields_follow_the_wire_rules() {
    let cluster = "envoy.config.cluster.v3.Cluster";
    // name = "a", connect_timeout {seconds: 1}, name = "b", connect_timeout {nanos: 5}
    let bytes = [0x0a, 1, b'a', 0x22, 2, 0x08, 1, 0x0a, 1, b'b', 0x22, 2, 0x10, 5];
    let mut text = String::new();
    assert_eq!(write_message(cluster, &bytes, Style::Compact, 0, &mut text), Ok(()));
    assert_eq!(text, r#"{"name":"b","connect_timeout":"1.000000005s"}"#);
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let mut any = pack(&Int32Value { value: 1 });
    for _ in 0..10_000 {
        any = pack(&any);
    }
    let mut text = String::new();
    let described = write_message("google.protobuf.Any", &any.encode_to_vec(), Style::Compact, 0, &mut text);
    assert!(described.is_err());
    assert!(serde_json::from_str::<Value>(&text).is_ok());
}

#[test]
fn numbers_of_a_struct_stay_short() {
    let value = structure([("a", number(0.1)), ("b", number(3)), ("c", number(f64::NAN))]);
    assert_eq!(to_json(&value, Style::Compact), r#"{"a":0.1,"b":3,"c":"NaN"}"#);
    assert_eq!(to_json(&Timestamp { seconds: 1, nanos: 0 }, Style::Compact), r#""1970-01-01T00:00:01Z""#);
}
