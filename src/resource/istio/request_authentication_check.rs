//! What istiod or the CRD refuses of a RequestAuthentication
//! (`pkg/config/validation: ValidateRequestAuthentication, validateJwtRule`).

use serde_json::Value;

use super::RequestAuthentication;
use super::policy_check::{check_choice, check_exclusive};
use super::request_authentication::JwtRule;
use super::url;
use crate::base::{Diagnostics, Origin};
use crate::resource::Object;
use crate::resource::check::{self, doubt, fault, field};

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<RequestAuthentication>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let RequestAuthentication { selector, target_ref, target_refs, jwt_rules } = &object.spec;
    check_choice(&spec, selector.as_ref(), target_ref.as_ref(), target_refs, out);
    for (index, rule) in jwt_rules.iter().enumerate() {
        check_rule(&spec.key("jwtRules").index(index), rule, out);
    }
}

fn check_rule(at: &Origin, rule: &JwtRule, out: &mut Diagnostics) {
    let text = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.is_empty());
    if !text(&rule.issuer) && !text(&rule.jwks_uri) {
        out.push(fault("missing-issuer", at, "a rule needs an `issuer`, or a `jwksUri` with the keys"));
    }
    for (key, value) in [("issuer", &rule.issuer), ("jwksUri", &rule.jwks_uri)] {
        if value.as_deref() == Some("") {
            out.push(fault("empty-value", &at.key(key), format!("`{key}` is empty")).help("remove it"));
        }
    }
    let keys = [(!rule.jwks.is_empty(), "jwks"), (rule.jwks_uri.is_some(), "jwksUri")];
    check_exclusive(at, &keys, out);
    if let Some(uri) = rule.jwks_uri.as_deref().filter(|uri| !uri.is_empty()) {
        check_uri(&at.key("jwksUri"), uri, out);
    }
    if !rule.jwks.is_empty() {
        check_keys(&at.key("jwks"), &rule.jwks, out);
    }
    let lists = [
        ("audiences", &rule.audiences),
        ("fromParams", &rule.from_params),
        ("fromCookies", &rule.from_cookies),
        ("spaceDelimitedClaims", &rule.space_delimited_claims),
    ];
    for (key, values) in lists {
        for (index, _) in values.iter().enumerate().filter(|(_, value)| value.is_empty()) {
            let at = at.key(key).index(index);
            out.push(fault("empty-value", &at, format!("`{}` is empty", field(&at))));
        }
    }
    if rule.space_delimited_claims.len() > 64 {
        let message = format!("{} claims, and at most 64 are allowed", rule.space_delimited_claims.len());
        out.push(fault("too-many-entries", &at.key("spaceDelimitedClaims"), message));
    }
    for (index, header) in rule.from_headers.iter().enumerate().filter(|(_, header)| header.name.is_empty()) {
        let at = at.key("fromHeaders").index(index);
        let message = format!("a header without a name (its prefix is `{}`)", header.prefix);
        out.push(fault("missing-header-name", &at, message).help("set `name`"));
    }
    check_claims(at, rule, out);
    check::duration(&at.key("timeout"), rule.timeout, out);
}

fn check_uri(at: &Origin, uri: &str, out: &mut Diagnostics) {
    const LONGEST: usize = 2048;
    if uri.len() > LONGEST {
        out.push(fault("too-long", at, format!("`jwksUri` has at most {LONGEST} characters")));
    }
    match url::parse(uri) {
        Err(why) => out.push(fault("malformed-url", at, format!("`{uri}` is not a URL: {why}"))),
        Ok(scheme) if matches!(scheme.as_str(), "http" | "https") => {}
        Ok(_) => {
            let message = format!("`{uri}` does not start with `http://` or `https://`");
            out.push(fault("unknown-scheme", at, message));
        }
    }
}

/// The text is a set of JSON Web Keys, or one (RFC 7517). It is not shown: it may hold private keys.
fn check_keys(at: &Origin, text: &str, out: &mut Diagnostics) {
    let Ok(parsed) = serde_json::from_str::<Value>(text) else {
        return out.push(fault("malformed-jwks", at, "`jwks` is not JSON").help("a JSON Web Key Set, RFC 7517"));
    };
    let keys = match parsed.get("keys") {
        Some(Value::Array(keys)) => keys.iter().collect(),
        Some(_) => Vec::new(),
        None => vec![&parsed],
    };
    if keys.is_empty() && !matches!(parsed.get("keys"), Some(Value::Array(_))) {
        out.push(fault("malformed-jwks", at, "`keys` of `jwks` is not a list").help("a JSON Web Key Set, RFC 7517"));
    }
    for (index, key) in keys.into_iter().enumerate() {
        let has = |name: &str| key.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let members: &[&str] = match key.get("kty").and_then(Value::as_str) {
            Some("RSA") => &["n", "e"],
            Some("EC") => &["crv", "x", "y"],
            Some("OKP") => &["crv", "x"],
            Some("oct") => &["k"],
            _ => {
                let message = format!("key {index} of `jwks` has no known type");
                out.push(fault("malformed-jwks", at, message).help("set `kty` to RSA, EC, OKP or oct"));
                continue;
            }
        };
        if let Some(missing) = members.iter().find(|name| !has(name)) {
            out.push(fault("malformed-jwks", at, format!("key {index} of `jwks` has no `{missing}`")));
        } else if has("d") || has("k") {
            let message = format!("key {index} of `jwks` is a private key, and checking tokens takes public keys only");
            out.push(doubt("private-key-in-jwks", at, message).help("replace it, and write only its public part"));
        }
    }
}

fn check_claims(at: &Origin, rule: &JwtRule, out: &mut Diagnostics) {
    for (index, claim) in rule.output_claim_to_headers.iter().enumerate() {
        let at = at.key("outputClaimToHeaders").index(index);
        if claim.claim.is_empty() {
            out.push(fault("missing-claim", &at, "an entry needs a `claim`"));
        }
        let is_mark = |byte| byte == b'-' || byte == b'_';
        if claim.header.is_empty() {
            out.push(fault("missing-header-name", &at, "an entry needs a `header`"));
        } else if !claim.header.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte)) {
            let message = format!("`{}` cannot be the header of a claim", claim.header);
            out.push(fault("malformed-header", &at.key("header"), message).help("letters, digits, `-` and `_`"));
        }
    }
}
