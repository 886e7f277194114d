//! Paths: their query, and what a connection manager makes of them before routing.

use super::config::listener::HttpConnectionManager;

/// The path and its query; a fragment belongs to neither.
pub(super) fn split(path: &str) -> (&str, Option<&str>) {
    let path = path.split('#').next().unwrap_or_default();
    path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)))
}

/// The path as it is routed, or `None` where it is refused.
/// Escaped slashes come first, then dots, then slashes
/// (`envoy: source/common/http/conn_manager_utility.cc`, `maybeNormalizePath`). What a redirect of
/// `UNESCAPE_AND_REDIRECT` leads to is taken as the path.
pub(super) fn normal(manager: &HttpConnectionManager, path: &str) -> Option<String> {
    let (path, query) = split(path);
    let mut path = match manager.path_with_escaped_slashes_action.as_str() {
        "REJECT_REQUEST" if has_escaped_slash(path) => return None,
        "UNESCAPE_AND_REDIRECT" | "UNESCAPE_AND_FORWARD" => unescape_slashes(path),
        _ => path.to_owned(),
    };
    if manager.normalize_path {
        if path.contains("%00") {
            return None;
        }
        path = without_dots(&canonical(&path))?;
    }
    if manager.merge_slashes {
        path = merged(&path);
    }
    Some(query.map_or(path.clone(), |query| format!("{path}?{query}")))
}

/// One slash in place of several; a path of nothing else keeps two, the first and the last
/// (`envoy: source/common/http/path_utility.cc`, `PathUtil::mergeSlashes`).
fn merged(path: &str) -> String {
    if !path.contains("//") {
        return path.to_owned();
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let first = if path.starts_with('/') { "/" } else { "" };
    let last = if path.ends_with('/') { "/" } else { "" };
    format!("{first}{}{last}", segments.join("/"))
}

fn has_escaped_slash(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.contains("%2f") || lower.contains("%5c")
}

fn unescape_slashes(path: &str) -> String {
    path.replace("%2F", "/").replace("%2f", "/").replace("%5C", "\\").replace("%5c", "\\")
}

/// Escapes of signs that need none are resolved, `\` is `/`, and what needs an escape gets one
/// (googleurl's canonical paths, which Envoy's `PathNormalizer` uses).
fn canonical(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut text = String::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'%' => {
                match bytes.get(at..at + 2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok())
                {
                    Some(decoded) if decoded.is_ascii_alphanumeric() || b"-._~".contains(&decoded) => {
                        text.push(char::from(decoded));
                        at += 2;
                    }
                    _ => text.push('%'),
                }
            }
            b'\\' => text.push('/'),
            0..=0x20 | 0x7f.. | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'^' | b'|' => {
                text.push_str(&format!("%{byte:02X}"));
            }
            _ => text.push(char::from(byte)),
        }
    }
    text
}

/// RFC 3986, section 5.2.4. A path that does not start with `/` is refused.
fn without_dots(path: &str) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    for (at, segment) in segments.iter().enumerate() {
        let last = at + 1 == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    Some(format!("/{}", kept.join("/")))
}
