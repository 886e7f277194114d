//! What a scalar means to Kubernetes: YAML 1.1 as `sigs.k8s.io/yaml` reads it through
//! `go.yaml.in/yaml/v2`, not YAML 1.2. So plain `yes`, `on` and `y` are booleans, `010` is 8 and
//! `1_000` is 1000, while `22:22` and `1e400` are strings. `testdata/yaml/scalars.tsv` holds what
//! the real library answers.

use std::borrow::Cow;

use super::Kind;
use super::events::Tag;

/// The value of a scalar. Quoted and block scalars are strings unless a tag says otherwise; the
/// error says what a tag does not fit.
pub(super) fn value<'src>(text: Cow<'src, str>, plain: bool, tag: &Tag) -> Result<Kind<'src>, String> {
    match tag {
        Tag::None if plain => Ok(resolve(text)),
        Tag::None | Tag::Other => Ok(Kind::Str(text)),
        Tag::Yaml(name) => tagged(text, name),
    }
}

/// A scalar with one of YAML's own tags, as `!!int`.
fn tagged<'src>(text: Cow<'src, str>, tag: &str) -> Result<Kind<'src>, String> {
    match tag {
        "binary" => match base64(&text) {
            Some(decoded) => Ok(Kind::Str(Cow::Owned(decoded))),
            None => Err("`!!binary` needs base64 text".to_owned()),
        },
        "null" | "bool" | "int" | "float" => {
            let shown = shorten(&text);
            match (tag, resolve(text)) {
                ("null", Kind::Null) => Ok(Kind::Null),
                ("bool", kind @ Kind::Bool(_)) => Ok(kind),
                ("int", kind @ (Kind::Int(_) | Kind::UInt(_))) => Ok(kind),
                ("float", kind @ Kind::Float(_)) => Ok(kind),
                ("float", Kind::Int(number)) => Ok(Kind::Float(number as f64)),
                (_, _) => Err(format!("`{shown}` is not a value for the tag `!!{tag}`")),
            }
        }
        _ => Ok(Kind::Str(text)),
    }
}

/// The start of a text, for messages.
pub(super) fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut characters = text.chars();
    let mut shown: String =
        characters.by_ref().take(SHOWN).map(|character| if character.is_control() { ' ' } else { character }).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// The value of an untagged plain scalar (`resolve.go: resolve`). The first byte tells which
/// shapes are possible, so that most strings cost one look.
pub(super) fn resolve(text: Cow<'_, str>) -> Kind<'_> {
    let kind = match text.as_bytes().first() {
        None => Some(Kind::Null),
        Some(b'0'..=b'9' | b'+' | b'-') => special_float(&text).or_else(|| number(&text)),
        Some(b'.') => special_float(&text).or_else(|| decimal(&separated(&text)?).map(Kind::Float)),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(&text),
        Some(_) => None,
    };
    kind.unwrap_or(Kind::Str(text))
}

fn word(text: &str) -> Option<Kind<'static>> {
    /// Of `false`.
    const LONGEST: usize = 5;
    if text.len() > LONGEST {
        return None;
    }
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(Kind::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(Kind::Bool(false)),
        "~" | "null" | "Null" | "NULL" => Some(Kind::Null),
        _ => None,
    }
}

fn special_float(text: &str) -> Option<Kind<'static>> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(Kind::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(Kind::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => Some(Kind::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

/// An integer or decimal number; underscores anywhere do not count.
fn number(text: &str) -> Option<Kind<'static>> {
    let digits: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    // Addresses, dates and versions begin with a digit too: give up on them early.
    if digits.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'x' | b'X' | b'o' | b'O' | b'+' | b'-' | b'.')) {
        return None;
    }
    let (negative, magnitude) = match digits.as_bytes().first() {
        Some(b'-') => (true, &digits[1..]),
        Some(b'+') => (false, &digits[1..]),
        _ => (false, &*digits),
    };
    let signed = magnitude.len() != digits.len();
    if let Some(magnitude) = based(magnitude) {
        if let Some(number) = signed_value(negative, magnitude) {
            return Some(Kind::Int(number));
        }
        if let (false, Ok(number)) = (signed, u64::try_from(magnitude)) {
            return Some(Kind::UInt(number));
        }
    }
    if let Some(number) = decimal(&digits) {
        return Some(Kind::Float(number));
    }
    // `0b` with a sign after it is read by a second attempt of the library.
    let binary = digits.strip_prefix("0b")?;
    let (negative, magnitude) = match binary.as_bytes().first()? {
        b'-' => (true, &binary[1..]),
        b'+' => (false, &binary[1..]),
        _ => return None,
    };
    signed_value(negative, radix(magnitude, 2)?).map(Kind::Int)
}

/// Digits with an optional prefix that says their base, as Go's `ParseUint(s, 0, 64)` reads them:
/// a leading zero means octal.
fn based(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.get(1)) {
        (Some(b'0'), Some(b'x' | b'X')) if bytes.len() > 2 => radix(&text[2..], 16),
        (Some(b'0'), Some(b'o' | b'O')) if bytes.len() > 2 => radix(&text[2..], 8),
        (Some(b'0'), Some(b'b' | b'B')) if bytes.len() > 2 => radix(&text[2..], 2),
        (Some(b'0'), None) => Some(0),
        (Some(b'0'), Some(_)) => radix(&text[1..], 8),
        _ => radix(text, 10),
    }
}

/// A number that begins with its point, without its underscores: here they must stand between
/// digits.
fn separated(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(text.into());
    }
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let between = text.as_bytes().windows(3).filter(|three| matches!(three, [_, b'_', _]));
    let good = between.filter(|three| digit(three.first()) && digit(three.last())).count();
    (good == text.matches('_').count()).then(|| text.replace('_', "").into())
}

/// Unsigned digits; `None` also for what cannot be a 64-bit number.
fn radix(text: &str, base: u32) -> Option<u128> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    u128::from_str_radix(text, base).ok().filter(|number| *number <= u128::from(u64::MAX))
}

fn signed_value(negative: bool, magnitude: u128) -> Option<i64> {
    let magnitude = i128::try_from(magnitude).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// A decimal number, `None` when it has another shape or exceeds a double.
fn decimal(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let unsigned = bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes);
    let count = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = count(unsigned);
    let mut rest = unsigned.get(whole..)?;
    if let Some(after) = rest.strip_prefix(b".") {
        let fraction = count(after);
        if whole == 0 && fraction == 0 {
            return None;
        }
        rest = after.get(fraction..)?;
    } else if whole == 0 {
        return None;
    }
    if let Some(after) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent = after.strip_prefix(b"-").or_else(|| after.strip_prefix(b"+")).unwrap_or(after);
        if exponent.is_empty() || count(exponent) != exponent.len() {
            return None;
        }
    } else if !rest.is_empty() {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The text of a number used as a key: Go's shortest form of it **as a 32-bit float**
/// (`sigs.k8s.io/yaml: convertToJSONableObject`), so that the key `1234567.5` is `1.2345675e+06`.
pub(super) fn float_key(number: f64) -> String {
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    } else {
        format!("{number}")
    }
}

/// Standard base64 with padding; line breaks do not count. Bytes that are not UTF-8 become
/// U+FFFD one by one, as Go's JSON writer makes them.
fn base64(text: &str) -> Option<String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    for group in digits.get(..digits.len() - padding)?.chunks(4) {
        let mut bits = 0u32;
        for byte in group {
            bits = bits << 6 | u32::from(sextet(*byte)?);
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(group.len() * 3 / 4));
    }
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(decoded)
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
