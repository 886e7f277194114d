//! What istiod refuses of a VirtualService's HTTP route (`pkg/config/validation/virtualservice.go`).

use std::collections::BTreeMap;

use super::header_check;
use super::virtual_service::{
    Abort, CorsPolicy, Delay, HttpBody, HttpDirectResponse, HttpFaultInjection, HttpMatchRequest, HttpRedirect,
    HttpRetry, HttpRewrite, HttpRoute, Percent, StringMatch,
};
use super::virtual_service_check::{
    Binding, check_destination, check_gateways, check_required_destination, check_weights,
};
use crate::base::{Change, Diagnostics, Edit, Location, Origin, grpc, retry};
use crate::resource::check::{self, doubt, fault, field, is_label};

/// Checks one route. `is_delegate` is whether its VirtualService has no hosts.
pub(super) fn check(at: &Origin, route: &HttpRoute, is_delegate: bool, binding: Binding, out: &mut Diagnostics) {
    check_actions(at, route, is_delegate, out);
    let matches = at.key("match");
    for (index, conditions) in route.matches.iter().enumerate() {
        check_match(&matches.index(index), conditions, binding, out);
    }
    let destinations = at.key("route");
    for (index, destination) in route.route.iter().enumerate() {
        let at = destinations.index(index);
        check_required_destination(&at, destination.destination.as_ref(), out);
        if let Some(headers) = &destination.headers {
            header_check::check(&at.key("headers"), headers, out);
        }
    }
    check_weights(&destinations, route.route.iter().map(|destination| destination.weight), out);
    if let Some(headers) = &route.headers {
        header_check::check(&at.key("headers"), headers, out);
    }
    header_check::check_authority(at, route.rewrite.as_deref(), route.headers.as_ref(), out);
    check_mirrors(at, route, out);
    if route.timeout.is_some() {
        check::duration(&at.key("timeout"), route.timeout, out);
    }
    if let Some(redirect) = &route.redirect {
        check_redirect(&at.key("redirect"), redirect, &route.matches, out);
    }
    if let Some(response) = &route.direct_response {
        check_direct_response(&at.key("directResponse"), response, out);
    }
    if let Some(rewrite) = &route.rewrite {
        check_rewrite(&at.key("rewrite"), rewrite, out);
    }
    if let Some(retries) = &route.retries {
        check_retries(&at.key("retries"), retries, out);
    }
    if let Some(fault) = &route.fault {
        check_fault(&at.key("fault"), fault, out);
    }
    if let Some(cors) = &route.cors_policy {
        check_cors(&at.key("corsPolicy"), cors, out);
    }
}

/// A route does one thing (`validateHTTPRouteConflict`).
fn check_actions(at: &Origin, route: &HttpRoute, is_delegate: bool, out: &mut Diagnostics) {
    let written = |key: &'static str| {
        let is_written = match key {
            "route" => !route.route.is_empty(),
            "redirect" => route.redirect.is_some(),
            "directResponse" => route.direct_response.is_some(),
            "fault" => route.fault.is_some(),
            "rewrite" => route.rewrite.is_some(),
            _ => false,
        };
        is_written.then_some(key)
    };
    let exclude = |first: &'static str, others: &[&'static str], out: &mut Diagnostics| {
        for other in others.iter().filter_map(|key| written(key)) {
            let message = format!("`{first}` and `{other}` exclude each other: a route does one thing");
            let first = Location::Key(at.key(first));
            let finding = crate::base::Diagnostic::error("conflicting-actions", Location::Key(at.key(other)), message);
            out.push(finding.related(first, "the other").help("keep one, or make two routes"));
        }
    };
    if route.delegate.is_some() && !is_delegate {
        exclude("delegate", &["route", "redirect"], out);
        return;
    }
    if route.delegate.is_some() {
        let message = "a delegate cannot delegate again";
        out.push(
            fault("nested-delegate", &at.key("delegate"), message).help("delegate from the VirtualService with hosts"),
        );
    }
    if route.redirect.is_some() {
        exclude("redirect", &["route", "fault", "rewrite", "directResponse"], out);
    } else if route.direct_response.is_some() {
        exclude("directResponse", &["route", "fault", "rewrite"], out);
    } else if route.route.is_empty() {
        out.push(fault("missing-route", at, "a route without `route`, `redirect` or `directResponse` does nothing"));
    }
}

