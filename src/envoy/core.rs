//! The small messages of `envoy.config.core.v3` and `envoy.type`, and wrappers of plain values.

use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::r#type::matcher::v3::{
    RegexMatchAndSubstitute, RegexMatcher, StringMatcher, string_matcher,
};
use envoy_types::pb::envoy::r#type::v3 as types;
use envoy_types::pb::google::protobuf as wkt;
use prost::encoding;

use super::typed_struct::{string, structure};
use crate::ir;
use crate::ir::listener::Transport;
use crate::ir::route::{HeaderChanges, HeaderValue};

/// A duration; Envoy's end at about 292 billion years, beyond what can be written.
pub fn duration(duration: Duration) -> wkt::Duration {
    wkt::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or(0),
    }
}

/// A wrapped boolean.
pub fn bool_value(value: bool) -> wkt::BoolValue {
    wkt::BoolValue { value }
}

/// A wrapped number.
pub fn uint32(value: u32) -> wkt::UInt32Value {
    wkt::UInt32Value { value }
}

/// A wrapped number.
pub fn uint64(value: u64) -> wkt::UInt64Value {
    wkt::UInt64Value { value }
}

/// A percentage, from 0 to 100.
pub fn percent(value: f64) -> types::Percent {
    types::Percent { value }
}

/// A fraction.
pub fn fractional_percent(fraction: ir::FractionalPercent) -> types::FractionalPercent {
    let ir::FractionalPercent { numerator, denominator } = fraction;
    let denominator = match denominator {
        ir::Denominator::Hundred => types::fractional_percent::DenominatorType::Hundred,
        ir::Denominator::Million => types::fractional_percent::DenominatorType::Million,
    };
    types::FractionalPercent { numerator, denominator: denominator.into() }
}

/// A fraction that no runtime key overrides.
pub fn runtime_fractional_percent(fraction: ir::FractionalPercent) -> core::RuntimeFractionalPercent {
    core::RuntimeFractionalPercent { default_value: Some(fractional_percent(fraction)), runtime_key: String::new() }
}

/// An address of an upstream, or one that TCP listens on.
pub fn address(address: &ir::Address) -> core::Address {
    bound_address(address, Transport::Tcp)
}

/// An address to listen on.
pub fn bound_address(address: &ir::Address, transport: Transport) -> core::Address {
    let address = match address {
        ir::Address::Socket { address, port } => core::address::Address::SocketAddress(core::SocketAddress {
            protocol: match transport {
                Transport::Tcp => core::socket_address::Protocol::Tcp.into(),
                Transport::Quic => core::socket_address::Protocol::Udp.into(),
            },
            ..socket_address(address, *port)
        }),
        ir::Address::Pipe(path) => {
            core::address::Address::Pipe(core::Pipe { path: path.clone(), ..Default::default() })
        }
        ir::Address::Internal { listener, endpoint } => {
            core::address::Address::EnvoyInternalAddress(core::EnvoyInternalAddress {
                endpoint_id: endpoint.clone(),
                address_name_specifier: Some(core::envoy_internal_address::AddressNameSpecifier::ServerListenerName(
                    listener.clone(),
                )),
            })
        }
    };
    core::Address { address: Some(address) }
}

/// An IP address or name with a port.
pub fn socket_address(address: &str, port: u32) -> core::SocketAddress {
    core::SocketAddress {
        address: address.to_owned(),
        port_specifier: Some(core::socket_address::PortSpecifier::PortValue(port)),
        ..Default::default()
    }
}

/// A CIDR block.
pub fn cidr_range(cidr: &ir::listener::Cidr) -> core::CidrRange {
    let ir::listener::Cidr { address, prefix_len } = cidr;
    core::CidrRange { address_prefix: address.clone(), prefix_len: Some(uint32(*prefix_len)) }
}

/// A place; `{}` where nothing is known of it.
pub fn locality(locality: &ir::Locality) -> core::Locality {
    let ir::Locality { region, zone, sub_zone } = locality;
    core::Locality { region: region.clone(), zone: zone.clone(), sub_zone: sub_zone.clone() }
}

/// A string matcher.
pub fn string_matcher(matches: &ir::StringMatch) -> StringMatcher {
    use string_matcher::MatchPattern;
    let pattern = match matches {
        ir::StringMatch::Exact(text) => MatchPattern::Exact(text.clone()),
        ir::StringMatch::Prefix(text) => MatchPattern::Prefix(text.clone()),
        ir::StringMatch::Suffix(text) => MatchPattern::Suffix(text.clone()),
        ir::StringMatch::Contains(text) => MatchPattern::Contains(text.clone()),
        ir::StringMatch::Regex(text) => MatchPattern::SafeRegex(regex_matcher(text)),
    };
    StringMatcher { match_pattern: Some(pattern), ignore_case: false }
}

/// An RE2 expression that matches a whole text.
pub fn regex_matcher(regex: &str) -> RegexMatcher {
    RegexMatcher { regex: regex.to_owned(), engine_type: None }
}

/// An RE2 expression with what replaces its matches.
pub fn regex_match_and_substitute(pattern: &str, substitution: &str) -> RegexMatchAndSubstitute {
    RegexMatchAndSubstitute { pattern: Some(regex_matcher(pattern)), substitution: substitution.to_owned() }
}

/// The two lists that every message with header changes has: what is added, what is removed.
pub fn header_changes(changes: &HeaderChanges) -> (Vec<core::HeaderValueOption>, Vec<String>) {
    let HeaderChanges { add, remove } = changes;
    (add.iter().map(header_value_option).collect(), remove.clone())
}

