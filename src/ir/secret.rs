//! Certificates and keys that the control plane serves.

use std::fmt;

use crate::base::Origins;

/// A secret.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The Secret or ConfigMap it comes from.
    pub origins: Origins,
    /// Its SDS name, as `kubernetes://web-cert`.
    pub name: String,
    /// The namespace of the object in Kubernetes, for files beside the output.
    pub object_namespace: String,
    /// The name of the object in Kubernetes.
    pub object_name: String,
    /// What it holds.
    pub material: Material,
}

/// What a secret holds.
#[derive(Clone, Debug)]
pub enum Material {
    /// A certificate with its key.
    Certificate {
        /// PEM.
        chain: Bytes,
        /// PEM.
        key: Bytes,
        /// DER of an OCSP response; empty is none.
        ocsp_staple: Bytes,
    },
    /// Certificate authorities.
    Authorities {
        /// PEM.
        trusted_ca: Bytes,
        /// PEM; empty is none.
        crl: Bytes,
    },
}

/// Bytes that no log and no panic message may show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte_of_a_key() {
        let secret = Material::Certificate {
            chain: Bytes(b"chain".to_vec()),
            key: Bytes(b"PRIVATE".to_vec()),
            ocsp_staple: Bytes::default(),
        };
        let text = format!("{secret:?}");
        assert!(!text.contains("PRIVATE") && text.contains("<7 bytes>"), "{text}");
    }
}
