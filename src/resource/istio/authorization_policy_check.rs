//! What istiod refuses of an AuthorizationPolicy
//! (`pkg/config/validation: ValidateAuthorizationPolicy`, `pkg/config/security`).

use std::net::IpAddr;

use super::AuthorizationPolicy;
use super::authorization_policy::{Action, Condition, From, Operation, Rule, Source, To};
use super::metadata_check::DRY_RUN;
use super::policy_check::check_choice;
use crate::base::{Address, Diagnostic, Diagnostics, Location, Origin};
use crate::resource::Object;
use crate::resource::check::{doubt, fault, field};

/// The most rules, and sources of a rule, that a policy may have (its CRD, `maxItems`).
const MOST: usize = 512;

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<AuthorizationPolicy>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let AuthorizationPolicy { selector, target_ref, target_refs, rules, action, provider } = &object.spec;
    check_choice(&spec, selector.as_ref(), target_ref.as_ref(), target_refs, out);
    check_dry_run(object, out);
    if rules.is_empty() && matches!(action, Action::Deny | Action::Custom) {
        let message = "without `rules` the policy matches nothing, and this action is never taken";
        out.push(fault("missing-rules", &spec, message).help("add `rules`; `- {}` is a rule that matches everything"));
    }
    match provider {
        Some(_) if *action != Action::Custom => {
            let message = "`provider` is for action CUSTOM";
            out.push(fault("provider-without-custom", &spec.key("provider"), message).help("set `action: CUSTOM`"));
        }
        Some(provider) if !provider.name.is_empty() => {}
        _ if *action == Action::Custom && !rules.is_empty() => {
            out.push(fault("missing-provider", &spec, "action CUSTOM needs `provider.name`"));
        }
        _ => {}
    }
    check_count(&spec.key("rules"), rules.len(), MOST, out);
    for (index, rule) in rules.iter().enumerate() {
        let at = spec.key("rules").index(index);
        check_rule(&at, rule, out);
        match action {
            Action::Custom => check_custom(&at, rule, out),
            Action::Deny if denies_by_http_only(rule) => {
                let message = "the rule has HTTP attributes only, so it denies everything on ports that are not HTTP";
                out.push(doubt("http-only-deny", &at, message).help("name the HTTP `ports` in `to.operation`"));
            }
            Action::Allow | Action::Deny | Action::Audit => {}
        }
    }
}

fn check_dry_run(object: &Object<AuthorizationPolicy>, out: &mut Diagnostics) {
    let Some(value) = object.meta.annotations.get(DRY_RUN) else { return };
    let at = object.origin().key("metadata").key("annotations").key(DRY_RUN);
    // What Go's `strconv.ParseBool` takes.
    if !["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"].contains(&value) {
        let message = format!("`{value}` is neither true nor false");
        out.push(fault("malformed-annotation", &at, message).help("write 'true' or 'false', in quotes"));
    } else if matches!(object.spec.action, Action::Audit | Action::Custom) {
        out.push(fault("dry-run-not-supported", &at, "only policies that ALLOW or DENY can be tried out"));
    }
}

fn check_rule(at: &Origin, Rule { from, to, when }: &Rule, out: &mut Diagnostics) {
    check_count(&at.key("from"), from.len(), MOST, out);
    for (index, From { source }) in from.iter().enumerate() {
        let at = at.key("from").index(index);
        match source {
            None => out.push(fault("missing-source", &at, "`from` needs a `source`")),
            Some(source) => check_source(&at.key("source"), source, out),
        }
    }
    for (index, To { operation }) in to.iter().enumerate() {
        let at = at.key("to").index(index);
        match operation {
            None => out.push(fault("missing-operation", &at, "`to` needs an `operation`")),
            Some(operation) => check_operation(&at.key("operation"), operation, out),
        }
    }
    for (index, condition) in when.iter().enumerate() {
        check_condition(&at.key("when").index(index), condition, out);
    }
}

