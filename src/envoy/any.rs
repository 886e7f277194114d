//! Packing messages into `google.protobuf.Any`.

use envoy_types::pb::google::protobuf::Any;
use prost::{Message, Name};

/// `message` as an `Any` of type `type.googleapis.com/<full name>`, the only prefix Istio uses.
///
/// Where the message holds maps, the order of their entries in the bytes differs from run to run
/// (prost has hash maps): compare and hash the JSON, which sorts them, not the bytes.
pub fn pack<M: Message + Name>(message: &M) -> Any {
    Any { type_url: type_url::<M>(), value: message.encode_to_vec() }
}

/// The type of an `Any` that holds such a message.
pub fn type_url<M: Name>() -> String {
    ["type.googleapis.com/", M::PACKAGE, ".", M::NAME].concat()
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext;

    use super::*;

    #[test]
    fn the_type_has_the_usual_prefix() {
        let any = pack(&UpstreamTlsContext { sni: "example.com".into(), ..Default::default() });
        assert_eq!(any.type_url, "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext");
        assert_eq!(
            UpstreamTlsContext::decode(any.value.as_slice()).map(|context| context.sni).as_deref(),
            Ok("example.com")
        );
    }
}
