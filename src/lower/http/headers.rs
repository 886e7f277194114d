//! Changes of headers.

use std::collections::BTreeMap;

use crate::ir::route::{HeaderChanges, HeaderValue};
use crate::resource::istio::virtual_service::Headers;

/// What `headers` changes.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// In the request.
    pub request: HeaderChanges,
    /// In the response.
    pub response: HeaderChanges,
    /// The new authority, which Envoy has an own field for; empty keeps it.
    pub authority: String,
}

/// What `headers` changes: `set` before `add`, each by name; pseudo-headers and `host` are not
/// headers to Envoy, and an authority among them becomes a rewrite, where `set` wins
/// (`istio: route.TranslateHeadersOperations`).
pub fn header_changes(headers: &Headers) -> Changes {
    let mut changes = Changes::default();
    if let Some(request) = &headers.request {
        let set = authority(&request.set);
        changes.authority = if set.is_empty() { authority(&request.add) } else { set }.to_owned();
        changes.request = operations(&request.set, &request.add, &request.remove);
    }
    if let Some(response) = &headers.response {
        changes.response = operations(&response.set, &response.add, &response.remove);
    }
    changes
}

fn operations(set: &BTreeMap<String, String>, add: &BTreeMap<String, String>, remove: &[String]) -> HeaderChanges {
    let value = |overwrite: bool| {
        move |(name, value): (&String, &String)| HeaderValue { name: name.clone(), value: value.clone(), overwrite }
    };
    let changeable = |(name, _): &(&String, &String)| !is_internal(name);
    HeaderChanges {
        add: set
            .iter()
            .filter(changeable)
            .map(value(true))
            .chain(add.iter().filter(changeable).map(value(false)))
            .collect(),
        remove: remove.iter().filter(|name| !is_internal(name)).cloned().collect(),
    }
}

fn is_internal(name: &str) -> bool {
    name.starts_with(':') || name.eq_ignore_ascii_case("host")
}

fn authority(headers: &BTreeMap<String, String>) -> &str {
    let named =
        headers.iter().rfind(|(name, _)| name.eq_ignore_ascii_case(":authority") || name.eq_ignore_ascii_case("host"));
    named.map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::istio::virtual_service::HeaderOperations;

    #[test]
    fn the_authority_is_no_header() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let headers = Headers {
            request: Some(Box::new(HeaderOperations {
                set: map(&[("Host", "a.example.com"), ("x-b", "1")]),
                add: map(&[("x-a", "2"), (":authority", "b.example.com")]),
                remove: vec![":path".to_owned(), "x-c".to_owned()],
            })),
            response: None,
        };
        let changes = header_changes(&headers);
        let added: Vec<_> = changes.request.add.iter().map(|header| (header.name.as_str(), header.overwrite)).collect();
        assert_eq!(added, [("x-b", true), ("x-a", false)]);
        assert_eq!((changes.authority.as_str(), changes.request.remove), ("a.example.com", vec!["x-c".to_owned()]));
    }
}