fn check_match(at: &Origin, conditions: &HttpMatchRequest, binding: Binding, out: &mut Diagnostics) {
    let HttpMatchRequest {
        name: _,
        uri,
        scheme,
        method,
        authority,
        headers,
        port: _,
        source_labels,
        gateways,
        query_params,
        ignore_uri_case: _,
        without_headers,
        source_namespace,
        stat_prefix: _,
    } = conditions;
    if let Some(StringMatch::Regex(regex)) = uri {
        check::regex(&at.key("uri").key("regex"), regex, out);
    }
    for (key, condition) in [("scheme", scheme), ("method", method), ("authority", authority)] {
        if let Some(condition) = condition {
            check_condition(&at.key(key), condition, out);
        }
    }
    for (name, condition) in query_params {
        check_condition(&at.key("queryParams").key(name.clone()), condition, out);
    }
    if !headers.is_empty() {
        check_header_conditions(&at.key("headers"), headers, binding, out);
    }
    if !without_headers.is_empty() {
        let present = |condition: &StringMatch| matches!(condition, StringMatch::Regex(regex) if regex.as_str() == "*");
        let without = without_headers.iter().map(|(name, condition)| {
            let condition = if present(condition) { StringMatch::Unset } else { condition.clone() };
            (name.clone(), condition)
        });
        check_header_conditions(&at.key("withoutHeaders"), &without.collect(), binding, out);
    }
    if !source_labels.is_empty() {
        check::labels(&at.key("sourceLabels"), source_labels, out);
    }
    if !gateways.is_empty() {
        check_gateways(&at.key("gateways"), gateways, out);
    }
    if !source_namespace.is_empty() && !is_label(source_namespace) {
        let message = format!("`{source_namespace}` cannot be the name of a namespace");
        out.push(fault("malformed-namespace", &at.key("sourceNamespace"), message));
    }
}

fn check_header_conditions(
    at: &Origin,
    headers: &BTreeMap<String, StringMatch>,
    binding: Binding,
    out: &mut Diagnostics,
) {
    for (name, condition) in headers {
        let at = at.key(name.clone());
        if name.starts_with("@request.auth.claims") {
            if binding == Binding::Mesh {
                let message = format!("`{name}`: claims of a JWT can be matched by gateways only");
                let help = "name `gateways`, without `mesh`";
                out.push(fault("jwt-claim-in-mesh", &at, message).help(help));
            }
        } else if !header_check::is_matchable(name) {
            out.push(fault("malformed-header-name", &at, format!("`{name}` cannot be the name of a header")));
        }
        check_condition(&at, condition, out);
    }
}

/// A condition on a text (`validateStringMatch`).
fn check_condition(at: &Origin, condition: &StringMatch, out: &mut Diagnostics) {
    match condition {
        StringMatch::Prefix(prefix) if prefix.is_empty() => {
            out.push(fault("empty-match", &at.key("prefix"), "an empty prefix is not taken by Envoy"));
        }
        StringMatch::Regex(regex) => check::regex(&at.key("regex"), regex, out),
        StringMatch::Prefix(_) | StringMatch::Exact(_) | StringMatch::Unset => {}
    }
}

fn check_mirrors(at: &Origin, route: &HttpRoute, out: &mut Diagnostics) {
    if route.mirror.is_some() && !route.mirrors.is_empty() {
        let message = "`mirror` and `mirrors` exclude each other";
        out.push(fault("conflicting-mirrors", &at.key("mirrors"), message).help("list all in `mirrors`"));
    }
    if let Some(destination) = &route.mirror {
        check_destination(&at.key("mirror"), destination, out);
    }
    for (index, mirror) in route.mirrors.iter().enumerate() {
        let at = at.key("mirrors").index(index);
        check_required_destination(&at, mirror.destination.as_ref(), out);
        check_share(&at.key("percentage"), mirror.percentage, out);
    }
    if route.mirror_percentage.is_some() {
        check_share(&at.key("mirrorPercentage"), route.mirror_percentage, out);
    }
    if let Some(percent) = route.mirror_percent {
        let at = at.key("mirrorPercent");
        if percent > 100 {
            out.push(fault("percentage-out-of-range", &at, format!("{percent} percent is more than all")));
        }
        let change = |at, change| Edit { at, change };
        out.push(
            doubt("deprecated-setting", &at, "`mirrorPercent` is deprecated").help("use `mirrorPercentage`").corrected(
                [
                    change(Location::Key(at.clone()), Change::Word("mirrorPercentage".to_owned())),
                    change(Location::Value(at.clone()), Change::Between("{value: ", "}")),
                ],
            ),
        );
    }
}

