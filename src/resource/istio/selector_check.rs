//! What istiod refuses of a PeerAuthentication or a ProxyConfig (`pkg/config/validation`).

use super::{LabelSelector, PeerAuthentication, ProxyConfigResource};
use crate::base::{Diagnostics, Origin};
use crate::resource::Object;
use crate::resource::check::{self, fault};

/// Checks a PeerAuthentication by itself.
pub(in crate::resource) fn check_peer_authentication(object: &Object<PeerAuthentication>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let PeerAuthentication { selector, mtls: _, port_level_mtls } = &object.spec;
    check_selector(&spec, selector.as_ref(), out);
    let selects = selector.as_ref().is_some_and(|selector| !selector.match_labels.is_empty());
    if !port_level_mtls.is_empty() && !selects {
        let message = "`portLevelMtls` is for single workloads, and this policy is for a namespace or the mesh";
        out.push(
            fault("ports-without-selector", &spec.key("portLevelMtls"), message).help("add `selector.matchLabels`"),
        );
    }
}

/// Checks a ProxyConfig by itself.
pub(in crate::resource) fn check_proxy_config(object: &Object<ProxyConfigResource>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    check_selector(&spec, object.spec.selector.as_ref(), out);
    if let Some(concurrency) = object.spec.concurrency.filter(|concurrency| *concurrency < 0) {
        let message = format!("`concurrency` is {concurrency}, and cannot be below 0");
        out.push(fault("negative-limit", &spec.key("concurrency"), message));
    }
}

fn check_selector(spec: &Origin, selector: Option<&LabelSelector>, out: &mut Diagnostics) {
    if let Some(selector) = selector {
        check::selector(&spec.key("selector").key("matchLabels"), &selector.match_labels, out);
    }
}
