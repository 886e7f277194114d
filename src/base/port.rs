//! Port numbers.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// A TCP or UDP port, 1 to 65535.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(u16);

impl Port {
    /// The port with this number; `None` for 0 and above 65535.
    pub fn new(number: u32) -> Option<Self> {
        u16::try_from(number).ok().filter(|number| *number != 0).map(Self)
    }

    /// The number.
    pub fn number(self) -> u32 {
        self.0.into()
    }

    /// The number in 16 bits.
    pub fn get(self) -> u16 {
        self.0
    }

    /// Reads a port where Istio's messages take 0 for "not set":
    /// `#[serde(deserialize_with = "Port::zero_is_unset")]`.
    ///
    /// # Errors
    /// Not an integer, negative, or above 65535.
    pub fn zero_is_unset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Option::<i64>::deserialize(deserializer)? {
            None | Some(0) => Ok(None),
            Some(number) => parse(number).map(Some),
        }
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse(i64::deserialize(deserializer)?)
    }
}

fn parse<E: de::Error>(number: i64) -> Result<Port, E> {
    u32::try_from(number)
        .ok()
        .and_then(Port::new)
        .ok_or_else(|| E::custom(format_args!("`{number}` is not a port: ports go from 1 to 65535")))
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range() {
        assert_eq!(Port::new(0), None);
        assert_eq!(Port::new(65535).map(Port::number), Some(65535));
        assert_eq!(Port::new(65536), None);
        assert_eq!(serde_json::from_str::<Port>("80").ok(), Port::new(80));
        assert!(serde_json::from_str::<Port>("0").is_err());
        assert!(serde_json::from_str::<Port>("-1").is_err());
    }
}
