//! Points in time, as Kubernetes writes them.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// A point in time in whole seconds since 1970 (UTC); only its order matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339, as `2024-05-01T12:00:00Z` or with an offset; fractions are cut.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| -> Option<i64> {
            text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
        };
        let byte = |at: usize| text.as_bytes().get(at).copied();
        let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if !matches!(byte(10), Some(b'T' | b't' | b' ')) || marks.iter().any(|(at, mark)| byte(*at) != Some(*mark)) {
            return None;
        }
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        let zone = text.get(19..)?;
        let zone = match zone.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => zone,
        };
        let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        in_range.then_some(())?;
        Some(Self(seconds - offset(zone)?))
    }
}

/// The offset from UTC in seconds: `Z`, `+02:00`.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<u8>().ok()? as i64 * 3_600 + minutes.parse::<u8>().ok()? as i64 * 60))
}

/// Days from 1970-01-01 in the Gregorian calendar, with years that start in March so that the
/// leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s after 1970", self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom(format_args!("`{text}` is not a time such as `2024-05-01T12:00:00Z`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339() {
        let at = |text| Timestamp::parse(text).map(|Timestamp(seconds)| seconds);
        assert_eq!(at("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(at("2000-02-29T12:30:01Z"), Some(951_827_401));
        assert_eq!(at("2024-03-01T00:00:00.123Z"), Some(1_709_251_200));
        assert_eq!(at("2024-03-01T02:00:00+02:00"), Some(1_709_251_200));
        assert_eq!(at("2024-03-01"), None);
        assert_eq!(at("2024-13-01T00:00:00Z"), None);
    }
}
