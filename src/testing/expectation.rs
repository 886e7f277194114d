//! What a test expects of the way of a request, and whether it holds.

use std::fmt;

use super::facts::Facts;
use crate::base::{Duration, Pattern, Span};
use crate::simulate::{End, Fault, grpc_status_name};

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Where it is written.
    pub at: Span,
    /// Whether it must not hold instead.
    pub negated: bool,
    /// What.
    pub check: Check,
}

/// What is looked at. In a list of patterns each must fit something, and everything must fit one.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The clusters that get requests.
    Clusters(Vec<Pattern>),
    /// Hosts of these clusters, with or without `:port`.
    Destinations(Vec<Pattern>),
    /// Subsets of these clusters.
    Subsets(Vec<Pattern>),
    /// Parts of subsets, hosts or clusters, as a proportion.
    Weights(Vec<(Pattern, u32)>),
    /// The endpoints of these clusters that are known.
    Endpoints(Vec<Pattern>),
    /// The clusters that get copies.
    Mirrors(Vec<Pattern>),
    /// The status that the proxy answers with: one of these.
    Status(Vec<u16>),
    /// The `grpc-status` that it answers a client of gRPC with: one of these.
    GrpcStatus(Vec<u32>),
    /// The body that it answers with.
    Body(Pattern),
    /// Where it sends the client.
    Location(Pattern),
    /// Path and query after rewriting.
    Path(Pattern),
    /// The authority after rewriting.
    Authority(Pattern),
    /// What becomes of the request's headers.
    RequestHeaders(Headers),
    /// What becomes of the response's headers.
    ResponseHeaders(Headers),
    /// How long an answer may take; none is without limit.
    Timeout(Option<Duration>),
    /// Repeated tries.
    Retries(Retries),
    /// How long some requests are held back first.
    Delay(Duration),
    /// The status that some requests are refused with.
    Abort(u16),
    /// The route's name.
    Route(Pattern),
    /// The VirtualService that made the route, as `ns/name`.
    VirtualService(Pattern),
    /// The virtual host's name.
    VirtualHost(Pattern),
    /// The route configuration's name.
    RouteConfiguration(Pattern),
    /// The filter chain's name.
    FilterChain(Pattern),
    /// The listener's name.
    Listener(Pattern),
    /// Whether no route takes it, which is a 404.
    NotFound(bool),
    /// Whether the connection ends without an answer of HTTP.
    Closed(bool),
}

/// Operations on headers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers {
    /// Headers that are set or added to this value, or with none, that are not.
    pub add: Vec<(String, Option<Pattern>)>,
    /// Headers that are removed.
    pub remove: Vec<String>,
}

/// Repeated tries; what is not said may be anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retries {
    /// How often at most; 0 is never.
    pub attempts: Option<u32>,
    /// How long one try may take.
    pub per_try_timeout: Option<Duration>,
    /// Words that are among the conditions.
    pub on: Vec<String>,
}

/// What differs from an expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Where the expectation is written.
    pub at: Span,
    /// What was looked at, by the name of the test's field.
    pub what: &'static str,
    /// What was expected.
    pub expected: String,
    /// What is.
    pub got: String,
}

impl Expectation {
    /// What differs, if anything does.
    pub fn judge(&self, facts: &Facts<'_>) -> Option<Mismatch> {
        let (holds, got) = self.check.look(facts);
        let expected = if self.negated { format!("not {}", self.check) } else { self.check.to_string() };
        (holds == self.negated).then(|| Mismatch { at: self.at, what: self.check.name(), expected, got })
    }
}

