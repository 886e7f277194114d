//! `meshc route`: the way of one request through one proxy's configuration.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{MeshArgs, ProxyArgs};
use super::exit::Exit;
use super::{choose, input, load, report, route_text};
use crate::base::{Diagnostics, Label, Location, Origin, Severity, Span};
use crate::envoy::json::Style;
use crate::envoy::xds;
use crate::explain::provenance::{Citation, Provenance, provenance};
use crate::mesh::{self, LinkOptions};
use crate::resource::{self, DecodeOptions};
use crate::simulate::{Configuration, Mode, Protocol, Request, Tls};
use crate::{lower, proxy};

/// Arguments of `meshc route`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct RouteArgs {
    /// Files, directories (recursive: .yaml, .yml, .json) or `-` for standard input, and last the
    /// request: `[METHOD] URL`, where the URL starts with http, https, tcp or tls.
    #[arg(value_name = "PATH... REQUEST", required = true)]
    pub words: Vec<String>,
    /// The same as PATH, as an option.
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Ask this configuration of Envoy instead of YAML: a bootstrap, `--emit xds` output or a
    /// config_dump, as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub proxy: ProxyArgs,
    #[command(flatten)]
    pub mesh: MeshArgs,
    #[command(flatten)]
    pub request: RequestArgs,
    /// The format of standard output.
    #[arg(short = 'o', long = "output", value_enum, default_value_t = RouteFormat::Text)]
    pub format: RouteFormat,
}

/// What the URL does not say.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
pub(super) struct RequestArgs {
    /// A header, as `name: value`.
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// The server name in the TLS hello; otherwise the URL's host.
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
    /// The protocols in the TLS hello, the best first.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub alpn: Option<Vec<String>>,
    /// The port that the proxy sees, where it is not the URL's.
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// The address that the client connects to, where the URL has a name.
    #[arg(long, value_name = "IP")]
    pub address: Option<IpAddr>,
    /// The client's address.
    #[arg(long, value_name = "IP")]
    pub source: Option<IpAddr>,
    /// How the connection reaches the proxy; otherwise outbound for a sidecar, else gateway.
    #[arg(long, value_enum)]
    pub mode: Option<RouteMode>,
    /// The client has a certificate that the proxy trusts.
    #[arg(long)]
    pub mtls: bool,
    /// HTTP/2.
    #[arg(long)]
    pub http2: bool,
}

/// The format of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RouteFormat {
    /// For people.
    Text,
    /// `{"request": ..., "outcome": ..., "origins": ...}`.
    Json,
}

/// How a connection reaches the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RouteMode {
    /// The client connects to a port of the proxy.
    Gateway,
    /// The workload's own connection.
    Outbound,
    /// A connection to the workload.
    Inbound,
}

const EXAMPLES: &str = "\
Examples:
  meshc route testdata/demo/http-ingress/input 'GET http://httpbin.example.com:8080/status/200'
      Which route of the gateway there takes it, and why not the others.
  meshc route k8s/ --gateway shop/public 'GET https://shop.example.com/api' -H 'x-user: jason'
  meshc route k8s/ --proxy shop/cart 'http://reviews.shop:9080/' --mode outbound
  meshc route --config config_dump.json 'tcp://10.0.0.7:3306'
      Ask the configuration of a running Envoy.

Exit: 0 the request goes somewhere or is answered, 1 it goes nowhere (no route, no such cluster).";

/// Runs the command.
pub(super) fn run(arguments: &RouteArgs) -> Exit {
    let Some((url, paths)) = arguments.words.split_last() else {
        return report::usage("no request is named", None);
    };
    let request = match request(url, &arguments.request) {
        Ok(request) => request,
        Err(message) => return report::usage(&message, Some("write it as 'GET https://shop.example.com/api'")),
    };
    match &arguments.config {
        Some(_) if !paths.is_empty() => report::usage("--config and PATH exclude each other", None),
        Some(path) => of_config(path, request, arguments.format),
        None => of_yaml(arguments, paths, request),
    }
}