fn check_source(at: &Origin, source: &Source, out: &mut Diagnostics) {
    let lists = source.lists();
    if lists.iter().all(|(_, values)| values.is_empty()) {
        out.push(fault("missing-source", at, "a `source` without attributes").help("remove `from` to match all"));
    }
    for (key, values) in lists {
        let at = at.key(key);
        match key {
            "ipBlocks" | "notIpBlocks" | "remoteIpBlocks" | "notRemoteIpBlocks" => {
                check_values(&at, values, address_fault, out)
            }
            "serviceAccounts" | "notServiceAccounts" => check_accounts(&at, values, out),
            "trustDomains" | "notTrustDomains" => check_values(&at, values, trust_domain_fault, out),
            _ => check_values(&at, values, |_| None, out),
        }
    }
    let written = |keys: &[&str]| lists.iter().find(|(key, values)| keys.contains(key) && !values.is_empty());
    let accounts = written(&["serviceAccounts", "notServiceAccounts"]);
    let others = written(&["principals", "notPrincipals", "namespaces", "notNamespaces"]);
    if let (Some((accounts, _)), Some((other, _))) = (accounts, others) {
        let message = format!("`{accounts}` and `{other}` exclude each other");
        let first = Location::Key(at.key(*accounts));
        let finding = fault("conflicting-fields", &at.key(*other), message).related(first, "the other");
        out.push(finding.help("a service account may be written `namespace/name`"));
    }
}

fn check_operation(at: &Origin, operation: &Operation, out: &mut Diagnostics) {
    let lists = operation.lists();
    if lists.iter().all(|(_, values)| values.is_empty()) {
        out.push(fault("missing-operation", at, "an `operation` without attributes").help("remove `to` to match all"));
    }
    for (key, values) in lists {
        let at = at.key(key);
        match key {
            "ports" | "notPorts" => check_values(&at, values, port_fault, out),
            "paths" | "notPaths" => check_values(&at, values, template_fault, out),
            _ => check_values(&at, values, |_| None, out),
        }
    }
}

/// No value is empty, and none has a fault of its own.
fn check_values(at: &Origin, values: &[String], wrong: fn(&str) -> Option<String>, out: &mut Diagnostics) {
    for (index, value) in values.iter().enumerate() {
        let at = at.index(index);
        if value.is_empty() {
            out.push(fault("empty-match", &at, format!("an empty value in `{}`", field(&at))));
        } else if let Some(message) = wrong(value) {
            out.push(fault("malformed-match", &at, message));
        }
    }
}

fn address_fault(value: &str) -> Option<String> {
    let is_address = match value.contains('/') {
        true => Address(value.to_owned()).is_range(),
        false => value.split('%').next().is_some_and(|address| address.parse::<IpAddr>().is_ok()),
    };
    (!is_address).then(|| format!("`{value}` is not an IP address or a range such as `10.0.0.0/8`"))
}

fn port_fault(value: &str) -> Option<String> {
    let is_port = value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u16>().is_ok();
    (!is_port).then(|| format!("`{value}` is not a port: ports go to 65535"))
}

fn wildcard_fault(value: &str) -> Option<String> {
    let inside = value.get(1..value.len().saturating_sub(1)).is_some_and(|inside| inside.contains('*'));
    match value.matches('*').count() {
        0 => None,
        1 if !inside => None,
        _ => Some(format!("`{value}`: one `*` is allowed, at the start or the end")),
    }
}

fn trust_domain_fault(value: &str) -> Option<String> {
    let slash = value.contains('/').then(|| format!("`{value}`: a trust domain has no `/`"));
    wildcard_fault(value).or(slash)
}

fn account_fault(value: &str) -> Option<String> {
    if value.contains('*') {
        return Some(format!("`{value}`: a service account has no wildcard"));
    }
    let malformed = match value.split_once('/') {
        Some((namespace, name)) => namespace.is_empty() || name.is_empty() || name.contains('/'),
        None => false,
    };
    if malformed {
        return Some(format!("`{value}` is not `name` or `namespace/name` of a service account"));
    }
    (value.len() > 320).then(|| "a service account has at most 320 characters".to_owned())
}

fn check_accounts(at: &Origin, values: &[String], out: &mut Diagnostics) {
    check_count(at, values.len(), 16, out);
    check_values(at, values, account_fault, out);
}

fn check_count(at: &Origin, count: usize, most: usize, out: &mut Diagnostics) {
    if count > most {
        out.push(fault("too-many-entries", at, format!("{count} entries, and at most {most} are allowed")));
    }
}

/// `{*}` and `{**}` are whole segments, `{**}` the last of them, and with them the other segments
/// are plain text (`CheckValidPathTemplate`).
fn template_fault(path: &str) -> Option<String> {
    let is_template = path.contains("{*}") || path.contains("{**}");
    let mut any_seen = false;
    for segment in path.trim_matches('/').split('/') {
        if matches!(segment, "{*}" | "{**}") {
            if any_seen {
                return Some(format!("`{path}`: nothing variable follows `{{**}}`"));
            }
            any_seen = segment == "{**}";
        } else if segment.contains(['{', '}']) {
            return Some(format!("`{path}`: braces are for segments `{{*}}` and `{{**}}` only"));
        } else if is_template && !is_literal(segment) {
            return Some(format!("`{path}`: segment `{segment}` has characters that no path has, or is empty"));
        }
    }
    None
}

