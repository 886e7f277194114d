//! The order of HTTP filters: requests pass them from first to last, answers from last to first.

use crate::ir::http::HttpFilter;

/// The place of a filter; lower comes first (`istio: core.(*ListenerBuilder).buildHTTPConnectionManager`).
pub fn place(filter: &HttpFilter) -> u8 {
    match filter {
        // Every other filter may read who the peer is.
        HttpFilter::PeerMetadata(_) => 0,
        // Turns gRPC-Web into gRPC, so that what follows sees gRPC.
        HttpFilter::GrpcWeb => 1,
        // Counts requests before a fault or a preflight answers them.
        HttpFilter::GrpcStats => 2,
        // Decides the upstream's ALPN before anything can pick an upstream.
        HttpFilter::IstioAlpn => 3,
        // A fault stands for the upstream's, so it comes after what is the proxy's own.
        HttpFilter::Fault => 4,
        // Preflights are answered here; faults hit them too, as in istiod.
        HttpFilter::Cors => 5,
        // Waits for DNS, so it comes when nothing else can answer.
        HttpFilter::DynamicForwardProxy(_) => 6,
        // Ends the chain.
        HttpFilter::Router(_) => 7,
    }
}

#[cfg(test)]
mod tests {
    use crate::envoy::http_filter::http_filters;
    use crate::ir::http::{HttpFilter, PeerMetadata, RouterFilter};

    #[test]
    fn filters_are_sorted_and_the_router_ends_the_chain() {
        let filters = [
            HttpFilter::Router(RouterFilter::default()),
            HttpFilter::Cors,
            HttpFilter::Fault,
            HttpFilter::IstioAlpn,
            HttpFilter::GrpcStats,
            HttpFilter::PeerMetadata(PeerMetadata::Inbound { skip_external_clusters: false }),
        ];
        let names: Vec<_> = http_filters(&filters).into_iter().map(|filter| filter.name).collect();
        assert_eq!(
            names,
            [
                "istio.metadata_exchange",
                "envoy.filters.http.grpc_stats",
                "istio.alpn",
                "envoy.filters.http.fault",
                "envoy.filters.http.cors",
                "envoy.filters.http.router"
            ]
        );
    }
}
