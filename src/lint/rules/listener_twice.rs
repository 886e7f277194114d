//! Listeners and addresses of the Gateway API that are there twice.

use std::collections::BTreeMap;

use super::declare_rule;
use crate::base::{Diagnostic, Diagnostics};
use crate::lint::ambient::{api_objects, text};
use crate::lint::{Context, Written};
use crate::yaml::Node;

declare_rule! {
    /// ## What it does
    /// Reports listeners of one Gateway of the Gateway API with the same port, protocol and hostname, and Gateways that ask
    /// for the same address.
    /// ## Why is this bad
    /// Of listeners that are alike one is not served. An address is given to one Gateway only.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   gatewayClassName: istio
    ///   listeners:
    ///   - {name: one, port: 80, protocol: HTTP, hostname: shop.example.com}
    ///   - {name: two, port: 80, protocol: HTTP, hostname: shop.example.com}
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   gatewayClassName: istio
    ///   listeners:
    ///   - {name: one, port: 80, protocol: HTTP, hostname: shop.example.com}
    ///   - {name: two, port: 80, protocol: HTTP, hostname: api.example.com}
    /// ```
    /// ## References
    /// <https://gateway-api.sigs.k8s.io/reference/spec/>
    pub(super) RULE = { name: "listener-twice", codes: ["KIA1501", "KIA1502", "KIA1503"], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    let gateways = api_objects(context, &["Gateway"]);
    let mut addresses: BTreeMap<&str, (&Written<'_>, &Node<'_>)> = BTreeMap::new();
    for gateway in &gateways {
        let list = |key: &str| gateway.at(&["spec", key]).map(Node::elements).unwrap_or_default();
        let mut listeners: BTreeMap<(&str, &str, &str), &Node<'_>> = BTreeMap::new();
        for listener in list("listeners") {
            let part = |key: &str| text(listener, key).unwrap_or_default();
            let Some(first) = listeners.insert((part("port"), part("protocol"), part("hostname")), listener) else {
                continue;
            };
            let message = "a listener of this Gateway has the same port, protocol and hostname";
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, gateway.place(listener), message)
                    .labelled("one of them is not served")
                    .related(gateway.place(first), "the other one")
                    .help("give one of them another port or hostname"),
            );
        }
        for address in list("addresses") {
            let Some(value) = text(address, "value") else { continue };
            let Some((other, first)) = addresses.insert(value, (gateway, address)) else { continue };
            let message = format!("Gateway `{}/{}` asks for address `{value}` as well", other.namespace, other.name);
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, gateway.place(address), message)
                    .related(other.place(first), "here")
                    .help("give each Gateway an address of its own"),
            );
        }
    }
    hosts_of_several(&gateways, found);
}

/// Gateways of one namespace and class with a listener for the same port and hostname.
fn hosts_of_several(gateways: &[Written<'_>], found: &mut Diagnostics) {
    let mut seen: BTreeMap<(&str, &str, &str, &str), (&Written<'_>, &Node<'_>)> = BTreeMap::new();
    for gateway in gateways {
        for listener in gateway.at(&["spec", "listeners"]).map(Node::elements).unwrap_or_default() {
            let Some(hostname) = text(listener, "hostname") else { continue };
            let port = text(listener, "port").unwrap_or_default();
            let key = (gateway.namespace, gateway.text(&["spec", "gatewayClassName"]), port, hostname);
            let Some((other, first)) = seen.insert(key, (gateway, listener)) else { continue };
            if other.name == gateway.name {
                continue;
            }
            let message = format!("Gateway `{}` has a listener for `{hostname}` on this port as well", other.name);
            found.push(
                Diagnostic::new(RULE.severity, RULE.name, gateway.place(listener), message)
                    .related(other.place(first), "the other one")
                    .help("serve a host by one Gateway"),
            );
        }
    }
}