fn is_literal(segment: &str) -> bool {
    let is_mark = |byte| b"-._~%!$&'()+,;:@=".contains(&byte);
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

fn check_condition(at: &Origin, Condition { key, values, not_values }: &Condition, out: &mut Diagnostics) {
    if key.is_empty() {
        return out.push(fault("missing-key", at, "a condition needs a `key`"));
    }
    if values.is_empty() && not_values.is_empty() {
        return out.push(fault("missing-values", at, format!("`{key}` needs `values` or `notValues`")));
    }
    if let Some(finding) = attribute_fault(&at.key("key"), key) {
        out.push(finding);
    }
    for (name, values) in [("values", values), ("notValues", not_values)] {
        let at = at.key(name);
        match key.as_str() {
            "source.ip" | "remote.ip" | "destination.ip" => check_values(&at, values, address_fault, out),
            "source.serviceAccount" => check_accounts(&at, values, out),
            "source.trustDomain" => check_values(&at, values, wildcard_fault, out),
            "destination.port" => check_values(&at, values, port_fault, out),
            _ => check_values(&at, values, |_| None, out),
        }
    }
}

/// What is wrong with the name of an attribute (`ValidateAttribute`).
fn attribute_fault(at: &Origin, key: &str) -> Option<Diagnostic> {
    const PLAIN: [&str; 11] = [
        "source.ip",
        "remote.ip",
        "source.namespace",
        "source.serviceAccount",
        "source.principal",
        "source.trustDomain",
        "request.auth.principal",
        "request.auth.audiences",
        "request.auth.presenter",
        "destination.ip",
        "destination.port",
    ];
    const WITH_NAME: [&str; 3] = ["request.headers", "request.auth.claims", "experimental.envoy.filters."];
    if PLAIN.contains(&key) || key == "connection.sni" {
        return None;
    }
    if WITH_NAME.iter().any(|prefix| key.starts_with(prefix)) {
        let named = key.strip_suffix(']').and_then(|key| key.split_once('[')).is_some_and(|(_, name)| !name.is_empty());
        let message = format!("`{key}` needs a name in brackets");
        return (!named).then(|| fault("malformed-attribute", at, message).help("as `request.headers[x-user]`"));
    }
    let help = match key {
        "destination.namespace" => "the policy's own namespace says it",
        "destination.name" | "destination.user" => "it was for v1alpha1: use `selector`",
        _ if key.starts_with("destination.labels") => "use `selector`",
        _ => "https://istio.io/latest/docs/reference/config/security/conditions/ lists them",
    };
    Some(fault("unknown-attribute", at, format!("`{key}` is not an attribute of conditions")).help(help))
}

/// What an extension that decides cannot be asked about.
fn check_custom(at: &Origin, rule: &Rule, out: &mut Diagnostics) {
    const ADDRESSES: [&str; 4] = ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"];
    for (index, From { source }) in rule.from.iter().enumerate() {
        let at = at.key("from").index(index).key("source");
        let lists = source.as_ref().map(Source::lists).into_iter().flatten();
        for (key, _) in lists.filter(|(key, values)| !values.is_empty() && !ADDRESSES.contains(key)) {
            out.push(fault("not-with-custom", &at.key(key), format!("action CUSTOM does not support `{key}`")));
        }
    }
    for (index, Condition { key, .. }) in rule.when.iter().enumerate() {
        let identity = ["source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"];
        if identity.contains(&key.as_str()) || key.starts_with("request.auth.") {
            let at = at.key("when").index(index).key("key");
            out.push(fault("not-with-custom", &at, format!("action CUSTOM does not support `{key}`")));
        }
    }
}

/// Whether a rule says nothing that holds for plain TCP, so that it denies all of it.
fn denies_by_http_only(rule: &Rule) -> bool {
    const HTTP: [&str; 4] = ["requestPrincipals", "notRequestPrincipals", "trustDomains", "notTrustDomains"];
    let sources: Vec<_> = rule.from.iter().filter_map(|from| from.source.as_ref()).collect();
    let operations: Vec<_> = rule.to.iter().filter_map(|to| to.operation.as_ref()).collect();
    let tcp_source = sources
        .iter()
        .flat_map(|source| source.lists())
        .any(|(key, values)| !values.is_empty() && !HTTP.contains(&key));
    let tcp_operation = operations.iter().any(|to| !to.ports.is_empty() || !to.not_ports.is_empty());
    match operations.is_empty() {
        true => !sources.is_empty() && !tcp_source,
        false => !tcp_operation,
    }
}