/// A share is between 0 and 100 percent.
fn check_share(at: &Origin, share: Option<Percent>, out: &mut Diagnostics) {
    if let Some(Percent { value }) = share.filter(|share| !(0.0..=100.0).contains(&share.value)) {
        let message = format!("`{}` is {value} percent, and must be from 0 to 100", field(at));
        out.push(fault("percentage-out-of-range", &at.key("value"), message));
    }
}

/// A share of faults is 0, or large enough for Envoy's millionths (`validatePercentage`).
fn check_fault_share(at: &Origin, share: Option<Percent>, out: &mut Diagnostics) {
    check_share(at, share, out);
    if let Some(Percent { value }) = share.filter(|share| share.value > 0.0 && share.value < 0.0001) {
        let message = format!("{value} percent is less than Envoy can count, which is 0.0001");
        out.push(fault("percentage-out-of-range", &at.key("value"), message));
    }
}

/// A redirect (`validateHTTPRedirect`).
fn check_redirect(at: &Origin, redirect: &HttpRedirect, matches: &[HttpMatchRequest], out: &mut Diagnostics) {
    let HttpRedirect { uri, prefix_rewrite, authority, port, derive_port, scheme, redirect_code } = redirect;
    if !uri.is_empty() && !prefix_rewrite.is_empty() {
        out.push(fault("conflicting-fields", &at.key("prefixRewrite"), "`uri` and `prefixRewrite` exclude each other"));
    }
    if port.is_some() && derive_port.is_some() {
        out.push(fault("conflicting-fields", &at.key("derivePort"), "`port` and `derivePort` exclude each other"));
    }
    let by_prefix = |conditions: &HttpMatchRequest| matches!(conditions.uri, None | Some(StringMatch::Prefix(_)));
    if !prefix_rewrite.is_empty() && !matches.iter().all(by_prefix) {
        let message = "`prefixRewrite` replaces a matched prefix, and not every match of this route is by prefix";
        out.push(fault("prefix-rewrite-without-prefix", &at.key("prefixRewrite"), message).help("use `uri`"));
    }
    let changes_port = port.is_some() || derive_port.is_some();
    if uri.is_empty() && prefix_rewrite.is_empty() && authority.is_empty() && scheme.is_empty() && !changes_port {
        let message = "a redirect that changes nothing loops";
        out.push(
            fault("empty-redirect", at, message).help("set `uri`, `prefixRewrite`, `authority`, `scheme` or `port`"),
        );
    }
    if *redirect_code != 0 && !(300..=399).contains(redirect_code) {
        let message = format!("{redirect_code} is not a status of redirects");
        out.push(
            fault("redirect-code-out-of-range", &at.key("redirectCode"), message).help("301, 302, 303, 307 or 308"),
        );
    } else if !matches!(redirect_code, 0 | 301 | 302 | 303 | 307 | 308) {
        let message = format!("Envoy cannot redirect with {redirect_code}, and answers 301");
        out.push(
            doubt("redirect-code-not-supported", &at.key("redirectCode"), message).help("301, 302, 303, 307 or 308"),
        );
    }
    if !matches!(scheme.as_str(), "" | "http" | "https") {
        let message = format!("`{scheme}` is not a scheme for redirects");
        out.push(fault("unknown-scheme", &at.key("scheme"), message).help("`http` or `https`, in lower case"));
    }
}

