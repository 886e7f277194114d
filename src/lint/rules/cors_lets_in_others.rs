//! CORS with credentials for origins of anybody.

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics, Location};
use crate::lint::Context;
use crate::lint::routes;
use crate::resource::istio::virtual_service::StringMatch;

declare_rule! {
    /// ## What it does
    /// Reports `corsPolicy` with `allowCredentials` whose `allowOrigins` take every origin, or those of others: `exact:
    /// "*"`, a `prefix` that ends within a host name, `regex: ".*"`, and expressions with a `.` for which any character
    /// stands in a host name.
    /// ## Why is this bad
    /// A browser then sends the user's cookies with requests of any such page, and lets the page read the answer.
    /// `prefix: https://example.com` also takes `https://example.com.attacker.net`.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - corsPolicy:
    ///       allowOrigins: [{prefix: "https://example.com"}]
    ///       allowCredentials: true
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - corsPolicy:
    ///       allowOrigins: [{exact: "https://example.com"}, {regex: 'https://[a-z]+\.example\.com'}]
    ///       allowCredentials: true
    ///     route: [{destination: {host: web.prod.svc.cluster.local}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#CorsPolicy>
    pub(super) RULE = { name: "cors-lets-in-others", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for (origin, route) in routes::http(context) {
        let Some(cors) = route.cors_policy.as_ref().filter(|cors| cors.allow_credentials == Some(true)) else {
            continue;
        };
        let at = origin.key("corsPolicy");
        let credentials = Location::Key(at.key("allowCredentials"));
        for (index, one) in cors.allow_origins.iter().enumerate() {
            if let Some((key, example)) = stranger(one) {
                let place = Location::Value(at.key("allowOrigins").index(index).key(key));
                let message = format!("pages of `{example}` may use the credentials of your users");
                found.push(
                    Diagnostic::new(RULE.severity, RULE.name, place, message)
                        .related(credentials.clone(), "credentials are let in")
                        .help("list origins with `exact`; in a `regex` write a dot as `\\.`"),
                );
            }
        }
    }
}

/// An origin of somebody else that the condition takes, and where it is written.
fn stranger(one: &StringMatch) -> Option<(&'static str, String)> {
    match one {
        StringMatch::Exact(text) if text == "*" => Some(("exact", "https://attacker.net".to_owned())),
        StringMatch::Prefix(text) => {
            let (_, host) = text.split_once("://")?;
            let is_open = !host.is_empty() && !host.contains(['/', ':']);
            let dot = if host.ends_with('.') { "" } else { "." };
            is_open.then(|| ("prefix", format!("{text}{dot}attacker.net")))
        }
        StringMatch::Regex(regex) if matches!(regex.as_str(), ".*" | ".+" | "https?://.*" | "https://.*") => {
            Some(("regex", "https://attacker.net".to_owned()))
        }
        StringMatch::Regex(regex) => {
            // `www.example.com`: plain letters with dots alone, the last of which may be another character.
            let text = regex.as_str();
            let (scheme, host) = text.split_once("://")?;
            let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
            let (name, end) =
                host.rsplit_once('.').filter(|_| is_plain && scheme.bytes().all(|it| it.is_ascii_alphabetic()))?;
            let (before, last) = name.rsplit_once('.')?;
            Some(("regex", format!("{scheme}://{before}x{last}.{end}")))
        }
        StringMatch::Exact(_) | StringMatch::Unset => None,
    }
}
