//! `meshc route`: the way of one request through one proxy's configuration.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{MeshArgs, ProxyArgs};
use super::ask::{LinkSettings, Linked};
use super::exit::Exit;
use super::test_run::is_envoy;
use super::{choose, input, load, report, route_text};
use crate::base::{Label, Location, Severity, SourceFile, SourceMap};
use crate::simulate::{self, Configuration, Draft, Mode, Request, split_method};

/// Arguments of `meshc route`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct RouteArgs {
    /// Files, directories (recursive: .yaml, .yml, .json) or `-` for standard input, manifests or one
    /// configuration of Envoy as for --config, and last the request: `[METHOD] URL`, where the URL starts with http, https, tcp or tls.
    #[arg(value_name = "PATH... REQUEST", required = true)]
    pub words: Vec<String>,
    /// The same as PATH, as an option.
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Ask this configuration of Envoy instead of manifests: a bootstrap, `--emit xds` output or a
    /// config_dump, as JSON or YAML; `-` is standard input.
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
    /// `{"request": ..., "grpc_status": ..., "outcome": ..., "origins": ...}`.
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
      Ask the configuration of a running Envoy; of its admin interface: curl -s localhost:15000/config_dump | meshc route --config - URL

Exit codes: 0 the request goes somewhere or is answered, 1 it goes nowhere (no route, no such cluster), 64 usage, 65 an
input cannot be read or parsed.";

/// Runs the command.
pub(super) fn run(arguments: &RouteArgs) -> Exit {
    let Some((url, paths)) = arguments.words.split_last() else {
        return report::usage("no request is named", None);
    };
    let request = match request(url, &arguments.request) {
        Ok(request) => request,
        Err(message) => {
            let help = "write it as 'GET https://shop.example.com/api', and headers as -H 'name: value'";
            return report::usage(&message, Some(help));
        }
    };
    match &arguments.config {
        Some(_) if !paths.is_empty() => report::usage("--config and PATH exclude each other", None),
        Some(path) => of_config(path, request, arguments.format),
        None => of_yaml(arguments, paths, request),
    }
}

fn of_config(path: &std::path::Path, request: Request, format: RouteFormat) -> Exit {
    let unreadable = |message: String, help: Option<&str>| {
        report::say("error", &format!("`{}`: {message}", path.display()), help);
        Exit::Data
    };
    let read = if path.as_os_str() == "-" { input::read_stdin() } else { input::read_file(path) };
    let text = match read {
        Ok(text) => text,
        Err(error) => return unreadable(format!("it cannot be read: {}", error.message), error.help.as_deref()),
    };
    // JSON is YAML too; a large config_dump is read faster as what it is.
    let configuration = if text.trim_start().starts_with('{') {
        Configuration::from_json(&text).map_err(|error| error.to_string())
    } else {
        let mut sources = SourceMap::default();
        sources.add(SourceFile::new(path.display().to_string(), text));
        let (documents, found) = load::parse(&sources);
        if found.worst() == Some(Severity::Error) {
            let place = |label: &Label| match label.location {
                Location::Span(span) => Some(span),
                _ => None,
            };
            report::diagnostics(&found, &sources, &place);
            return Exit::Data;
        }
        match documents.as_slice() {
            [document] => Configuration::from_value(document.root.to_json()).map_err(|error| error.to_string()),
            documents => Err(format!("it holds {} documents, and one is needed", documents.len())),
        }
    };
    match configuration {
        Ok(configuration) => route_text::show(&configuration, &request, None, format),
        Err(message) => unreadable(message, None),
    }
}

fn of_yaml(arguments: &RouteArgs, paths: &[String], mut request: Request) -> Exit {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let settings = load::Settings { mesh_config: arguments.mesh.mesh_config.as_deref(), mesh_networks: None };
    let loaded = match load::read(&[&paths, &arguments.files], settings) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let (documents, mut findings) = load::parse(&loaded.sources);
    if let [document] = &documents[..]
        && is_envoy(document)
    {
        return match Configuration::from_value(document.root.to_json()) {
            Ok(configuration) => route_text::show(&configuration, &request, None, arguments.format),
            Err(error) => {
                let name = &loaded.sources.file(document.file).name;
                report::say("error", &format!("`{name}`: {error}"), None);
                Exit::Data
            }
        };
    }
    let unparsable = findings.worst() == Some(Severity::Error);
    let settings = LinkSettings::new(&arguments.mesh, &loaded);
    let linked = Linked::new(&loaded.sources, &documents, &settings, &mut findings);
    if linked.show_errors(findings, unparsable) {
        return Exit::Data;
    }
    let compiled = match choose::proxy(&arguments.proxy, &linked.mesh).map(|proxy| linked.compile(&proxy)) {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(message)) => return report::failure(&message, None),
        Err(exit) => return exit,
    };
    if arguments.request.port.is_none()
        && let Some(port) = compiled.translate(&mut request)
    {
        let message = format!("port {port} of the gateway's Service leads to the proxy's port {}", request.port);
        report::say("note", &message, None);
    }
    let ProxyArgs { service_node, proxy, gateway, .. } = &arguments.proxy;
    let listener = simulate::run(&compiled.configuration, &request).listener;
    if service_node.is_none() && proxy.is_none() && gateway.is_none() && listener.is_none() {
        let message = "no proxy is named, so this asks the only router: --proxy NS/NAME asks the sidecar of a workload";
        report::say("note", message, None);
    }
    route_text::show(&compiled.configuration, &request, Some(&compiled.provenance), arguments.format)
}

/// `[METHOD] URL` and what the other arguments say.
fn request(text: &str, arguments: &RequestArgs) -> Result<Request, String> {
    let (method, url) = split_method(text);
    let mut headers = Vec::new();
    for header in &arguments.headers {
        let (name, value) = header.split_once(':').ok_or_else(|| format!("the header `{header}` has no `:`"))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let draft = Draft {
        url: url.to_owned(),
        method: Some(method.to_owned()),
        headers,
        sni: arguments.sni.clone(),
        alpn: arguments.alpn.clone(),
        port: arguments.port,
        address: arguments.address,
        source: arguments.source,
        mode: match arguments.mode {
            None => Mode::Auto,
            Some(RouteMode::Gateway) => Mode::Gateway,
            Some(RouteMode::Outbound) => Mode::Outbound,
            Some(RouteMode::Inbound) => Mode::Inbound,
        },
        mtls: arguments.mtls,
        http2: arguments.http2,
    };
    draft.request()
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
    fn options_say_what_the_url_does_not() {
        let options = ["-H", "x-user: jason", "--port", "15443", "--alpn", "h2,http/1.1", "--mode", "gateway"];
        let got = read("post https://shop.example.com/api", &options).expect("a request");
        assert_eq!((got.method.as_str(), got.port, got.mode), ("POST", 15443, Mode::Gateway));
        assert_eq!(got.alpn, ["h2", "http/1.1"]);
        assert_eq!(got.headers, [("x-user".to_owned(), "jason".to_owned())]);
        assert!(read("http://a", &["-H", "no colon"]).is_err());
    }
}
