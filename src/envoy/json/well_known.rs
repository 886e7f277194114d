//! The well-known types whose JSON is one string.

use std::fmt::Write as _;

use super::text;
use super::wire::{Reader, low_32};

/// `google.protobuf.Duration`: `"3s"`, `"0.250s"`, with 0, 3, 6 or 9 digits of fraction.
pub(super) fn duration(out: &mut String, bytes: &[u8]) {
    let (seconds, nanos) = seconds_and_nanos(bytes);
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let _ = write!(out, "\"{sign}{}", seconds.unsigned_abs());
    fraction(out, nanos.unsigned_abs());
    out.push_str("s\"");
}

/// `google.protobuf.Timestamp` in RFC 3339 and UTC: `"2024-02-29T12:00:00.500Z"`.
pub(super) fn timestamp(out: &mut String, bytes: &[u8]) {
    let (seconds, nanos) = seconds_and_nanos(bytes);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let _ = write!(out, "\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    fraction(out, nanos.unsigned_abs());
    out.push_str("Z\"");
}

/// `google.protobuf.FieldMask`: lowerCamelCase paths, joined by commas.
pub(super) fn field_mask(out: &mut String, bytes: &[u8]) {
    let mut mask = String::new();
    let mut reader = Reader::new(bytes);
    while let Some((number, raw)) = reader.next_field() {
        if number != 1 {
            continue;
        }
        if !mask.is_empty() {
            mask.push(',');
        }
        let mut upper = false;
        for letter in String::from_utf8_lossy(raw.bytes()).chars() {
            match letter {
                '_' => upper = true,
                _ if upper => {
                    mask.push(letter.to_ascii_uppercase());
                    upper = false;
                }
                _ => mask.push(letter),
            }
        }
    }
    text::string(out, &mask);
}

fn seconds_and_nanos(bytes: &[u8]) -> (i64, i32) {
    let (mut seconds, mut nanos) = (0, 0);
    let mut reader = Reader::new(bytes);
    while let Some((number, raw)) = reader.next_field() {
        match number {
            1 => seconds = raw.number().cast_signed(),
            2 => nanos = low_32(raw.number()).cast_signed(),
            _ => {}
        }
    }
    (seconds, nanos)
}

fn fraction(out: &mut String, nanos: u32) {
    let _ = match (nanos, nanos % 1_000_000, nanos % 1_000) {
        (0, _, _) => Ok(()),
        (_, 0, _) => write!(out, ".{:03}", nanos / 1_000_000),
        (_, _, 0) => write!(out, ".{:06}", nanos / 1_000),
        _ => write!(out, ".{nanos:09}"),
    };
}

/// Year, month and day of a count of days since 1970-01-01, in the proleptic Gregorian calendar.
/// Years are counted from March, so that the leap day is the last one.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let since_march_0000 = days.saturating_add(719_468);
    let (era, day_of_era) =
        (since_march_0000.div_euclid(DAYS_OF_400_YEARS), since_march_0000.rem_euclid(DAYS_OF_400_YEARS));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * era + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::{Duration, FieldMask, Timestamp};

    use super::*;

    fn written(write: fn(&mut String, &[u8]), message: &impl Message) -> String {
        let mut out = String::new();
        write(&mut out, &message.encode_to_vec());
        out
    }

    #[test]
    fn durations_have_three_six_or_nine_digits() {
        let texts = [(0, 0), (3, 500_000_000), (0, 1_000), (0, 1), (-1, -250_000_000), (0, -500_000_000)]
            .map(|(seconds, nanos)| written(duration, &Duration { seconds, nanos }));
        assert_eq!(texts, ["\"0s\"", "\"3.500s\"", "\"0.000001s\"", "\"0.000000001s\"", "\"-1.250s\"", "\"-0.500s\""]);
    }

    #[test]
    fn timestamps_are_utc() {
        let texts = [
            (0, 0),
            (951_782_400, 0),
            (1_709_208_000, 500_000_000),
            (-62_135_596_800, 0),
            (253_402_300_799, 999_999_999),
        ]
        .map(|(seconds, nanos)| written(timestamp, &Timestamp { seconds, nanos }));
        let expected = [
            "\"1970-01-01T00:00:00Z\"",
            "\"2000-02-29T00:00:00Z\"",
            "\"2024-02-29T12:00:00.500Z\"",
            "\"0001-01-01T00:00:00Z\"",
            "\"9999-12-31T23:59:59.999999999Z\"",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn field_masks_are_camel_case() {
        let mask = FieldMask { paths: vec!["user.display_name".into(), "photo".into()] };
        assert_eq!(written(field_mask, &mask), "\"user.displayName,photo\"");
    }
}
