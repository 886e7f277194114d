//! Small values that are a text with a meaning.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{self, Deserializer};

/// Where a workload is, or an address a service is reached at: an IP address, a range of them
/// (`10.0.0.0/8`), a host name, or a socket (`unix:///path`, `unix://@abstract`). The text stays
/// as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct Address(pub String);

impl Address {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The IP address, where it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    /// The range, where it is one; a single address is a range of one.
    pub fn range(&self) -> Option<IpNet> {
        written_range(&self.0).or_else(|| self.ip().map(IpNet::from))
    }

    /// Whether it is written as a range, with a slash.
    pub fn is_range(&self) -> bool {
        written_range(&self.0).is_some()
    }

    /// The path of a socket, without `unix://`.
    pub fn unix_path(&self) -> Option<&str> {
        self.0.strip_prefix("unix://")
    }
}

/// An address, a slash and a length, without leading zeros in any number.
fn written_range(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let digits = length == "0" || length.bytes().all(|byte| byte.is_ascii_digit()) && !length.starts_with('0');
    IpNet::new(address.parse().ok()?, length.parse().ok().filter(|_| digits)?).ok()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes that are written in base64 (standard alphabet, with padding; line breaks are skipped).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Base64(pub Vec<u8>);

impl Base64 {
    /// Decodes a text; `None` where it is not base64.
    pub fn parse(text: &str) -> Option<Self> {
        let mut symbols: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        if !symbols.len().is_multiple_of(4) {
            return None;
        }
        let padding = symbols.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
        symbols.truncate(symbols.len() - padding);
        let mut bytes = Vec::with_capacity(symbols.len() / 4 * 3 + 2);
        for group in symbols.chunks(4) {
            let mut bits = 0_u32;
            for symbol in group {
                bits = bits << 6 | sextet(*symbol)?;
            }
            bits <<= 6 * (4 - group.len());
            bytes.extend(bits.to_be_bytes().iter().skip(1).take(group.len() - 1));
        }
        Some(Self(bytes))
    }
}

fn sextet(symbol: u8) -> Option<u32> {
    Some(match symbol {
        b'A'..=b'Z' => u32::from(symbol - b'A'),
        b'a'..=b'z' => u32::from(symbol - b'a') + 26,
        b'0'..=b'9' => u32::from(symbol - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Never shows the bytes: they may be a private key.
impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("this is not base64"))
    }
}

/// Who sees a resource, an element of `exportTo` (`pkg/config/visibility`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub enum ExportTo {
    /// `.`: the resource's own namespace.
    Own,
    /// `*`: every namespace.
    All,
    /// `~`: nobody.
    Nobody,
    /// This namespace.
    Namespace(String),
}

impl From<String> for ExportTo {
    fn from(text: String) -> Self {
        match text.as_str() {
            "." => Self::Own,
            "*" => Self::All,
            "~" => Self::Nobody,
            _ => Self::Namespace(text),
        }
    }
}

impl fmt::Display for ExportTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => ".",
            Self::All => "*",
            Self::Nobody => "~",
            Self::Namespace(namespace) => namespace,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let at = |text: &str| Address(text.to_owned());
        assert!(at("10.0.0.1").ip().is_some() && !at("10.0.0.1").is_range());
        assert!(at("10.0.0.0/8").is_range() && at("10.0.0.0/8").ip().is_none());
        assert_eq!(at("unix:///var/run/s").unix_path(), Some("/var/run/s"));
        assert_eq!(at("2001:db8::1").range().map(|net| net.to_string()).as_deref(), Some("2001:db8::1/128"));
        assert!(at("api.example.com").range().is_none());
    }

    #[test]
    fn base64() {
        let bytes = |text| Base64::parse(text).map(|Base64(bytes)| bytes);
        assert_eq!(bytes("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(bytes("aGVs\nbG8h"), Some(b"hello!".to_vec()));
        assert_eq!(bytes("aA=="), Some(b"h".to_vec()));
        assert_eq!(bytes(""), Some(Vec::new()));
        assert_eq!(bytes("a"), None);
        assert_eq!(bytes("a-=="), None);
        assert_eq!(format!("{:?}", Base64(vec![1, 2])), "<2 bytes>");
    }
}