fn of_config(path: &std::path::Path, request: Request, format: RouteFormat) -> Exit {
    let text = match input::read_file(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("`{}` cannot be read: {}", error.path, error.message);
            report::say("error", &message, error.help.as_deref());
            return Exit::Data;
        }
    };
    match Configuration::from_json(&text) {
        Ok(configuration) => route_text::show(&configuration, &request, None, format),
        Err(error) => {
            report::say("error", &format!("`{}`: {error}", path.display()), None);
            Exit::Data
        }
    }
}

fn of_yaml(arguments: &RouteArgs, paths: &[String], mut request: Request) -> Exit {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let settings = load::Settings { mesh_config: arguments.mesh.mesh_config.as_deref(), mesh_networks: None };
    let load::Loaded { sources, mesh_config, mesh_networks } = match load::read(&[&paths, &arguments.files], settings) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let (documents, mut findings) = load::parse(&sources);
    let options = DecodeOptions { default_namespace: arguments.mesh.namespace.clone(), mesh_config, mesh_networks };
    let (resources, found) = resource::decode(&documents, &options);
    findings.extend(found);
    let (mesh, found) =
        mesh::link(&resources, LinkOptions { domain: arguments.mesh.domain.clone(), ..LinkOptions::default() });
    findings.extend(found);
    // Only errors: what else is to say about the input is for `meshc lint`.
    let errors = Diagnostics(findings.0.into_iter().filter(|finding| finding.severity == Severity::Error).collect());
    let resolve = |label: &Label| -> Option<Span> { resources.span(&documents, &label.location) };
    report::diagnostics(&errors, &sources, &resolve);
    if errors.worst().is_some() {
        return Exit::Data;
    }
    let chosen = match choose::proxy(&arguments.proxy, &mesh) {
        Ok(proxy) => proxy,
        Err(exit) => return exit,
    };
    let view = proxy::view(&mesh, &chosen);
    let mut policies = Diagnostics::default();
    choose::untranslated(&view, &resources, true, &mut policies);
    report::diagnostics(&policies, &sources, &resolve);
    let (config, _) = lower::lower(&view);
    let configuration = match Configuration::from_json(&xds::xds(&config).to_json(Style::Compact)) {
        Ok(configuration) => configuration,
        Err(error) => return report::failure(&format!("the generated configuration: {error}"), None),
    };
    if arguments.request.port.is_none() {
        translate(&mut request, &configuration, &proxy::service_targets(&chosen, &mesh));
    }
    let cite = |origin: &Origin| -> Option<Citation> {
        let span = resources.span(&documents, &Location::Value(origin.clone()))?;
        Citation::new(&resources, &sources, origin, span)
    };
    let origins: Provenance = provenance(&config, &cite);
    route_text::show(&configuration, &request, Some(&origins), arguments.format)
}

