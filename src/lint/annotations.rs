//! Istio's annotations: which there are, how mature each is, and what it may stand on. From the
//! table of istio/api, which the page <https://istio.io/latest/docs/reference/config/annotations/>
//! shows.

use super::{Context, Written};
use crate::yaml::Node;

/// How mature what an annotation asks for is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It may change or go.
    Alpha,
    /// It is complete.
    Beta,
    /// It stays.
    Stable,
}
use Status::{Alpha, Beta, Stable};

/// An annotation that Istio knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its name.
    pub(super) name: &'static str,
    /// How mature it is.
    pub(super) status: Status,
    /// It is to go.
    pub(super) deprecated: bool,
    /// The kinds it may stand on; empty for any.
    pub(super) kinds: &'static [&'static str],
}

const CURRENT: bool = false;
const DEPRECATED: bool = true;
const ANY: &[&str] = &[];
const POD: &[&str] = &["Pod"];

const fn row(name: &'static str, status: Status, deprecated: bool, kinds: &'static [&'static str]) -> Known {
    Known { name, status, deprecated, kinds }
}

/// Every annotation, by name.
static KNOWN: &[Known] = &[
    row("alpha.istio.io/canonical-serviceaccounts", Alpha, DEPRECATED, &["Service"]),
    row("alpha.istio.io/kubernetes-serviceaccounts", Alpha, DEPRECATED, &["Service"]),
    row("ambient.istio.io/bypass-inbound-capture", Alpha, CURRENT, POD),
    row("ambient.istio.io/dns-capture", Alpha, CURRENT, POD),
    row("ambient.istio.io/redirection", Beta, CURRENT, POD),
    row("ambient.istio.io/waypoint-inbound-binding", Alpha, CURRENT, &["GatewayClass", "Gateway"]),
    row("galley.istio.io/analyze-suppress", Alpha, CURRENT, ANY),
    row("gateway.istio.io/controller-version", Alpha, CURRENT, ANY),
    row("gateway.istio.io/name-override", Alpha, CURRENT, &["Gateway"]),
    row("gateway.istio.io/service-account", Alpha, CURRENT, &["Gateway"]),
    row("inject.istio.io/templates", Alpha, CURRENT, POD),
    row("istio.io/autoRegistrationGroup", Alpha, CURRENT, &["WorkloadEntry"]),
    row("istio.io/connectedAt", Alpha, CURRENT, &["WorkloadEntry"]),
    row("istio.io/disconnectedAt", Alpha, CURRENT, &["WorkloadEntry"]),
    row("istio.io/dry-run", Alpha, CURRENT, &["AuthorizationPolicy"]),
    row("istio.io/reroute-virtual-interfaces", Alpha, CURRENT, POD),
    row("istio.io/rev", Alpha, CURRENT, POD),
    row("istio.io/use-waypoint-canary-weight", Alpha, CURRENT, &["Service", "ServiceEntry", "Namespace"]),
    row("istio.io/workloadController", Alpha, CURRENT, &["WorkloadEntry"]),
    row("kubernetes.io/ingress.class", Stable, CURRENT, &["Ingress"]),
    row("networking.istio.io/exportTo", Alpha, CURRENT, &["Service"]),
    row("networking.istio.io/service-type", Alpha, CURRENT, &["Gateway"]),
    row("networking.istio.io/traffic-distribution", Alpha, CURRENT, &["Namespace", "Service", "ServiceEntry"]),
    row("prometheus.istio.io/merge-metrics", Alpha, CURRENT, POD),
    row("proxy.istio.io/config", Beta, CURRENT, POD),
    row("proxy.istio.io/overrides", Alpha, CURRENT, POD),
    row("readiness.status.sidecar.istio.io/applicationPorts", Alpha, CURRENT, POD),
    row("readiness.status.sidecar.istio.io/failureThreshold", Alpha, CURRENT, POD),
    row("readiness.status.sidecar.istio.io/initialDelaySeconds", Alpha, CURRENT, POD),
    row("readiness.status.sidecar.istio.io/periodSeconds", Alpha, CURRENT, POD),
    row("sidecar.istio.io/agentLogLevel", Alpha, CURRENT, POD),
    row("sidecar.istio.io/bootstrapOverride", Alpha, CURRENT, POD),
    row("sidecar.istio.io/componentLogLevel", Alpha, CURRENT, POD),
    row("sidecar.istio.io/discoveryAddress", Alpha, DEPRECATED, POD),
    row("sidecar.istio.io/extraStatTags", Alpha, DEPRECATED, POD),
    row("sidecar.istio.io/inject", Beta, DEPRECATED, POD),
    row("sidecar.istio.io/interceptionMode", Alpha, CURRENT, POD),
    row("sidecar.istio.io/logLevel", Alpha, CURRENT, POD),
    row("sidecar.istio.io/nativeSidecar", Alpha, CURRENT, POD),
    row("sidecar.istio.io/proxyCPU", Alpha, CURRENT, POD),
    row("sidecar.istio.io/proxyCPULimit", Alpha, CURRENT, POD),
    row("sidecar.istio.io/proxyImage", Alpha, CURRENT, POD),
    row("sidecar.istio.io/proxyImageType", Alpha, CURRENT, POD),
    row("sidecar.istio.io/proxyMemory", Alpha, CURRENT, POD),
    row("sidecar.istio.io/proxyMemoryLimit", Alpha, CURRENT, POD),
    row("sidecar.istio.io/rewriteAppHTTPProbers", Alpha, CURRENT, POD),
    row("sidecar.istio.io/statsCompression", Alpha, DEPRECATED, POD),
    row("sidecar.istio.io/statsEvictionInterval", Alpha, CURRENT, POD),
    row("sidecar.istio.io/statsFlushInterval", Alpha, CURRENT, POD),
    row("sidecar.istio.io/statsHistogramBins", Alpha, CURRENT, POD),
    row("sidecar.istio.io/statsHistogramBuckets", Alpha, CURRENT, POD),
    row("sidecar.istio.io/statsInclusionPrefixes", Alpha, DEPRECATED, POD),
    row("sidecar.istio.io/statsInclusionRegexps", Alpha, DEPRECATED, POD),
    row("sidecar.istio.io/statsInclusionSuffixes", Alpha, DEPRECATED, POD),
    row("sidecar.istio.io/status", Alpha, CURRENT, POD),
    row("sidecar.istio.io/userVolume", Alpha, CURRENT, POD),
    row("sidecar.istio.io/userVolumeMount", Alpha, CURRENT, POD),
    row("status.sidecar.istio.io/port", Alpha, CURRENT, POD),
    row("topology.istio.io/controlPlaneClusters", Alpha, CURRENT, &["Namespace"]),
    row("traffic.istio.io/nodeSelector", Stable, CURRENT, &["Service"]),
    row("traffic.sidecar.istio.io/excludeInboundPorts", Alpha, CURRENT, POD),
    row("traffic.sidecar.istio.io/excludeInterfaces", Alpha, CURRENT, POD),
    row("traffic.sidecar.istio.io/excludeOutboundIPRanges", Alpha, CURRENT, POD),
    row("traffic.sidecar.istio.io/excludeOutboundPorts", Alpha, CURRENT, POD),
    row("traffic.sidecar.istio.io/includeInboundPorts", Alpha, CURRENT, POD),
    row("traffic.sidecar.istio.io/includeOutboundIPRanges", Alpha, CURRENT, POD),
    row("traffic.sidecar.istio.io/includeOutboundPorts", Alpha, CURRENT, POD),
    row("traffic.sidecar.istio.io/kubevirtInterfaces", Alpha, DEPRECATED, POD),
];

/// What the control plane writes by itself; nobody is told about it
/// (`istio: maturity.AlwaysIgnoredAnnotations`).
const WRITTEN_BY_ISTIO: [&str; 3] = ["gateway.istio.io/controller-version", "istio.io/rev", "sidecar.istio.io/status"];

/// What carries annotations for a pod in its template.
const WITH_TEMPLATE: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];

