//! A Secret of a Gateway without a certificate that is valid.

use std::collections::BTreeMap;

use x509_parser::pem::Pem;

use super::declare_rule;
use super::unknown_credential::routers;
use crate::base::{Diagnostic, Diagnostics, Location, Timestamp};
use crate::lint::Context;
use crate::mesh::Secret;

declare_rule! {
    /// ## What it does
    /// Reports a `credentialName` of a Gateway whose Secret has no certificate and key, or none that can be read, or a
    /// certificate that has expired or is not valid yet.
    /// ## Why is this bad
    /// The server has no certificate, and Envoy refuses connections to it; or clients refuse the certificate.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: {name: shop-tls, namespace: istio-system}
    /// stringData: {certificate: "", key: ""}
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public, namespace: shop}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [shop.example.com]
    ///     tls: {mode: SIMPLE, credentialName: shop-tls}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: {name: shop-tls, namespace: istio-system}
    /// stringData:
    ///   tls.crt: |
    ///     -----BEGIN CERTIFICATE-----
    ///     MIIBHzCBxgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBzaG9wLmV4YW1wbGUu
    ///     Y29tMCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAxMDAwMDAwWjAbMRkwFwYDVQQD
    ///     DBBzaG9wLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEslIj
    ///     u5GDyykOl+X/VI70e/CBWw77ypuuX9NKkA/YJC/9irqRbj0T5IpD4kujG/SSgFC6
    ///     RYH25AfkUjHVZg0RPzAKBggqhkjOPQQDAgNIADBFAiA44S3RJvnQ+z0I4TwTPWl3
    ///     nevjJvN2kco6d5WUwyDZMQIhALzzUKZfFKesWp4T/FpWoDcTdAV9uUXi8YNpscUH
    ///     A4/y
    ///     -----END CERTIFICATE-----
    ///   tls.key: |
    ///     -----BEGIN PRIVATE KEY-----
    ///     MIGHAgEAMBMGByqGSM49
    ///     -----END PRIVATE KEY-----
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata: {name: public, namespace: shop}
    /// spec:
    ///   selector: {istio: ingressgateway}
    ///   servers:
    ///   - port: {number: 443, name: https, protocol: HTTPS}
    ///     hosts: [shop.example.com]
    ///     tls: {mode: SIMPLE, credentialName: shop-tls}
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/analysis/ist0161/>
    pub(super) RULE = { name: "unusable-credential", codes: ["IST0161"], severity: Error, check: check };
}

/// The keys of a certificate and its private key, in the order in which they are looked for
/// (`istio: credentials/kube.ExtractCertInfo`).
const KEYS: [(&str, &str); 2] = [("cert", "key"), ("tls.crt", "tls.key")];

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    // Many servers may have one certificate.
    let mut faults: BTreeMap<(&str, &str), Option<Fault>> = BTreeMap::new();
    for gateway in &context.resources.gateways {
        let Some(namespace) = routers(context, &gateway.spec.selector) else { continue };
        for (at, server) in gateway.spec.servers.iter().enumerate() {
            let Some(tls) = &server.tls else { continue };
            let origin = gateway.spec_origin().key("servers").index(at).key("tls");
            let several = tls.credential_names.iter().enumerate();
            let several = several.map(|(at, name)| (origin.key("credentialNames").index(at), name));
            let one = std::iter::once((origin.key("credentialName"), &tls.credential_name));
            for (place, name) in one.chain(several).filter(|(_, name)| !name.is_empty()) {
                let Some(secret) = context.mesh.secret(namespace, name) else { continue };
                let fault = faults.entry((namespace, name)).or_insert_with(|| fault(secret, context.now));
                let Some(fault) = fault else { continue };
                let message = format!("Secret `{namespace}/{name}` cannot serve: {}", fault.message);
                let unusable = Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message);
                found.push(unusable.related(name_place(secret), "the Secret").help(fault.help));
            }
        }
    }
}

fn name_place(secret: &Secret) -> Location {
    Location::Value(secret.origin.key("metadata").key("name"))
}

/// What is wrong with a Secret, and what to do. Its bytes are never shown.
struct Fault {
    message: String,
    help: &'static str,
}

fn fault(secret: &Secret, now: Timestamp) -> Option<Fault> {
    let report = |message: String, help: &'static str| Some(Fault { message, help });
    let value = |key: &str| secret.data.get(key).filter(|value| !value.is_empty());
    let pair = KEYS.iter().find_map(|(cert, key)| Some(((*cert, value(cert)?), (*key, value(key)?))));
    let Some(((cert_key, cert), (private_key, private))) = pair else {
        let keys: Vec<_> = secret.data.keys().map(|key| format!("`{key}`")).collect();
        let has = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
        let message = format!("it has {has}, but no certificate with a private key");
        return report(message, "a Secret for TLS has `tls.crt` and `tls.key` (or `cert` and `key`)");
    };
    if !blocks(private).any(|block| block.label.ends_with("PRIVATE KEY")) {
        return report(format!("`{private_key}` holds no private key"), "write the key as PEM");
    }
    let Some(block) = blocks(cert).next() else {
        return report(format!("`{cert_key}` holds no certificate"), "write the certificate as PEM");
    };
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(&block.contents) else {
        let message = format!("the certificate in `{cert_key}` cannot be read");
        return report(message, "write the certificate as PEM");
    };
    let validity = certificate.validity();
    if validity.not_after.timestamp() < now.0 {
        return report(format!("its certificate has expired on {}", validity.not_after), "renew the certificate");
    }
    if validity.not_before.timestamp() > now.0 {
        let message = format!("its certificate is not valid before {}", validity.not_before);
        return report(message, "check the certificate's dates");
    }
    None
}

/// The blocks of PEM in a text, up to one that cannot be read.
fn blocks(text: &[u8]) -> impl Iterator<Item = Pem> {
    Pem::iter_from_buffer(text).map_while(Result::ok)
}