/// A client of a gateway connects to a port of its Service, and the proxy listens on the port that this leads to.
fn translate(request: &mut Request, configuration: &Configuration, targets: &[proxy::ServiceTarget<'_>]) {
    let listens = |port: u32| {
        configuration.listeners.iter().any(|listener| {
            listener.address.socket_address.as_ref().is_some_and(|address| u32::from(address.port_value) == port)
        })
    };
    let own = u32::from(request.port);
    let target = targets.iter().find(|target| target.port.port == own && listens(target.target_port));
    let port = target.and_then(|target| u16::try_from(target.target_port).ok());
    if let Some(port) = port.filter(|port| *port != request.port && !listens(own)) {
        let message = format!("port {own} of the gateway's Service leads to the proxy's port {port}");
        report::say("note", &message, None);
        request.port = port;
    }
}

/// `[METHOD] URL` and what the other arguments say.
fn request(text: &str, arguments: &RequestArgs) -> Result<Request, String> {
    let (method, url) = match text.trim().split_once(char::is_whitespace) {
        Some((method, url)) => (method.to_ascii_uppercase(), url.trim()),
        None => ("GET".to_owned(), text.trim()),
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("`{text}` is no request with a URL"))?;
    let (opaque, encrypted, usual) = match scheme {
        "http" => (false, false, Some(80)),
        "https" => (false, true, Some(443)),
        "tcp" => (true, false, None),
        "tls" => (true, true, Some(443)),
        _ => return Err(format!("`{scheme}` is none of http, https, tcp and tls")),
    };
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = (rest.get(..at).unwrap_or_default(), rest.get(at..).unwrap_or_default());
    let (name, port) = split_port(authority)?;
    let port = arguments.port.or(port).or(usual).ok_or_else(|| format!("`{text}` names no port"))?;
    if name.is_empty() {
        return Err(format!("`{text}` names no host"));
    }
    let address = arguments.address.or_else(|| name.trim_matches(['[', ']']).parse().ok());
    let mut headers = Vec::new();
    let mut host = authority.to_owned();
    for header in &arguments.headers {
        let (name, value) = header.split_once(':').ok_or_else(|| format!("the header `{header}` has no `:`"))?;
        match name.trim().to_ascii_lowercase().as_str() {
            "host" => host = value.trim().to_owned(),
            _ => headers.push((name.trim().to_owned(), value.trim().to_owned())),
        }
    }
    let inbound = arguments.mode == Some(RouteMode::Inbound);
    let tls = match (encrypted || arguments.mtls, arguments.mtls) {
        (false, _) => Tls::Plaintext,
        (true, false) => Tls::Simple,
        (true, true) => Tls::Mutual,
    };
    // Names are no addresses in a hello.
    let sni = arguments.sni.clone().or_else(|| address.is_none().then(|| name.to_owned()));
    let protocol = match (opaque, arguments.http2) {
        (true, _) => Protocol::Tcp,
        (false, true) => Protocol::Http2,
        (false, false) => Protocol::Http1,
    };
    let alpn = arguments.alpn.clone().unwrap_or_else(|| alpn(tls, protocol, inbound));
    Ok(Request {
        mode: match arguments.mode {
            None => Mode::Auto,
            Some(RouteMode::Gateway) => Mode::Gateway,
            Some(RouteMode::Outbound) => Mode::Outbound,
            Some(RouteMode::Inbound) => Mode::Inbound,
        },
        address,
        port,
        source: arguments.source,
        protocol,
        tls,
        sni: sni.filter(|_| tls != Tls::Plaintext),
        alpn: if tls == Tls::Plaintext { Vec::new() } else { alpn },
        method,
        host,
        path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
        headers,
    })
}

/// What common clients offer; inside the mesh, what Istio's sidecars do
/// (`istio: pilot/pkg/networking/util`, `ALPNInMesh...`).
fn alpn(tls: Tls, protocol: Protocol, inbound: bool) -> Vec<String> {
    let names: &[&str] = match (inbound && tls == Tls::Mutual, protocol) {
        (true, Protocol::Tcp) => &["istio-peer-exchange", "istio"],
        (true, Protocol::Http1) => &["istio-http/1.1", "istio", "http/1.1"],
        (true, Protocol::Http2) => &["istio-h2", "istio", "h2"],
        (false, Protocol::Tcp) => &[],
        (false, Protocol::Http1 | Protocol::Http2) => &["h2", "http/1.1"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    match authority.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
            let number = port.parse().map_err(|_| format!("`{port}` is no port"))?;
            Ok((name, Some(number)))
        }
        _ => Ok((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        request: RequestArgs,
    }

    fn read(text: &str, options: &[&str]) -> Result<Request, String> {
        let line = Line::try_parse_from([&["meshc"], options].concat()).map_err(|error| error.to_string())?;
        request(text, &line.request)
    }

    #[test]
    fn a_url_says_most_of_a_request() {
        let got = read("post https://shop.example.com/api?q=1", &["-H", "x-user: jason"]).expect("a request");
        assert_eq!(
            (got.method.as_str(), got.host.as_str(), got.path.as_str()),
            ("POST", "shop.example.com", "/api?q=1")
        );
        assert_eq!((got.port, got.tls, got.sni.as_deref()), (443, Tls::Simple, Some("shop.example.com")));
        assert_eq!(got.headers, [("x-user".to_owned(), "jason".to_owned())]);
        let got = read("http://[::1]:8080", &["--port", "9"]).expect("a request");
        assert_eq!((got.address, got.port, got.path.as_str()), ("::1".parse().ok(), 9, "/"));
    }

    #[test]
    fn what_is_no_request_is_said() {
        for text in ["GET /api", "ftp://a", "tcp://a", "http://:80", "http://a:x"] {
            assert!(read(text, &[]).is_err(), "{text}");
        }
        assert!(read("http://a", &["-H", "no colon"]).is_err());
    }
}
