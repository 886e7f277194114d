//! `TypedStruct`: a message that Envoy decodes itself from a `google.protobuf.Struct`, for filters whose
//! protos the sender does not have. And builders of such structs.
//!
//! envoy-types generates neither package, so the two messages are written here by hand.

use envoy_types::pb::google::protobuf::{Any, ListValue, NullValue, Struct, Value, value::Kind};

use super::any::pack;

/// `udpa.type.v1.TypedStruct`, the one istiod sends. The same as [`XdsTypedStruct`] but for its name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UdpaTypedStruct {
    /// Type of the message that `value` stands for.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The message's proto3 JSON.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Struct>,
}

impl prost::Name for UdpaTypedStruct {
    const NAME: &'static str = "TypedStruct";
    const PACKAGE: &'static str = "udpa.type.v1";
}

/// `xds.type.v3.TypedStruct`, which users write in EnvoyFilters.
#[derive(Clone, PartialEq, prost::Message)]
pub struct XdsTypedStruct {
    /// Type of the message that `value` stands for.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The message's proto3 JSON.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Struct>,
}

impl prost::Name for XdsTypedStruct {
    const NAME: &'static str = "TypedStruct";
    const PACKAGE: &'static str = "xds.type.v3";
}

/// An `Any` of `udpa.type.v1.TypedStruct` for the message `full_name`. An empty `value` stays unset.
pub fn typed_struct(full_name: &str, value: Struct) -> Any {
    let value = if value.fields.is_empty() { None } else { Some(value) };
    pack(&UdpaTypedStruct { type_url: format!("type.googleapis.com/{full_name}"), value })
}

/// A struct from literal pairs; of equal keys the last counts.
pub fn structure<const N: usize>(pairs: [(&str, Value); N]) -> Struct {
    Struct { fields: pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect() }
}

/// The struct of a JSON object; `None` for any other JSON.
pub fn from_json(json: &serde_json::Value) -> Option<Struct> {
    let object = json.as_object()?;
    Some(Struct { fields: object.iter().map(|(key, json)| (key.clone(), value(json))).collect() })
}

/// Any JSON as a value. Numbers become doubles: integers above 2^53 lose digits, as in every protobuf.
pub fn value(json: &serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(NullValue::NullValue.into()),
        serde_json::Value::Bool(flag) => Kind::BoolValue(*flag),
        // Never `None` without serde_json's `arbitrary_precision`.
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Kind::StringValue(text.clone()),
        serde_json::Value::Array(items) => return list(items.iter().map(value)),
        serde_json::Value::Object(_) => Kind::StructValue(from_json(json).unwrap_or_default()),
    };
    Value { kind: Some(kind) }
}

/// A string value.
pub fn string(text: impl Into<String>) -> Value {
    Value { kind: Some(Kind::StringValue(text.into())) }
}

/// A number value.
pub fn number(number: impl Into<f64>) -> Value {
    Value { kind: Some(Kind::NumberValue(number.into())) }
}

/// A boolean value.
pub fn boolean(flag: bool) -> Value {
    Value { kind: Some(Kind::BoolValue(flag)) }
}

/// A list value.
pub fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value { kind: Some(Kind::ListValue(ListValue { values: values.into_iter().collect() })) }
}

/// A struct inside a struct.
pub fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value { kind: Some(Kind::StructValue(structure(pairs))) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn json_survives_the_struct() {
        let json =
            json!({"null": null, "flag": true, "number": -1.5, "text": "t", "list": [1, "a", []], "object": {"k": {}}});
        let value = from_json(&json).unwrap_or_default();
        let typed = XdsTypedStruct { type_url: "t/x.Y".into(), value: Some(value) };
        assert_eq!(to_value(&typed), json!({"type_url": "t/x.Y", "value": json}).to_owned());
        assert_eq!(from_json(&json!([])), None);
    }

    #[test]
    fn literal_pairs_give_the_same_struct() {
        let built = structure([("a", string("x")), ("b", object([("c", list([number(1), boolean(false)]))]))]);
        assert_eq!(Some(built), from_json(&json!({"a": "x", "b": {"c": [1, false]}})));
    }

    #[test]
    fn typed_struct_is_expanded_inside_any() {
        let any =
            typed_struct("io.istio.http.peer_metadata.Config", structure([("shared_with_upstream", boolean(true))]));
        assert_eq!(
            to_value(&any),
            json!({
                "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
                "type_url": "type.googleapis.com/io.istio.http.peer_metadata.Config",
                "value": {"shared_with_upstream": true}
            })
        );
    }
}
