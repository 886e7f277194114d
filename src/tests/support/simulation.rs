//! One call of Istio's traffic simulation, as a request and as what must come of it.
//!
//! Istio's calls leave out what its defaults fill in (`istio: pilot/pkg/simulation`, `FillDefaults`).

use meshc::simulate::{Configuration, End, Fault, Mode, Outcome, Protocol, Request, Tls};
use serde::Deserialize;

/// A call and its result.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Call {
    /// What it shows.
    name: String,
    /// The call.
    call: Sent,
    /// What must be hit.
    result: Hit,
    /// Whether what `result` leaves out must not be hit.
    strict: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Sent {
    address: String,
    port: u16,
    alpn: String,
    host: String,
    mode: String,
    mtls_secret: String,
    path: String,
    protocol: String,
    sni: String,
    tls: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Hit {
    error: String,
    listener: String,
    filter_chain: String,
    route_config: String,
    virtual_host: String,
    route: String,
    cluster: String,
}

impl Call {
    /// The request that the call stands for.
    ///
    /// # Errors
    /// A field has a value that is not known here.
    pub(crate) fn request(&self) -> Result<Request, String> {
        let Sent { address, port, alpn, host, mode, mtls_secret: _, path, protocol, sni, tls } = &self.call;
        let address = if address.is_empty() { "1.3.3.7" } else { address };
        let tls = match tls.as_str() {
            // Only the hello of TLS has a server name, so a call with one is no plaintext.
            "" if !sni.is_empty() => Tls::Simple,
            "" | "plaintext" => Tls::Plaintext,
            "tls" => Tls::Simple,
            "mtls" => Tls::Mutual,
            other => return Err(format!("tls `{other}`")),
        };
        let protocol = match protocol.as_str() {
            "http" => Protocol::Http1,
            "http2" => Protocol::Http2,
            "" | "tcp" => Protocol::Tcp,
            other => return Err(format!("protocol `{other}`")),
        };
        let usual = match (tls, protocol) {
            (Tls::Plaintext, _) | (Tls::Simple, Protocol::Tcp) => "",
            (Tls::Simple, Protocol::Http1) => "http/1.1",
            (Tls::Simple, Protocol::Http2) => "h2",
            (Tls::Mutual, Protocol::Http1) => "istio-http/1.1",
            (Tls::Mutual, Protocol::Http2) => "istio-h2",
            (Tls::Mutual, Protocol::Tcp) => "istio",
        };
        let alpn = if alpn.is_empty() { usual } else { alpn };
        let sni = if sni.is_empty() && tls == Tls::Simple { host } else { sni };
        Ok(Request {
            mode: match mode.as_str() {
                "inbound" => Mode::Inbound,
                "outbound" => Mode::Outbound,
                "gateway" => Mode::Gateway,
                "" => Mode::Auto,
                other => return Err(format!("mode `{other}`")),
            },
            address: Some(address.parse().map_err(|error| format!("address `{address}`: {error}"))?),
            port: *port,
            source: None,
            protocol,
            tls,
            sni: (!sni.is_empty()).then(|| sni.clone()),
            alpn: if alpn.is_empty() { Vec::new() } else { vec![alpn.to_owned()] },
            method: "GET".to_owned(),
            // Istio's calls may leave the host out; Envoy resets a stream of HTTP/2 without one.
            host: if host.is_empty() && protocol == Protocol::Http2 { "any".to_owned() } else { host.clone() },
            path: if path.is_empty() { "/".to_owned() } else { path.clone() },
            headers: Vec::new(),
        })
    }
}

/// What is not as the call's result says.
pub(crate) fn judge(call: &Call, configuration: &Configuration, outcome: &Outcome) -> Vec<String> {
    let got = hit(call, configuration, outcome);
    let Hit { error, listener, filter_chain, route_config, virtual_host, route, cluster } = &call.result;
    let pairs = [
        ("listener", listener, &got.listener),
        ("filter chain", filter_chain, &got.filter_chain),
        ("route configuration", route_config, &got.route_config),
        ("virtual host", virtual_host, &got.virtual_host),
        ("route", route, &got.route),
        ("cluster", cluster, &got.cluster),
    ];
    let mut faults = Vec::new();
    if *error != got.error {
        faults.push(format!("{}: the error is `{}`, expected `{error}`", call.name, got.error));
    }
    for (what, wanted, got) in pairs {
        if (call.strict || !wanted.is_empty()) && wanted != got {
            faults.push(format!("{}: the {what} is `{got}`, expected `{wanted}`", call.name));
        }
    }
    faults
}

/// The outcome in the words of Istio's simulation.
fn hit(call: &Call, configuration: &Configuration, outcome: &Outcome) -> Hit {
    let mut hit = Hit {
        listener: outcome.listener.as_ref().map(|it| it.name.clone()).unwrap_or_default(),
        filter_chain: outcome.filter_chain.as_ref().map(|it| it.name.clone()).unwrap_or_default(),
        // Istio's simulation names only those that come by discovery.
        route_config: outcome.route_configuration.clone().filter(|_| !outcome.inline).unwrap_or_default(),
        virtual_host: outcome.virtual_host.as_ref().map(|it| it.name.clone()).unwrap_or_default(),
        route: outcome.route.as_ref().map(|it| it.name.clone()).unwrap_or_default(),
        ..Hit::default()
    };
    match &outcome.end {
        End::Forward(forward) => hit.cluster = only(&forward.clusters),
        End::Tcp(forward) => hit.cluster = only(&forward.clusters),
        End::Redirect { .. } if outcome.route.is_none() => hit.error = "tls required, sending 301".to_owned(),
        End::Redirect { .. } | End::DirectResponse { .. } => {}
        End::Fault(fault) => hit.error = error(fault),
    }
    if hit.error.is_empty() && wrong_certificate(call, configuration, outcome) {
        return Hit {
            error: "invalid mTLS".to_owned(),
            listener: hit.listener,
            filter_chain: hit.filter_chain,
            ..Hit::default()
        };
    }
    hit
}

fn only(clusters: &[meshc::simulate::Share]) -> String {
    match clusters {
        [one] => one.cluster.clone(),
        _ => String::new(),
    }
}

fn error(fault: &Fault) -> String {
    match fault {
        Fault::NoListener => "no listener matched",
        Fault::NoFilterChain => "no filter chains matched",
        Fault::SeveralFilterChains { .. } => "multiple filter chains matched",
        Fault::PlaintextToTls => "invalid TLS",
        Fault::NoClientCertificate => "invalid mTLS",
        Fault::NotHttp => "protocol error",
        Fault::NoVirtualHost { .. } => "no virtual host matched",
        Fault::NoRoute => "no route matched",
        other => return other.to_string(),
    }
    .to_owned()
}

/// Istio's simulation also refuses a client of the mesh where the chain has another certificate than the mesh's, or asks
/// for none. TLS itself does not.
fn wrong_certificate(call: &Call, configuration: &Configuration, outcome: &Outcome) -> bool {
    let chain = || {
        let listener = configuration.listeners.get(outcome.listener.as_ref()?.index)?;
        let index = outcome.filter_chain.as_ref()?.index;
        listener.filter_chains.get(index).or(listener.default_filter_chain.as_ref())?.tls()
    };
    let Some(tls) = chain() else { return false };
    let secret = if call.call.mtls_secret.is_empty() { "default" } else { &call.call.mtls_secret };
    let own = tls.common_tls_context.tls_certificate_sds_secret_configs.first().is_some_and(|it| it.name == secret);
    call.call.tls == "mtls" && !(own && tls.require_client_certificate)
}
