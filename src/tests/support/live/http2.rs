//! HTTP/2 as far as one request after the other needs it (RFC 9113), with headers packed and unpacked (RFC 7541). The
//! client asks Envoy to remember no headers, so that there is no dynamic table.

use std::io::{self, Read, Write};

use super::super::http1::Message;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// `SETTINGS_HEADER_TABLE_SIZE` and `SETTINGS_ENABLE_PUSH`, both 0.
const SETTINGS: [u8; 12] = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS_FRAME: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// The client's side of a connection.
#[derive(Debug, Default)]
pub(super) struct Http2 {
    /// The last stream; 0 before the first.
    stream: u32,
}

/// What became of a request.
pub(super) enum Exchanged {
    /// An answer: the start line is `HTTP/2` and the status.
    Answer(Message),
    /// Envoy ended the stream without one.
    Reset,
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Http2 {
    /// Sends a request whose headers, pseudo headers first, are these, and reads the answer. An error is the end of the
    /// connection.
    pub(super) fn exchange(
        &mut self,
        connection: &mut (impl Read + Write),
        headers: &[(String, String)],
    ) -> io::Result<Exchanged> {
        let mut out = Vec::new();
        if self.stream == 0 {
            out.extend_from_slice(PREFACE);
            frame(&mut out, SETTINGS_FRAME, 0, 0, &SETTINGS);
            self.stream = 1;
        } else {
            self.stream += 2;
        }
        frame(&mut out, HEADERS, END_STREAM | END_HEADERS, self.stream, &packed(headers));
        connection.write_all(&out)?;
        connection.flush()?;
        self.answer(connection)
    }

    fn answer(&self, connection: &mut (impl Read + Write)) -> io::Result<Exchanged> {
        let mut message = Message { start_line: String::new(), headers: Vec::new(), body: Vec::new() };
        let mut block = Vec::new();
        let mut last = false;
        loop {
            let Frame { kind, flags, stream, payload } = read(connection)?;
            let own = stream == self.stream;
            match kind {
                SETTINGS_FRAME | PING if flags & ACK == 0 => {
                    let mut out = Vec::new();
                    frame(&mut out, kind, ACK, 0, if kind == PING { &payload } else { &[] });
                    connection.write_all(&out)?;
                }
                GOAWAY => return Err(io::ErrorKind::ConnectionAborted.into()),
                RST_STREAM if own => return Ok(Exchanged::Reset),
                HEADERS | CONTINUATION if own => {
                    block.extend_from_slice(&payload);
                    last |= kind == HEADERS && flags & END_STREAM != 0;
                    if flags & END_HEADERS != 0 {
                        let headers = unpacked(&std::mem::take(&mut block)).ok_or(io::ErrorKind::InvalidData)?;
                        // Trailers come without a status.
                        if let Some((_, status)) = headers.iter().find(|(name, _)| name == ":status") {
                            message.start_line = format!("HTTP/2 {status}");
                            message.headers = headers.into_iter().filter(|(name, _)| !name.starts_with(':')).collect();
                        }
                    }
                }
                DATA if own => {
                    message.body.extend_from_slice(&payload);
                    last |= flags & END_STREAM != 0;
                    if let Ok(size) = u32::try_from(payload.len())
                        && size > 0
                    {
                        let mut out = Vec::new();
                        frame(&mut out, WINDOW_UPDATE, 0, 0, &size.to_be_bytes());
                        connection.write_all(&out)?;
                    }
                }
                _ => {}
            }
            if last && block.is_empty() {
                return Ok(Exchanged::Answer(message));
            }
        }
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or_default();
    out.extend_from_slice(&length.to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// The next frame, without padding and priority.
fn read(connection: &mut impl Read) -> io::Result<Frame> {
    const PADDED: u8 = 8;
    const PRIORITY: u8 = 0x20;
    let mut head = [0; 9];
    connection.read_exact(&mut head)?;
    let [a, b, c, kind, flags, s, t, u, v] = head;
    let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or_default()];
    connection.read_exact(&mut payload)?;
    if flags & PADDED != 0 && (kind == DATA || kind == HEADERS) && !payload.is_empty() {
        let padding = usize::from(payload.remove(0));
        payload.truncate(payload.len().saturating_sub(padding));
    }
    if flags & PRIORITY != 0 && kind == HEADERS {
        payload.drain(..payload.len().min(5));
    }
    Ok(Frame { kind, flags, stream: u32::from_be_bytes([s & 0x7f, t, u, v]), payload })
}

/// Literals that nobody remembers, in plain bytes.
fn packed(headers: &[(String, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in headers {
        out.push(0);
        for text in [name, value] {
            number(&mut out, text.len());
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

/// A number in seven bits and, if it is larger, in bytes after them.
fn number(out: &mut Vec<u8>, number: usize) {
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    if number < 127 {
        return out.push(byte(number));
    }
    out.push(127);
    let mut left = number - 127;
    while left >= 128 {
        out.push(byte(left % 128) | 0x80);
        left /= 128;
    }
    out.push(byte(left));
}

/// The static table: names, each with the values that stand there one after the other.
const STATIC: [(&str, &[&str]); 52] = [
    (":authority", &[""]),
    (":method", &["GET", "POST"]),
    (":path", &["/", "/index.html"]),
    (":scheme", &["http", "https"]),
    (":status", &["200", "204", "206", "304", "400", "404", "500"]),
    ("accept-charset", &[""]),
    ("accept-encoding", &["gzip, deflate"]),
    ("accept-language", &[""]),
    ("accept-ranges", &[""]),
    ("accept", &[""]),
    ("access-control-allow-origin", &[""]),
    ("age", &[""]),
    ("allow", &[""]),
    ("authorization", &[""]),
    ("cache-control", &[""]),
    ("content-disposition", &[""]),
    ("content-encoding", &[""]),
    ("content-language", &[""]),
    ("content-length", &[""]),
    ("content-location", &[""]),
    ("content-range", &[""]),
    ("content-type", &[""]),
    ("cookie", &[""]),
    ("date", &[""]),
    ("etag", &[""]),
    ("expect", &[""]),
    ("expires", &[""]),
    ("from", &[""]),
    ("host", &[""]),
    ("if-match", &[""]),
    ("if-modified-since", &[""]),
    ("if-none-match", &[""]),
    ("if-range", &[""]),
    ("if-unmodified-since", &[""]),
    ("last-modified", &[""]),
    ("link", &[""]),
    ("location", &[""]),
    ("max-forwards", &[""]),
    ("proxy-authenticate", &[""]),
    ("proxy-authorization", &[""]),
    ("range", &[""]),
    ("referer", &[""]),
    ("refresh", &[""]),
    ("retry-after", &[""]),
    ("server", &[""]),
    ("set-cookie", &[""]),
    ("strict-transport-security", &[""]),
    ("transfer-encoding", &[""]),
    ("user-agent", &[""]),
    ("vary", &[""]),
    ("via", &[""]),
    ("www-authenticate", &[""]),
];

/// The headers of a block; `None` where it is none, or needs a dynamic table.
fn unpacked(block: &[u8]) -> Option<Vec<(String, String)>> {
    let mut block = Block { bytes: block };
    let mut headers = Vec::new();
    while let Some(&first) = block.bytes.first() {
        if first & 0x80 != 0 {
            headers.push(known(block.number(7)?)?);
        } else if first & 0xe0 == 0x20 {
            // The size of the dynamic table.
            block.number(5)?;
        } else {
            let at = block.number(if first & 0x40 != 0 { 6 } else { 4 })?;
            let name = if at == 0 { block.text()? } else { known(at)?.0 };
            headers.push((name, block.text()?));
        }
    }
    Some(headers)
}

fn known(at: usize) -> Option<(String, String)> {
    let mut all = STATIC.iter().flat_map(|(name, values)| values.iter().map(move |value| (*name, *value)));
    let (name, value) = all.nth(at.checked_sub(1)?)?;
    Some((name.to_owned(), value.to_owned()))
}

struct Block<'a> {
    bytes: &'a [u8],
}

impl Block<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// A number whose first part is in the last `bits` of a byte.
    fn number(&mut self, bits: u32) -> Option<usize> {
        let most = (1 << bits) - 1;
        let mut number = usize::from(self.byte()?) & most;
        if number < most {
            return Some(number);
        }
        for shift in (0..28).step_by(7) {
            let byte = self.byte()?;
            number += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let packed = self.bytes.first()? & 0x80 != 0;
        let length = self.number(7)?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        if packed { huffman(text) } else { String::from_utf8(text.to_vec()).ok() }
    }
}

/// The signs of ASCII by the length of their codes, in order: the codes of a length follow each other, and go on where
/// those of the length before end (RFC 7541, appendix B). Of 19 bits there are others after the `\`.
const CODES: [(u32, &str); 11] = [
    (5, "012aceiost"),
    (6, " %-./3456789=A_bdfghlmnpru"),
    (7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, "&*,;XZ"),
    (10, "!\"()?"),
    (11, "'+|"),
    (12, "#>"),
    (13, "\0$@[]~"),
    (14, "^}"),
    (15, "<`{"),
    (19, "\\"),
];

fn huffman(packed: &[u8]) -> Option<String> {
    let mut text = String::new();
    let (mut code, mut length) = (0_u32, 0_u32);
    for at in 0..packed.len() * 8 {
        code = code << 1 | u32::from(packed[at / 8] >> (7 - at % 8) & 1);
        length += 1;
        if let Some(sign) = sign(code, length) {
            text.push(sign);
            (code, length) = (0, 0);
        } else if length > 19 {
            return None;
        }
    }
    // What is left is a part of the longest code, all ones.
    (length < 8 && code == (1 << length) - 1).then_some(text)
}

fn sign(code: u32, length: u32) -> Option<char> {
    let (mut first, mut before) = (0_u32, 0);
    for (bits, signs) in CODES {
        first <<= bits - before;
        let count = u32::try_from(signs.len()).ok()?;
        if bits == length {
            return signs.chars().nth(usize::try_from(code.checked_sub(first)?).ok()?);
        }
        (first, before) = (first + count, bits);
    }
    None
}
