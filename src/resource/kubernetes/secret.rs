//! `v1/Secret` and `v1/ConfigMap`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::base::Base64;

/// Bytes that nobody may see, as keys and certificates. `Debug` shows only their sizes.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Secret {
    /// `kubernetes.io/tls`, `Opaque` and others.
    #[serde(rename = "type")]
    pub secret_type: String,
    /// The bytes by key, in base64.
    pub data: BTreeMap<String, Base64>,
    /// The same as text; the API server moves them to `data`, over what is there.
    pub string_data: BTreeMap<String, String>,
}

impl Secret {
    /// The bytes of a key.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        let text = self.string_data.get(key).map(String::as_bytes);
        text.or_else(|| self.data.get(key).map(|Base64(bytes)| bytes.as_slice()))
    }

    /// The keys, by name.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<_> = self.data.keys().chain(self.string_data.keys()).map(String::as_str).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes = self.keys().into_iter().map(|key| (key, self.get(key).map_or(0, <[u8]>::len)));
        let sizes: BTreeMap<_, _> = sizes.map(|(key, size)| (key, format!("<{size} bytes>"))).collect();
        f.debug_struct("Secret").field("type", &self.secret_type).field("data", &sizes).finish()
    }
}

/// Texts by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ConfigMap {
    /// The texts.
    pub data: BTreeMap<String, String>,
    /// Bytes, in base64.
    pub binary_data: BTreeMap<String, Base64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_bytes() {
        let json = r#"{"type": "Opaque", "data": {"key": "c2VjcmV0"}, "stringData": {"word": "hidden"}}"#;
        let secret: Secret = serde_json::from_str(json).unwrap_or_default();
        assert_eq!(secret.get("key"), Some(&b"secret"[..]));
        assert_eq!(secret.get("word"), Some(&b"hidden"[..]));
        let shown = format!("{secret:?}");
        assert!(shown.contains("key") && !shown.contains("secret\"") && !shown.contains("hidden"), "{shown}");
    }
}