/// A fixed response (`validateHTTPDirectResponse`).
fn check_direct_response(at: &Origin, response: &HttpDirectResponse, out: &mut Diagnostics) {
    const LARGE: usize = 100 << 10;
    const LARGEST: usize = 1 << 20;
    check_status(&at.key("status"), i64::from(response.status), out);
    let size = match &response.body {
        None | Some(HttpBody::Unset) => 0,
        Some(HttpBody::String(text)) => text.len(),
        Some(HttpBody::Bytes(bytes)) => bytes.0.len(),
    };
    if size > LARGEST {
        out.push(fault(
            "large-body",
            &at.key("body"),
            format!("a body of {size} bytes, and Istio takes at most {LARGEST}"),
        ));
    } else if size > LARGE {
        let message = format!("a body of {size} bytes is sent to every proxy");
        out.push(doubt("large-body", &at.key("body"), message).help("serve it from a service"));
    }
}

fn check_status(at: &Origin, status: i64, out: &mut Diagnostics) {
    if !(200..=600).contains(&status) {
        let message = format!("{status} is not an HTTP status from 200 to 599");
        out.push(fault("status-out-of-range", at, message));
    }
}

/// A rewrite (`validateHTTPRewrite`).
fn check_rewrite(at: &Origin, rewrite: &HttpRewrite, out: &mut Diagnostics) {
    let HttpRewrite { uri, authority, uri_regex_rewrite } = rewrite;
    if !uri.is_empty() && uri_regex_rewrite.is_some() {
        let message = "`uri` and `uriRegexRewrite` exclude each other";
        out.push(fault("conflicting-fields", &at.key("uriRegexRewrite"), message));
    }
    if uri.is_empty() && authority.is_empty() && uri_regex_rewrite.is_none() {
        out.push(
            fault("empty-rewrite", at, "a rewrite that changes nothing")
                .help("set `uri`, `uriRegexRewrite` or `authority`"),
        );
    }
    let Some(regex) = uri_regex_rewrite else { return };
    let at = at.key("uriRegexRewrite");
    if regex.pattern.as_str().is_empty() || regex.rewrite.is_empty() {
        out.push(fault("empty-rewrite", &at, "`uriRegexRewrite` needs both `match` and `rewrite`"));
    } else {
        check::regex(&at.key("match"), &regex.pattern, out);
    }
}

/// Retries (`agent.ValidateHTTPRetry`).
pub(super) fn check_retries(at: &Origin, retries: &HttpRetry, out: &mut Diagnostics) {
    let HttpRetry {
        attempts,
        per_try_timeout,
        retry_on,
        retry_remote_localities,
        retry_ignore_previous_hosts: _,
        backoff,
    } = retries;
    if *attempts < 0 {
        out.push(fault("negative-attempts", &at.key("attempts"), format!("{attempts} attempts are less than none")));
    }
    if *attempts == 0 && (per_try_timeout.is_some() || !retry_on.is_empty() || retry_remote_localities.is_some()) {
        let message = "retries are turned off (`attempts` is 0), so the other settings have no effect";
        out.push(fault("retries-without-attempts", at, message).help("set `attempts`, or remove the other settings"));
    }
    check::duration(&at.key("perTryTimeout"), *per_try_timeout, out);
    check::duration(&at.key("backoff"), *backoff, out);
    for condition in retry_on.split(',').filter(|_| !retry_on.is_empty()) {
        if !is_retry_condition(condition) {
            let message = format!("`{condition}` is not a condition for retries");
            let help = match is_retry_condition(condition.trim()) {
                true => "write the list without spaces".to_owned(),
                false => format!("an HTTP status, or one of {}", retry::CONDITIONS.join(", ")),
            };
            out.push(fault("unknown-retry-condition", &at.key("retryOn"), message).help(help));
        }
    }
}

/// The statuses that Go's `http.StatusText` knows, or a condition.
fn is_retry_condition(text: &str) -> bool {
    let known = |status: u32| {
        matches!(status, 100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=418 | 421..=426)
            || matches!(status, 428 | 429 | 431 | 451 | 500..=508 | 510 | 511)
    };
    retry::CONDITIONS.contains(&text) || text.parse().is_ok_and(known)
}

