//! Durations as Istio writes them.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// A length of time in whole nanoseconds, possibly negative; about ±292 years.
///
/// Istio decodes the durations of its resources with Go's `time.ParseDuration` (legacy `jsonpb`,
/// see `pkg/util/protomarshal`), so `1h30m`, `0.5s` and `-10ms` are all read; `5` without a unit
/// is not. Prints as protobuf JSON does: seconds with 0, 3, 6 or 9 decimals and an `s`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Nothing written, or a sign alone.
    Empty,
    /// No digits where a number is due, or a stray character.
    Number,
    /// A number without a unit.
    MissingUnit,
    /// A unit that is none of ns, us, µs, ms, s, m, h.
    UnknownUnit,
    /// Beyond ±292 years.
    TooLong,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "nothing is written",
            Self::Number => "a number is missing",
            Self::MissingUnit => "the unit is missing",
            Self::UnknownUnit => "the unit is none of ns, us, ms, s, m and h",
            Self::TooLong => "it is beyond 292 years",
        })
    }
}

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// Whole seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Whole milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Whole nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// All of it in nanoseconds.
    pub const fn total_nanos(self) -> i64 {
        self.0
    }

    /// All of it in milliseconds, cut towards zero.
    pub const fn total_millis(self) -> i64 {
        self.0 / 1_000_000
    }

    /// The whole seconds, as `google.protobuf.Duration.seconds`.
    pub const fn seconds(self) -> i64 {
        self.0 / 1_000_000_000
    }

    /// The rest in nanoseconds with the same sign, as `google.protobuf.Duration.nanos`.
    pub const fn subsec_nanos(self) -> i32 {
        (self.0 % 1_000_000_000) as i32
    }

    /// Whether it is no time.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Reads the notation of Go's `time.ParseDuration`.
    ///
    /// # Errors
    /// See [`DurationError`].
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if unsigned == "0" {
            return Ok(Self::ZERO);
        }
        if unsigned.is_empty() {
            return Err(DurationError::Empty);
        }
        let mut total: u64 = 0;
        let mut rest = unsigned;
        while !rest.is_empty() {
            let (nanos, after) = term(rest)?;
            total = total.checked_add(nanos).ok_or(DurationError::TooLong)?;
            rest = after;
        }
        let magnitude = i64::try_from(total).map_err(|_| DurationError::TooLong)?;
        Ok(Self(if negative { -magnitude } else { magnitude }))
    }
}

/// One `<number><unit>` at the start of a text, in nanoseconds, and what follows it.
fn term(text: &str) -> Result<(u64, &str), DurationError> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, after) = text.split_at(digits(text));
    let (fraction, after) = match after.strip_prefix('.') {
        Some(after) => after.split_at(digits(after)),
        None => ("", after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationError::Number);
    }
    let unit_len = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
    let (unit, after) = after.split_at(unit_len);
    let unit: u64 = match unit {
        "" => return Err(DurationError::MissingUnit),
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(DurationError::UnknownUnit),
    };
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| DurationError::TooLong)? };
    let whole = whole.checked_mul(unit).ok_or(DurationError::TooLong)?;
    let total = whole.checked_add(fraction_nanos(fraction, unit)).ok_or(DurationError::TooLong)?;
    Ok((total, after))
}

/// `0.fraction` of a unit in whole nanoseconds, cut.
fn fraction_nanos(fraction: &str, unit: u64) -> u64 {
    // Eighteen digits are more than any unit can resolve and keep the product within 128 bits.
    let digits = &fraction[..fraction.len().min(18)];
    let value: u128 = digits.parse().unwrap_or(0);
    (value * u128::from(unit) / 10_u128.pow(digits.len() as u32)) as u64
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (seconds, nanos) = (self.0.unsigned_abs() / 1_000_000_000, self.0.unsigned_abs() % 1_000_000_000);
        match nanos {
            0 => write!(f, "{sign}{seconds}s"),
            _ if nanos % 1_000_000 == 0 => write!(f, "{sign}{seconds}.{:03}s", nanos / 1_000_000),
            _ if nanos % 1_000 == 0 => write!(f, "{sign}{seconds}.{:06}s", nanos / 1_000),
            _ => write!(f, "{sign}{seconds}.{nanos:09}s"),
        }
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| {
            de::Error::custom(format_args!("`{text}` is not a duration such as `1.5s`, `300ms` or `1h`: {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_notation() {
        let nanos = |text| Duration::parse(text).map(Duration::total_nanos);
        assert_eq!(nanos("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(nanos("0.5s"), Ok(500_000_000));
        assert_eq!(nanos("-10ms"), Ok(-10_000_000));
        assert_eq!(nanos(".25us"), Ok(250));
        assert_eq!(nanos("1.s"), Ok(1_000_000_000));
        assert_eq!(nanos("0"), Ok(0));
        assert_eq!(nanos("1.0000000009s"), Ok(1_000_000_000));
        assert_eq!(nanos("5"), Err(DurationError::MissingUnit));
        assert_eq!(nanos("5 s"), Err(DurationError::UnknownUnit));
        assert_eq!(nanos("1d"), Err(DurationError::UnknownUnit));
        assert_eq!(nanos(""), Err(DurationError::Empty));
        assert_eq!(nanos("s"), Err(DurationError::Number));
        assert_eq!(nanos("99999999h"), Err(DurationError::TooLong));
    }

    #[test]
    fn prints_as_protobuf_json() {
        let print = |text| Duration::parse(text).unwrap_or_default().to_string();
        assert_eq!(print("1m"), "60s");
        assert_eq!(print("1500ms"), "1.500s");
        assert_eq!(print("-1us"), "-0.000001s");
        assert_eq!(print("1ns"), "0.000000001s");
    }
}
