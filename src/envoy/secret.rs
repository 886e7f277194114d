//! `envoy.extensions.transport_sockets.tls.v3.Secret`.

use envoy_types::pb::envoy::config::core::v3::DataSource;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3 as tls;

use super::core::inline_bytes;
use crate::ir;
use crate::ir::secret::{Bytes, Material};

/// A secret with its bytes, as istiod serves it.
pub fn secret(secret: &ir::Secret) -> tls::Secret {
    with_sources(secret, |_, bytes| inline_bytes(bytes.0.clone()))
}

/// A part of a secret, by the name of the file that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `tls.crt`.
    Chain,
    /// `tls.key`.
    Key,
    /// `tls.ocsp-staple`.
    OcspStaple,
    /// `ca.crt`.
    TrustedCa,
    /// `ca.crl`.
    Crl,
}

impl Part {
    /// The key in a Kubernetes Secret, and the name of the file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Chain => "tls.crt",
            Self::Key => "tls.key",
            Self::OcspStaple => "tls.ocsp-staple",
            Self::TrustedCa => "ca.crt",
            Self::Crl => "ca.crl",
        }
    }
}

/// A secret whose parts are where `source` says. Parts without bytes are not written.
pub fn with_sources(secret: &ir::Secret, source: impl Fn(Part, &Bytes) -> DataSource) -> tls::Secret {
    let ir::Secret { origins: _, name, object_namespace: _, object_name: _, material } = secret;
    let part = |part, bytes: &Bytes| (!bytes.0.is_empty()).then(|| source(part, bytes));
    let material = match material {
        Material::Certificate { chain, key, ocsp_staple } => tls::secret::Type::TlsCertificate(tls::TlsCertificate {
            certificate_chain: part(Part::Chain, chain),
            private_key: part(Part::Key, key),
            ocsp_staple: part(Part::OcspStaple, ocsp_staple),
            ..Default::default()
        }),
        Material::Authorities { trusted_ca, crl } => {
            tls::secret::Type::ValidationContext(tls::CertificateValidationContext {
                trusted_ca: part(Part::TrustedCa, trusted_ca),
                crl: part(Part::Crl, crl),
                ..Default::default()
            })
        }
    };
    tls::Secret { name: name.clone(), r#type: Some(material) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn bytes_are_inline_and_empty_parts_absent() {
        let material = Material::Certificate {
            chain: Bytes(b"hello world".to_vec()),
            key: Bytes(b"k".to_vec()),
            ocsp_staple: Bytes::default(),
        };
        let secret = super::secret(&ir::Secret {
            origins: vec![],
            name: "kubernetes://web".into(),
            object_namespace: "prod".into(),
            object_name: "web".into(),
            material,
        });
        assert_eq!(
            to_value(&secret),
            json!({
                "name": "kubernetes://web",
                "tls_certificate": {
                    "certificate_chain": {"inline_bytes": "aGVsbG8gd29ybGQ="},
                    "private_key": {"inline_bytes": "aw=="}
                }
            })
        );
    }
}