/// Injected faults (`validateHTTPFaultInjection`).
fn check_fault(at: &Origin, injection: &HttpFaultInjection, out: &mut Diagnostics) {
    let HttpFaultInjection { delay, abort } = injection;
    if delay.is_none() && abort.is_none() {
        out.push(fault("empty-fault", at, "a fault without `delay` or `abort` does nothing"));
    }
    if let Some(Delay { percent: _, fixed_delay, exponential_delay, percentage }) = delay {
        let at = at.key("delay");
        check::duration(&at.key("fixedDelay"), *fixed_delay, out);
        check_fault_share(&at.key("percentage"), *percentage, out);
        if exponential_delay.is_some() {
            let message = "Istio does not implement `exponentialDelay`";
            out.push(fault("field-not-implemented", &at.key("exponentialDelay"), message).help("use `fixedDelay`"));
        }
    }
    if let Some(abort) = abort {
        check_abort(&at.key("abort"), abort, out);
    }
}

fn check_abort(at: &Origin, abort: &Abort, out: &mut Diagnostics) {
    let Abort { http_status, grpc_status, http2_error, percentage } = abort;
    check_fault_share(&at.key("percentage"), *percentage, out);
    let kinds = [
        (http_status.is_some(), "httpStatus"),
        (grpc_status.is_some(), "grpcStatus"),
        (http2_error.is_some(), "http2Error"),
    ];
    let written: Vec<_> = kinds.into_iter().filter(|(written, _)| *written).map(|(_, key)| key).collect();
    match written.as_slice() {
        [] => {
            out.push(doubt("abort-without-status", at, "an abort without status does nothing").help("set `httpStatus`"))
        }
        [_] => {}
        [first, others @ ..] => {
            for other in others {
                let message = format!("`{first}` and `{other}` exclude each other");
                out.push(fault("conflicting-fields", &at.key(*other), message));
            }
        }
    }
    if let Some(status) = http_status {
        check_status(&at.key("httpStatus"), i64::from(*status), out);
    }
    if let Some(status) = grpc_status.as_deref().filter(|status| !grpc::STATUSES.contains(status)) {
        let message = format!("gRPC has no status `{status}`");
        let help = format!("one of {}", grpc::STATUSES.join(", "));
        out.push(fault("unknown-grpc-status", &at.key("grpcStatus"), message).help(help));
    }
    if http2_error.is_some() {
        let message = "Istio does not implement `http2Error`";
        out.push(fault("field-not-implemented", &at.key("http2Error"), message).help("use `httpStatus`"));
    }
}

/// Cross-origin resource sharing (`validateCORSPolicy`).
fn check_cors(at: &Origin, cors: &CorsPolicy, out: &mut Diagnostics) {
    const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"];
    for (index, origin) in cors.allow_origins.iter().enumerate() {
        let at = at.key("allowOrigins").index(index);
        match origin {
            StringMatch::Exact(text) | StringMatch::Prefix(text) if !text.is_empty() => {}
            StringMatch::Regex(regex) => check::regex(&at.key("regex"), regex, out),
            StringMatch::Exact(_) | StringMatch::Prefix(_) | StringMatch::Unset => {
                out.push(fault("empty-match", &at, "an origin that is empty").help("set `exact`, `prefix` or `regex`"));
            }
        }
    }
    for (index, method) in cors.allow_methods.iter().enumerate() {
        if !METHODS.contains(&method.as_str()) {
            let message = format!("`{method}` is not a method of HTTP");
            let help = "methods are written in upper case; `*` takes all";
            out.push(fault("unknown-method", &at.key("allowMethods").index(index), message).help(help));
        }
    }
    for (key, names) in [("allowHeaders", &cors.allow_headers), ("exposeHeaders", &cors.expose_headers)] {
        for (index, name) in names.iter().enumerate() {
            if name != "*" && !check::is_token(name) {
                let message = format!("`{name}` cannot be the name of a header");
                out.push(fault("malformed-header-name", &at.key(key).index(index), message));
            }
        }
    }
    check::duration(&at.key("maxAge"), cors.max_age, out);
    if cors.max_age.is_some_and(|age| age.subsec_nanos() > 0) {
        out.push(fault("duration-too-fine", &at.key("maxAge"), "`maxAge` is in whole seconds"));
    }
}
