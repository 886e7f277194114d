//! A request as the arguments of `meshc route`.

use crate::simulate::{Mode, Protocol, Request, Tls};

/// As `'GET https://shop.example.com/api' -H 'x-user: jason'`.
pub(super) fn text(request: &Request) -> String {
    let encrypted = request.tls != Tls::Plaintext;
    let (scheme, usual) = match (request.protocol, encrypted) {
        (Protocol::Tcp, true) => ("tls", Some(443)),
        (Protocol::Tcp, false) => ("tcp", None),
        (_, true) => ("https", Some(443)),
        (_, false) => ("http", Some(80)),
    };
    let opaque = request.protocol == Protocol::Tcp;
    let address = request.address.map(|address| match address {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("[{address}]"),
    });
    let named = Some(&request.host).filter(|host| !host.is_empty()).cloned();
    let host = named.or_else(|| request.sni.clone()).or(address).unwrap_or_else(|| "any.example".to_owned());
    let (name, given) = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name.to_owned(), port.parse::<u16>().ok()),
        _ => (host.clone(), None),
    };
    let mut options = String::new();
    let mut authority = host.clone();
    match given {
        // The host has a port of its own, which need not be the one that is connected to.
        Some(port) if port != request.port => options.push_str(&format!(" --port {}", request.port)),
        Some(_) => {}
        None if usual == Some(request.port) => {}
        // A host with another port is another host to Envoy, unless the proxy cuts it off.
        None if opaque => authority = format!("{name}:{}", request.port),
        None => options.push_str(&format!(" --port {}", request.port)),
    }
    let (method, path) =
        if opaque { (String::new(), "") } else { (format!("{} ", request.method), request.path.as_str()) };
    let mut text = format!("'{method}{scheme}://{authority}{path}'");
    for (name, value) in &request.headers {
        text.push_str(&format!(" -H '{name}: {}'", value.replace('\'', "'\\''")));
    }
    text.push_str(&options);
    if let Some(address) = request.address.filter(|address| address.to_string() != name) {
        text.push_str(&format!(" --address {address}"));
    }
    if let Some(sni) = request.sni.as_ref().filter(|sni| **sni != name) {
        text.push_str(&format!(" --sni {sni}"));
    }
    match request.mode {
        Mode::Inbound => text.push_str(" --mode inbound"),
        Mode::Outbound => text.push_str(" --mode outbound"),
        Mode::Gateway => text.push_str(" --mode gateway"),
        Mode::Auto => {}
    }
    if request.tls == Tls::Mutual {
        text.push_str(" --mtls");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_as_a_command() {
        let mut request = Request {
            mode: Mode::Auto,
            address: None,
            port: 8080,
            source: None,
            protocol: Protocol::Http1,
            tls: Tls::Plaintext,
            sni: None,
            alpn: Vec::new(),
            method: "GET".to_owned(),
            host: "shop.example.com".to_owned(),
            path: "/api".to_owned(),
            headers: vec![("x-user".to_owned(), "jason".to_owned())],
        };
        assert_eq!(text(&request), "'GET http://shop.example.com/api' -H 'x-user: jason' --port 8080");
        request.port = 443;
        request.tls = Tls::Mutual;
        request.headers.clear();
        assert_eq!(text(&request), "'GET https://shop.example.com/api' --mtls");
        request.protocol = Protocol::Tcp;
        request.port = 3306;
        request.tls = Tls::Plaintext;
        request.host.clear();
        request.address = Some([10, 0, 0, 7].into());
        assert_eq!(text(&request), "'tcp://10.0.0.7:3306'");
    }
}
