//! The HTTP/1.1 messages that the client and the upstreams of the tests exchange with Envoy.

use std::io::{self, BufRead, Read};

/// A request or a response.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The request line or the status line, without its line end.
    pub(crate) start_line: String,
    /// Header names in lower case, in the order received.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Every value of a header, joined by commas as HTTP allows; `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        match values.is_empty() {
            true => None,
            false => Some(values.join(",")),
        }
    }
}

/// Whether a message has a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Body {
    /// As `content-length` or `transfer-encoding` say; none where neither is there.
    AsDeclared,
    /// None, whatever the headers say: the answer to a HEAD.
    Absent,
}

/// Reads one message; `None` where the peer closed the connection before its first byte.
pub(crate) fn read_message(reader: &mut impl BufRead, body: Body) -> io::Result<Option<Message>> {
    let Some(start_line) = read_line(reader)? else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut message = Message { start_line, headers, body: Vec::new() };
    if body == Body::Absent {
        return Ok(Some(message));
    }
    if message.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        message.body = read_chunks(reader)?;
    } else if let Some(length) = message.header("content-length") {
        let length = length.parse().map_err(|_| malformed(&length))?;
        message.body = vec![0; length];
        reader.read_exact(&mut message.body)?;
    }
    Ok(Some(message))
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = line.split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size.trim(), 16).map_err(|_| malformed(&line))?;
        if size > 0 {
            reader.take(size).read_to_end(&mut body)?;
        }
        // The line end after a chunk, or the empty line after the last one (Envoy sends no trailers here).
        read_line(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn malformed(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not HTTP/1.1: {line:?}"))
}
