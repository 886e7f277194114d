//! `envoy.config.endpoint.v3.ClusterLoadAssignment`.

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::endpoint::v3 as endpoint;

use super::core::{address, locality, metadata, uint32};
use super::typed_struct::{string, structure};
use crate::ir;
use crate::ir::endpoint::{Endpoint, EndpointMetadata, Health, LocalityEndpoints};

/// Endpoints as discovery sends them.
pub fn load_assignment(assignment: &ir::LoadAssignment) -> endpoint::ClusterLoadAssignment {
    let ir::LoadAssignment { origins: _, cluster, localities, overprovisioning_factor } = assignment;
    let policy = overprovisioning_factor.map(|factor| endpoint::cluster_load_assignment::Policy {
        overprovisioning_factor: Some(uint32(factor)),
        ..Default::default()
    });
    endpoint::ClusterLoadAssignment { policy, ..inline(cluster, localities) }
}

/// Endpoints that a cluster holds itself.
pub fn inline(cluster: &str, localities: &[LocalityEndpoints]) -> endpoint::ClusterLoadAssignment {
    endpoint::ClusterLoadAssignment {
        cluster_name: cluster.to_owned(),
        endpoints: localities.iter().map(locality_lb_endpoints).collect(),
        ..Default::default()
    }
}

/// One name to resolve.
pub fn name(cluster: &str, hostname: &str, port: u16) -> endpoint::ClusterLoadAssignment {
    let address = address(&ir::Address::Socket { address: hostname.to_owned(), port: port.into() });
    let endpoint = endpoint::Endpoint { address: Some(address), ..Default::default() };
    endpoint::ClusterLoadAssignment {
        cluster_name: cluster.to_owned(),
        endpoints: vec![endpoint::LocalityLbEndpoints {
            lb_endpoints: vec![endpoint::LbEndpoint {
                host_identifier: Some(endpoint::lb_endpoint::HostIdentifier::Endpoint(endpoint)),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn locality_lb_endpoints(group: &LocalityEndpoints) -> endpoint::LocalityLbEndpoints {
    let LocalityEndpoints { locality: place, endpoints, load_balancing_weight, priority } = group;
    endpoint::LocalityLbEndpoints {
        locality: place.as_ref().map(locality),
        lb_endpoints: endpoints.iter().map(lb_endpoint).collect(),
        load_balancing_weight: load_balancing_weight.map(uint32),
        priority: *priority,
        ..Default::default()
    }
}

fn lb_endpoint(endpoint: &Endpoint) -> endpoint::LbEndpoint {
    let Endpoint { origins: _, address, additional_addresses, health, load_balancing_weight, metadata } = endpoint;
    let additional =
        |address: &ir::Address| endpoint::endpoint::AdditionalAddress { address: Some(self::address(address)) };
    let endpoint = endpoint::Endpoint {
        address: Some(self::address(address)),
        additional_addresses: additional_addresses.iter().map(additional).collect(),
        ..Default::default()
    };
    endpoint::LbEndpoint {
        host_identifier: Some(endpoint::lb_endpoint::HostIdentifier::Endpoint(endpoint)),
        health_status: health_status(*health).into(),
        load_balancing_weight: load_balancing_weight.map(uint32),
        metadata: endpoint_metadata(metadata),
    }
}

fn health_status(health: Option<Health>) -> core::HealthStatus {
    match health {
        None => core::HealthStatus::Unknown,
        Some(Health::Healthy) => core::HealthStatus::Healthy,
        Some(Health::Unhealthy) => core::HealthStatus::Unhealthy,
        Some(Health::Draining) => core::HealthStatus::Draining,
    }
}

fn endpoint_metadata(said: &EndpointMetadata) -> Option<core::Metadata> {
    let EndpointMetadata { workload, tls_mode, istio } = said;
    let mut fields = structure([]);
    fields.fields.extend(istio.iter().map(|(key, value)| (key.clone(), string(value.clone()))));
    fields.fields.extend(workload.iter().map(|workload| ("workload".to_owned(), string(workload.clone()))));
    let socket = tls_mode.as_ref().map(|mode| structure([("tlsMode", string(mode.clone()))]));
    metadata([("istio", fields), ("envoy.transport_socket_match", socket.unwrap_or_default())])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn endpoint_as_istiod_writes_it() {
        let endpoint = Endpoint {
            origins: vec![],
            address: ir::Address::Socket { address: "10.0.0.1".into(), port: 8080 },
            additional_addresses: vec![],
            health: Some(Health::Healthy),
            load_balancing_weight: Some(1),
            metadata: EndpointMetadata {
                workload: Some("shop;prod;shop;v1;Kubernetes".into()),
                tls_mode: Some("istio".into()),
                istio: vec![],
            },
        };
        let group = LocalityEndpoints {
            locality: Some(ir::Locality::default()),
            endpoints: vec![endpoint],
            load_balancing_weight: Some(1),
            priority: 0,
        };
        assert_eq!(
            to_value(&inline("c", &[group])),
            json!({
                "cluster_name": "c",
                "endpoints": [{
                    "locality": {},
                    "lb_endpoints": [{
                        "endpoint": {"address": {"socket_address": {"address": "10.0.0.1", "port_value": 8080}}},
                        "health_status": "HEALTHY",
                        "metadata": {"filter_metadata": {
                            "istio": {"workload": "shop;prod;shop;v1;Kubernetes"},
                            "envoy.transport_socket_match": {"tlsMode": "istio"}
                        }},
                        "load_balancing_weight": 1
                    }],
                    "load_balancing_weight": 1
                }]
            })
        );
    }
}