/// An annotation in the text whose name is one of Istio's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Annotation<'a> {
    /// The object it is in.
    pub(super) object: Written<'a>,
    /// `metadata` of what it is on.
    pub(super) metadata: &'a Node<'a>,
    /// The kind of what it is on: `Pod` for what is in a template.
    pub(super) kind: &'a str,
    /// Its name.
    pub(super) key: &'a Node<'a>,
    /// Its value.
    pub(super) value: &'a Node<'a>,
}

impl<'a> Annotation<'a> {
    /// Its name.
    pub(super) fn name(&self) -> &'a str {
        self.key.as_str().unwrap_or_default()
    }

    /// What Istio says of it.
    pub(super) fn known(&self) -> Option<&'static Known> {
        known(self.name())
    }

    /// Whether it may stand where it stands; what is not known may stand anywhere.
    pub(super) fn is_in_place(&self) -> bool {
        self.known().is_none_or(|it| it.kinds.is_empty() || it.kinds.contains(&self.kind))
    }
}

/// The annotation of this name.
fn known(name: &str) -> Option<&'static Known> {
    KNOWN.binary_search_by_key(&name, |it| it.name).ok().and_then(|at| KNOWN.get(at))
}

/// The name that is most alike.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let distance = |it: &&Known| strsim::damerau_levenshtein(it.name, name);
    KNOWN.iter().min_by_key(distance).filter(|it| distance(it) <= 3 + name.len() / 8).map(|it| it.name)
}

/// Istio's annotations on Namespaces, Services, Pods and what makes pods
/// (`istio: annotations.K8sAnalyzer`, which does not look into templates).
pub(super) fn written<'a>(context: &Context<'a>) -> Vec<Annotation<'a>> {
    let mut kinds = vec!["Namespace", "Service", "Pod"];
    kinds.extend(WITH_TEMPLATE);
    let mut found = Vec::new();
    for object in context.written(&kinds) {
        let own = object.at(&["metadata"]).map(|metadata| (object.kind, metadata));
        let pod = object.at(&["spec", "template", "metadata"]).filter(|_| WITH_TEMPLATE.contains(&object.kind));
        for (kind, metadata) in own.into_iter().chain(pod.map(|metadata| ("Pod", metadata))) {
            let entries = metadata.get("annotations").map(Node::entries).unwrap_or_default();
            let of_istio = entries.iter().filter(|(key, _)| key.as_str().is_some_and(is_of_istio));
            found.extend(of_istio.map(|(key, value)| Annotation { object, metadata, kind, key, value }));
        }
    }
    found
}

/// Whether a name is in Istio's domain, or the one of Kubernetes that Istio documents.
fn is_of_istio(name: &str) -> bool {
    let domain = name.split('/').next().unwrap_or_default();
    (name == "kubernetes.io/ingress.class" || domain.ends_with("istio.io")) && !WRITTEN_BY_ISTIO.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(KNOWN.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(known("sidecar.istio.io/inject").map(|it| it.status), Some(Beta));
        assert_eq!(known("sidecar.istio.io/injekt").map(|it| it.name), None);
    }

    #[test]
    fn a_typing_error_is_near_what_was_meant() {
        assert_eq!(nearest("networking.istio.io/exportToo"), Some("networking.istio.io/exportTo"));
        assert_eq!(nearest("example.istio.io/something-else"), None);
    }
}
