//! JSON literals: strings, numbers, base64.

use std::fmt::{self, Write as _};

/// A JSON string with its quotes. Escapes what JSON requires and nothing more.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    // Most texts need no escape. Looking at every byte without a branch lets the compiler take many at once.
    let escapes = text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    if !escapes {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            _ => display(out, format_args!("\\u{byte:04x}")),
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// A protobuf string. Bytes that are not UTF-8 become U+FFFD, as no JSON could hold them.
pub(super) fn utf8(out: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => string(out, text),
        Err(_) => string(out, &String::from_utf8_lossy(bytes)),
    }
}

/// Appends what `value` displays as.
pub(super) fn display(out: &mut String, value: impl fmt::Display) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{value}");
}

/// The shortest digits that read back as the same `double`, laid out as JavaScript does.
pub(super) fn double(out: &mut String, value: f64) {
    number(out, value, value);
}

/// The shortest digits that read back as the same `float`: 0.1, not 0.10000000149011612.
pub(super) fn float(out: &mut String, value: f32) {
    number(out, value, f64::from(value));
}

/// `value` is displayed; `size` is the same number and decides the form.
fn number(out: &mut String, value: impl fmt::Display + fmt::LowerExp, size: f64) {
    if size.is_nan() {
        out.push_str("\"NaN\"");
    } else if size.is_infinite() {
        out.push_str(if size > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
    } else if size == 0.0 || (1e-6..1e21).contains(&size.abs()) {
        display(out, value);
    } else {
        let text = format!("{value:e}");
        out.push_str(&if size.abs() < 1.0 { text } else { text.replace('e', "e+") });
    }
}

/// Base64 with padding, without quotes.
pub(super) fn base64(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let mut bits = 0;
        for at in 0..3 {
            bits = bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0));
        }
        for digit in 0..4 {
            out.push(if digit > chunk.len() { '=' } else { char::from(DIGITS[bits >> (18 - 6 * digit) & 63]) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_have_the_shortest_digits() {
        let doubles = [0.0, -0.0, 1.0, 0.1, 1e20, 1e21, -2.5e-7, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let expected = [
            "0",
            "-0",
            "1",
            "0.1",
            "100000000000000000000",
            "1e+21",
            "-2.5e-7",
            "1.7976931348623157e+308",
            "\"NaN\"",
            "\"Infinity\"",
            "\"-Infinity\"",
        ];
        assert_eq!(doubles.map(|value| written(|out| double(out, value))), expected);
        assert_eq!(
            [0.1_f32, 16_777_216.0, 1e-9].map(|value| written(|out| float(out, value))),
            ["0.1", "16777216", "1e-9"]
        );
    }

    #[test]
    fn base64_pads() {
        let texts = ["", "f", "fo", "foo", "foob"].map(|text| written(|out| base64(out, text.as_bytes())));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
        assert_eq!(written(|out| base64(out, &[0xfb, 0xff])), "+/8=");
    }

    #[test]
    fn strings_read_back() {
        let text = "a\"b\\c\n\r\t\u{8}\u{c}\u{1}é\u{2028}</script>";
        assert_eq!(serde_json::from_str::<String>(&written(|out| string(out, text))).ok().as_deref(), Some(text));
        assert_eq!(written(|out| utf8(out, b"a\xff")), "\"a\u{fffd}\"");
    }
}
