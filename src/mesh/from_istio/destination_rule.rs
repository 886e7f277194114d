//! DestinationRules with hosts resolved (`istio: PushContext.setDestinationRules`).

use std::sync::Arc;

use crate::base::ExportTo;
use crate::mesh::names;
use crate::mesh::site::Site;
use crate::mesh::{DestinationRule, Visibility};
use crate::resource::{Object, istio};

/// Links all DestinationRules; those for chosen workloads come first, else in Istio's order.
pub(in crate::mesh) fn destination_rules(
    objects: &[Object<istio::DestinationRule>],
    site: &Site<'_>,
) -> Vec<DestinationRule> {
    let mut rules: Vec<_> = objects.iter().map(|object| destination_rule(object, site)).collect();
    rules.sort_by_key(|rule| rule.spec.workload_selector.is_none());
    rules
}

fn destination_rule(object: &Object<istio::DestinationRule>, site: &Site<'_>) -> DestinationRule {
    let Object { id: _, meta, spec, status: () } = object;
    // One for chosen workloads stays in its namespace, whatever it says.
    let visibility = match spec.workload_selector {
        Some(_) => Visibility::resolve(&[ExportTo::Own], &[], object.namespace()),
        None => {
            let default = &site.config.default_destination_rule_export_to;
            Visibility::resolve(&spec.export_to, default, object.namespace())
        }
    };
    DestinationRule {
        origin: object.origin(),
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        created: meta.creation_timestamp,
        config_path: format!(
            "/apis/networking.istio.io/v1/namespaces/{}/destination-rule/{}",
            meta.namespace, meta.name
        ),
        visibility,
        host: names::hostname(spec.host.clone(), object.namespace(), site.domain),
        spec: Arc::new(spec.clone()),
    }
}