impl Check {
    /// The field of a test that says it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Clusters(_) => "cluster",
            Self::Destinations(_) => "destination",
            Self::Subsets(_) => "subset",
            Self::Weights(_) => "weights",
            Self::Endpoints(_) => "endpoints",
            Self::Mirrors(_) => "mirrors",
            Self::Status(_) => "status",
            Self::GrpcStatus(_) => "grpc_status",
            Self::Body(_) => "body",
            Self::Location(_) => "location",
            Self::Path(_) => "path",
            Self::Authority(_) => "authority",
            Self::RequestHeaders(_) => "request_headers",
            Self::ResponseHeaders(_) => "response_headers",
            Self::Timeout(_) => "timeout",
            Self::Retries(_) => "retries",
            Self::Delay(_) => "delay",
            Self::Abort(_) => "abort",
            Self::Route(_) => "route",
            Self::VirtualService(_) => "virtual_service",
            Self::VirtualHost(_) => "virtual_host",
            Self::RouteConfiguration(_) => "route_configuration",
            Self::FilterChain(_) => "filter_chain",
            Self::Listener(_) => "listener",
            Self::NotFound(_) => "not_found",
            Self::Closed(_) => "closed",
        }
    }

    /// Whether it holds, and what is instead.
    fn look(&self, facts: &Facts<'_>) -> (bool, String) {
        let forward = facts.forward();
        match self {
            Self::Clusters(patterns) => all(patterns, &facts.clusters(), facts),
            Self::Destinations(patterns) => destinations(patterns, facts),
            Self::Subsets(patterns) => all(patterns, &facts.subsets(), facts),
            Self::Weights(parts) => weights(parts, facts),
            Self::Endpoints(patterns) => all(patterns, &facts.endpoints(), facts),
            Self::Mirrors(patterns) => all(patterns, forward.map_or(&[][..], |it| &it.mirrors), facts),
            Self::Status(wanted) => match facts.outcome.own_status() {
                Some(status) => (wanted.contains(&status), status.to_string()),
                None => (false, facts.end()),
            },
            Self::GrpcStatus(wanted) => match facts.outcome.grpc_status() {
                Some(status) => (wanted.contains(&status), grpc_status_name(status)),
                None if facts.outcome.own_status().is_some() => {
                    (false, format!("{}, to a client that speaks no gRPC (by `content-type`)", facts.end()))
                }
                None => (false, facts.end()),
            },
            Self::Body(pattern) => match &facts.outcome.end {
                End::DirectResponse { body, .. } => one(pattern, body.as_deref(), facts),
                _ => one(pattern, None, facts),
            },
            Self::Location(pattern) => match &facts.outcome.end {
                End::Redirect { location, .. } => one(pattern, Some(location), facts),
                _ => one(pattern, None, facts),
            },
            Self::Path(pattern) => one(pattern, forward.map(|it| it.path.as_str()), facts),
            Self::Authority(pattern) => one(pattern, facts.authority(), facts),
            Self::RequestHeaders(headers) => match forward {
                Some(it) => headers.look(&it.request_headers_added, &it.request_headers_removed),
                None => (false, facts.end()),
            },
            Self::ResponseHeaders(headers) => match forward {
                Some(it) => headers.look(&it.response_headers_added, &it.response_headers_removed),
                None => (false, facts.end()),
            },
            Self::Timeout(wanted) => match forward {
                Some(it) => {
                    let got = Duration::parse(&it.timeout).ok().filter(|timeout| !timeout.is_zero());
                    (got == *wanted, got.map_or_else(|| "none".to_owned(), |_| it.timeout.clone()))
                }
                None => (false, facts.end()),
            },
            Self::Retries(retries) => match forward {
                Some(it) => retries.look(it.retries.as_ref()),
                None => (false, facts.end()),
            },
            Self::Delay(wanted) => {
                let got = facts.delays();
                let same = |text: &String| Duration::parse(text).is_ok_and(|delay| delay == *wanted);
                (got.iter().any(same), if got.is_empty() { "no delay".to_owned() } else { listed(&got) })
            }
            Self::Abort(wanted) => {
                let got = facts.aborts();
                (got.contains(wanted), if got.is_empty() { "no abort".to_owned() } else { listed(&got) })
            }
            Self::Route(pattern) => one(pattern, facts.outcome.route.as_ref().map(|it| it.name.as_str()), facts),
            Self::VirtualService(pattern) => all(std::slice::from_ref(pattern), &facts.virtual_services(), facts),
            Self::VirtualHost(pattern) => {
                one(pattern, facts.outcome.virtual_host.as_ref().map(|it| it.name.as_str()), facts)
            }
            Self::RouteConfiguration(pattern) => one(pattern, facts.outcome.route_configuration.as_deref(), facts),
            Self::FilterChain(pattern) => {
                one(pattern, facts.outcome.filter_chain.as_ref().map(|it| it.name.as_str()), facts)
            }
            Self::Listener(pattern) => one(pattern, facts.outcome.listener.as_ref().map(|it| it.name.as_str()), facts),
            Self::NotFound(wanted) => (not_found(&facts.outcome.end) == *wanted, facts.end()),
            Self::Closed(wanted) => (facts.closed() == *wanted, facts.end()),
        }
    }
}

/// A value that may be missing; then how the way ended says why.
fn one(pattern: &Pattern, got: Option<&str>, facts: &Facts<'_>) -> (bool, String) {
    match got {
        Some(got) => (pattern.fits(got), if got.is_empty() { "(empty)".to_owned() } else { got.to_owned() }),
        None => (false, facts.end()),
    }
}

fn all(patterns: &[Pattern], got: &[String], facts: &Facts<'_>) -> (bool, String) {
    let holds = !got.is_empty()
        && got.iter().all(|got| patterns.iter().any(|pattern| pattern.fits(got)))
        && patterns.iter().all(|pattern| got.iter().any(|got| pattern.fits(got)));
    (holds, if got.is_empty() { facts.end() } else { listed(got) })
}

fn destinations(patterns: &[Pattern], facts: &Facts<'_>) -> (bool, String) {
    let got = facts.destinations();
    let fits = |pattern: &Pattern, (host, port): &(String, String)| {
        pattern.fits(host) || pattern.fits(&format!("{host}:{port}"))
    };
    let holds = !got.is_empty()
        && got.iter().all(|got| patterns.iter().any(|pattern| fits(pattern, got)))
        && patterns.iter().all(|pattern| got.iter().any(|got| fits(pattern, got)));
    let shown: Vec<String> = got.iter().map(|(host, port)| format!("{host}:{port}")).collect();
    (holds, if shown.is_empty() { facts.end() } else { listed(&shown) })
}

