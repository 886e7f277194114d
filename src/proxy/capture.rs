//! What a workload's annotations say of traffic capture, which is not Envoy's.

use super::ProxyView;
use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::mesh::{Workload, WorkloadKind};

/// The annotations by which a pod says what is redirected to its sidecar, as `includeOutboundIPRanges`
/// (`istio: annotation.SidecarTrafficIncludeOutboundIPRanges` and its neighbours).
const CAPTURE: &str = "traffic.sidecar.istio.io/";

/// A note for each annotation of the proxy's workload that changes what iptables or istio-cni redirect
/// to the sidecar, and nothing in its Envoy. None for a router.
pub fn capture_annotations(view: &ProxyView<'_>) -> Diagnostics {
    let proxy = view.proxy;
    let is_own = |workload: &&Workload| {
        let name = proxy.node.id.strip_suffix(&format!(".{}", workload.namespace));
        workload.namespace == proxy.namespace && name == Some(workload.name.as_str())
    };
    let own = view.mesh.workloads.iter().filter(|_| !proxy.is_router()).find(is_own);
    let note = |(workload, name): (&Workload, &String)| {
        let message = format!("`{name}` changes which traffic is redirected to the sidecar, nothing in its Envoy");
        Diagnostic::note("traffic-capture", Location::Key(annotations(workload).key(name.clone())), message)
            .help("what it leaves out does not reach the sidecar: it goes out as it is")
    };
    let named = own.into_iter().flat_map(|workload| workload.annotations.keys().map(move |name| (workload, name)));
    Diagnostics(named.filter(|(_, name)| name.starts_with(CAPTURE)).map(note).collect())
}

/// Where the annotations are: those of a template are below it.
fn annotations(workload: &Workload) -> Origin {
    let metadata = match workload.kind {
        WorkloadKind::Pod | WorkloadKind::WorkloadEntry => workload.origin.key("metadata"),
        WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet | WorkloadKind::ReplicaSet => {
            workload.origin.key("spec").key("template").key("metadata")
        }
    };
    metadata.key("annotations")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::fixture::mesh;

    #[test]
    fn annotations_of_the_own_workload_are_noted() {
        let pod = |name: &str, annotation: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: shop\n  annotations: {{{annotation}: 10.0.0.0/8}}\n---\n"
            )
        };
        let text = pod("web", "traffic.sidecar.istio.io/includeOutboundIPRanges") + &pod("api", "example.com/note");
        let mesh = mesh(&text);
        let found = |name: &str| {
            let workload = mesh.workloads.iter().find(|workload| workload.name == name).expect("it is there");
            let proxy = crate::proxy::from_workload(workload, &mesh);
            let found = capture_annotations(&crate::proxy::view(&mesh, &proxy));
            found.0.into_iter().map(|note| (note.code, note.message)).collect::<Vec<_>>()
        };
        let message = "`traffic.sidecar.istio.io/includeOutboundIPRanges` changes which traffic is redirected to the sidecar, nothing in its Envoy";
        assert_eq!(found("web"), [("traffic-capture", message.to_owned())]);
        assert_eq!(found("api"), []);
    }
}
