//! Secrets and ConfigMaps that TLS settings name.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::Origin;

/// A Secret. `Debug` shows only the sizes of its values.
#[derive(Clone)]
pub struct Secret {
    /// The object.
    pub origin: Origin,
    /// `kubernetes.io/tls`, `Opaque`, …
    pub secret_type: String,
    /// The values by key, decoded.
    pub data: BTreeMap<String, Vec<u8>>,
}

/// A ConfigMap. `Debug` shows only the sizes of its values.
#[derive(Clone)]
pub struct ConfigMap {
    /// The object.
    pub origin: Origin,
    /// The values by key; `binaryData` decoded.
    pub data: BTreeMap<String, Vec<u8>>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("origin", &self.origin)
            .field("secret_type", &self.secret_type)
            .field("data", &Sizes(&self.data))
            .finish()
    }
}

impl fmt::Debug for ConfigMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigMap").field("origin", &self.origin).field("data", &Sizes(&self.data)).finish()
    }
}

struct Sizes<'a>(&'a BTreeMap<String, Vec<u8>>);

impl fmt::Debug for Sizes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(key, value)| (key, format!("<{} bytes>", value.len())))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ResourceId;

    #[test]
    fn debug_shows_no_value() {
        let data = BTreeMap::from([("tls.key".to_owned(), b"hidden".to_vec())]);
        let secret = Secret { origin: Origin::of(ResourceId(0)), secret_type: "Opaque".to_owned(), data };
        let shown = format!("{secret:?}");
        assert!(shown.contains("tls.key") && shown.contains("<6 bytes>"), "{shown}");
        assert!(!shown.contains("hidden") && !shown.contains("104"), "{shown}");
    }
}