/// Every share must belong to one part, and the parts must stand in the same proportion.
fn weights(parts: &[(Pattern, u32)], facts: &Facts<'_>) -> (bool, String) {
    let shares = facts.weighted();
    let mut sums = vec![0_u64; parts.len()];
    let mut strays = false;
    for (names, weight) in &shares {
        let fits = |(pattern, _): &(Pattern, u32)| names.iter().any(|name| pattern.fits(name));
        match parts.iter().position(fits).and_then(|at| sums.get_mut(at)) {
            Some(sum) => *sum += weight,
            None => strays |= *weight > 0,
        }
    }
    let total: u64 = sums.iter().sum();
    let wanted: u64 = parts.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let proportional = parts.iter().zip(&sums).all(|((_, part), sum)| u64::from(*part) * total == sum * wanted);
    let shown: Vec<String> = shares
        .iter()
        .map(|(names, weight)| format!("{}: {weight}", names.first().map_or("", String::as_str)))
        .collect();
    (total > 0 && !strays && proportional, if shown.is_empty() { facts.end() } else { shown.join(", ") })
}

/// No route configuration, no virtual host or no route takes it.
fn not_found(end: &End) -> bool {
    matches!(end, End::Fault(Fault::NoRouteConfiguration { .. } | Fault::NoVirtualHost { .. } | Fault::NoRoute))
}

impl Headers {
    fn look(&self, added: &[String], removed: &[String]) -> (bool, String) {
        let values = |name: &str| -> Vec<&str> {
            let split = added.iter().filter_map(|header| header.split_once(": "));
            split.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
        };
        let adds = self.add.iter().all(|(name, wanted)| match wanted {
            Some(pattern) => values(name).iter().any(|value| pattern.fits(value)),
            None => values(name).is_empty(),
        });
        let removes = self.remove.iter().all(|name| removed.iter().any(|one| one.eq_ignore_ascii_case(name)));
        let mut got: Vec<String> = added.iter().map(|header| format!("+ {header}")).collect();
        got.extend(removed.iter().map(|name| format!("- {name}")));
        (adds && removes, if got.is_empty() { "no change".to_owned() } else { got.join(", ") })
    }
}

impl Retries {
    fn look(&self, got: Option<&crate::simulate::Retries>) -> (bool, String) {
        let Some(got) = got else { return (self.attempts == Some(0), "none".to_owned()) };
        let per_try = got.per_try_timeout.as_deref().and_then(|text| Duration::parse(text).ok());
        let words: Vec<&str> = got.on.split(',').map(str::trim).collect();
        let holds = self.attempts.is_none_or(|wanted| wanted == got.attempts)
            && self.per_try_timeout.is_none_or(|wanted| per_try == Some(wanted))
            && self.on.iter().all(|word| words.contains(&word.as_str()));
        let shown = Self {
            attempts: Some(got.attempts),
            per_try_timeout: per_try,
            on: words.into_iter().map(str::to_owned).collect(),
        };
        (holds, shown.to_string())
    }
}

impl fmt::Display for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.attempts.map(|attempts| format!("{attempts} attempts")));
        parts.extend(self.per_try_timeout.map(|timeout| format!("{timeout} each")));
        if !self.on.is_empty() {
            parts.push(format!("on {}", self.on.join(",")));
        }
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (name, wanted) in &self.add {
            parts.push(match wanted {
                Some(pattern) => format!("+ {name}: {pattern}"),
                None => format!("no + {name}"),
            });
        }
        parts.extend(self.remove.iter().map(|name| format!("- {name}")));
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clusters(patterns)
            | Self::Destinations(patterns)
            | Self::Subsets(patterns)
            | Self::Endpoints(patterns)
            | Self::Mirrors(patterns) => f.write_str(&listed(patterns)),
            Self::Weights(parts) => {
                let shown: Vec<String> = parts.iter().map(|(pattern, weight)| format!("{pattern}: {weight}")).collect();
                f.write_str(&shown.join(", "))
            }
            Self::GrpcStatus(wanted) => {
                f.write_str(&wanted.iter().map(|status| grpc_status_name(*status)).collect::<Vec<_>>().join(" or "))
            }
            Self::Status(wanted) => f.write_str(&wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")),
            Self::Body(pattern)
            | Self::Location(pattern)
            | Self::Path(pattern)
            | Self::Authority(pattern)
            | Self::Route(pattern)
            | Self::VirtualService(pattern)
            | Self::VirtualHost(pattern)
            | Self::RouteConfiguration(pattern)
            | Self::FilterChain(pattern)
            | Self::Listener(pattern) => pattern.fmt(f),
            Self::RequestHeaders(headers) | Self::ResponseHeaders(headers) => headers.fmt(f),
            Self::Timeout(Some(timeout)) | Self::Delay(timeout) => timeout.fmt(f),
            Self::Abort(status) => status.fmt(f),
            Self::Timeout(None) => f.write_str("none"),
            Self::Retries(retries) => retries.fmt(f),
            Self::NotFound(wanted) | Self::Closed(wanted) => wanted.fmt(f),
        }
    }
}

fn listed<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