fn header_value_option(header: &HeaderValue) -> core::HeaderValueOption {
    use core::header_value_option::HeaderAppendAction;
    let HeaderValue { name, value, overwrite } = header;
    let action =
        if *overwrite { HeaderAppendAction::OverwriteIfExistsOrAdd } else { HeaderAppendAction::AppendIfExistsOrAdd };
    core::HeaderValueOption {
        header: Some(core::HeaderValue { key: name.clone(), value: value.clone(), ..Default::default() }),
        append_action: action.into(),
        ..Default::default()
    }
}

/// Metadata with these entries in `filter_metadata`; `None` without any.
pub fn metadata(entries: impl IntoIterator<Item = (&'static str, wkt::Struct)>) -> Option<core::Metadata> {
    let entries = entries.into_iter().filter(|(_, fields)| !fields.fields.is_empty());
    let filter_metadata = entries.map(|(key, fields)| (key.to_owned(), fields)).collect();
    let metadata = core::Metadata { filter_metadata, ..Default::default() };
    (!metadata.filter_metadata.is_empty()).then_some(metadata)
}

/// `filter_metadata.istio.config`: the path of the Istio object (`istio: util.BuildConfigInfoMetadata`).
pub fn config_metadata(path: Option<&str>) -> Option<core::Metadata> {
    metadata([("istio", structure([("config", string(path?))]))])
}

/// Adds the same as a field to a message in the wire format, without the maps that it is made of.
pub fn append_config_metadata(field: u32, path: &str, bytes: &mut Vec<u8>) {
    // `Metadata.filter_metadata` and `Struct.fields` are maps; then comes `Value.string_value`.
    let [filter_metadata, fields, string_value] = [1, 1, 3];
    let [key, map_value] = [1, 2];
    let [namespace, member] = ["istio", "config"];
    let value = nested_len(path.len());
    let of_member = nested_len(member.len()) + nested_len(value);
    let structure = nested_len(of_member);
    let of_namespace = nested_len(namespace.len()) + nested_len(structure);
    open_nested(field, nested_len(of_namespace), bytes);
    open_nested(filter_metadata, of_namespace, bytes);
    append_text(key, namespace, bytes);
    open_nested(map_value, structure, bytes);
    open_nested(fields, of_member, bytes);
    append_text(key, member, bytes);
    open_nested(map_value, value, bytes);
    append_text(string_value, path, bytes);
}

/// Adds a field with a text to a message in the wire format.
pub fn append_text(field: u32, text: &str, bytes: &mut Vec<u8>) {
    open_nested(field, text.len(), bytes);
    bytes.extend_from_slice(text.as_bytes());
}

/// Adds the start of a field that holds `length` bytes: a text or a message.
pub fn open_nested(field: u32, length: usize, bytes: &mut Vec<u8>) {
    encoding::encode_key(field, encoding::WireType::LengthDelimited, bytes);
    encoding::encode_varint(length as u64, bytes);
}

/// The length of a field that holds `length` bytes, where the number of the field is less than 16.
pub fn nested_len(length: usize) -> usize {
    1 + encoding::encoded_len_varint(length as u64) + length
}

/// A file by name.
pub fn filename(path: impl Into<String>) -> core::DataSource {
    data_source(core::data_source::Specifier::Filename(path.into()))
}

/// A text written here.
pub fn inline_string(text: impl Into<String>) -> core::DataSource {
    data_source(core::data_source::Specifier::InlineString(text.into()))
}

/// Bytes written here.
pub fn inline_bytes(bytes: Vec<u8>) -> core::DataSource {
    data_source(core::data_source::Specifier::InlineBytes(bytes))
}

fn data_source(specifier: core::data_source::Specifier) -> core::DataSource {
    core::DataSource { specifier: Some(specifier), watched_directory: None }
}

/// An extension with its configuration.
pub fn extension<M: prost::Message + prost::Name>(name: &str, config: &M) -> core::TypedExtensionConfig {
    core::TypedExtensionConfig { name: name.to_owned(), typed_config: Some(super::any::pack(config)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn addresses_of_each_kind() {
        let socket = ir::Address::Socket { address: "10.0.0.1".into(), port: 0 };
        assert_eq!(
            to_value(&address(&socket)),
            json!({"socket_address": {"address": "10.0.0.1", "port_value": 0}}),
            "a port of 0 is written"
        );
        assert_eq!(
            to_value(&bound_address(&socket, Transport::Quic)),
            json!({"socket_address": {"protocol": "UDP", "address": "10.0.0.1", "port_value": 0}})
        );
        assert_eq!(to_value(&address(&ir::Address::Pipe("/x".into()))), json!({"pipe": {"path": "/x"}}));
    }

    #[test]
    fn header_changes_append_unless_told_otherwise() {
        let value = |overwrite| HeaderValue { name: "a".into(), value: "b".into(), overwrite };
        let (add, _) = header_changes(&HeaderChanges { add: vec![value(false), value(true)], remove: vec![] });
        let add: Vec<_> = add.iter().map(to_value).collect();
        assert_eq!(
            add,
            [
                json!({"header": {"key": "a", "value": "b"}}),
                json!({"header": {"key": "a", "value": "b"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"})
            ]
        );
    }

    #[test]
    fn durations_and_matchers() {
        assert_eq!(to_value(&duration(Duration::from_millis(1500))), json!("1.500s"));
        assert_eq!(
            to_value(&string_matcher(&ir::StringMatch::Regex(".*".into()))),
            json!({"safe_regex": {"regex": ".*"}})
        );
        assert_eq!(to_value(&string_matcher(&ir::StringMatch::Exact(String::new()))), json!({"exact": ""}));
        assert_eq!(config_metadata(None), None);
    }
}
