//! Whether a text is a URL, as Go's `net/url` reads it.

/// The scheme of a URL in lower case, empty where it has none.
///
/// # Errors
/// Why the text is not a URL.
pub(super) fn parse(text: &str) -> Result<String, &'static str> {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    escapes(fragment)?;
    parse_without_fragment(url)
}

fn parse_without_fragment(text: &str) -> Result<String, &'static str> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("it has control characters");
    }
    let (scheme, rest) = scheme(text)?;
    let rest = rest.split('?').next().unwrap_or_default();
    let Some(rest) = rest.strip_prefix("//") else {
        if scheme.is_empty() && rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("its first segment has a colon");
        }
        escapes(rest)?;
        return Ok(scheme);
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    self::authority(authority)?;
    escapes(path)?;
    Ok(scheme)
}

/// The scheme of an address of a module: as [`parse`], with `http://` before a text that is
/// neither absolute nor has a scheme (`pkg/config/validation: strictParseURL`).
///
/// # Errors
/// Why the text is not a URL.
pub(super) fn parse_request(text: &str) -> Result<String, &'static str> {
    let absolute = text.starts_with('/') || scheme(text).is_ok_and(|(scheme, _)| !scheme.is_empty());
    let whole = match parse_without_fragment(text) {
        Ok(_) if absolute => text.to_owned(),
        _ => format!("http://{text}"),
    };
    parse_without_fragment(&whole)?;
    parse(&whole)
}

/// The text before the first colon, if it can be a scheme, and what follows.
fn scheme(text: &str) -> Result<(String, &str), &'static str> {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let Some((name, rest)) = text.split_once(':') else { return Ok((String::new(), text)) };
    match name.bytes().next() {
        None => Err("nothing stands before its colon"),
        Some(first) if first.is_ascii_alphabetic() && name.bytes().all(inside) => Ok((name.to_ascii_lowercase(), rest)),
        Some(_) => Ok((String::new(), text)),
    }
}

/// `user@host:port`.
fn authority(text: &str) -> Result<(), &'static str> {
    let host = match text.rsplit_once('@') {
        Some((user, host)) => {
            let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
            if !user.bytes().all(inside) {
                return Err("its user has characters that no URL has");
            }
            host
        }
        None => text,
    };
    let port = match host.strip_prefix('[') {
        Some(address) => address.split_once(']').ok_or("its address has no `]`")?.1,
        None => host.find(':').and_then(|at| host.get(at..)).unwrap_or_default(),
    };
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("its port is not a number");
    }
    let inside =
        |byte: u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte);
    if host.bytes().all(inside) { Ok(()) } else { Err("its host has characters that no host has") }
}

/// Each `%` stands before two hexadecimal digits.
fn escapes(text: &str) -> Result<(), &'static str> {
    let escaped = |part: &str| part.as_bytes().iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2;
    if text.split('%').skip(1).all(escaped) { Ok(()) } else { Err("a `%` is not followed by two hexadecimal digits") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes() {
        assert_eq!(parse("https://a.com/keys?x=%").as_deref(), Ok("https"));
        assert_eq!(parse("HTTP://a:80").as_deref(), Ok("http"));
        assert_eq!(parse("a/b").as_deref(), Ok(""));
        for bad in [":80", "hTPp\\\u{8}lah", "http://a:b", "http://a b", "http://a/%zz", "1:b", "http://[::1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn modules() {
        assert_eq!(parse_request("images.example.com/a/b:1").as_deref(), Ok("http"));
        assert_eq!(parse_request("localhost:80/a").as_deref(), Ok("localhost"));
        assert_eq!(parse_request("oci://a/b:1").as_deref(), Ok("oci"));
        assert_eq!(parse_request("/a").as_deref(), Ok(""));
        assert!(parse_request("#%blah$#@").is_err());
    }
}
