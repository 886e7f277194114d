//! `envoy.filters.http.cors`: cross-origin policy.

use envoy_types::pb::envoy::extensions::filters::http::cors::v3 as cors;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter;
use envoy_types::pb::google::protobuf::Any;

use super::named;
use crate::envoy::any::pack;
use crate::envoy::core::{bool_value, runtime_fractional_percent, string_matcher};
use crate::ir::route::CorsPolicy;
use crate::ir::{Denominator, FractionalPercent};

const NAME: &str = "envoy.filters.http.cors";

/// The filter; routes configure it.
pub fn on_listener() -> HttpFilter {
    named(NAME, pack(&cors::Cors {}))
}

/// A route's policy, for all its requests.
pub fn on_route(policy: &CorsPolicy) -> (String, Any) {
    let CorsPolicy {
        allow_origins,
        allow_methods,
        allow_headers,
        expose_headers,
        max_age,
        allow_credentials,
        forward_not_matching_preflights,
    } = policy;
    let all = FractionalPercent { numerator: 100, denominator: Denominator::Hundred };
    let policy = cors::CorsPolicy {
        allow_origin_string_match: allow_origins.iter().map(string_matcher).collect(),
        allow_methods: allow_methods.clone(),
        allow_headers: allow_headers.clone(),
        expose_headers: expose_headers.clone(),
        max_age: max_age.clone(),
        allow_credentials: allow_credentials.map(bool_value),
        filter_enabled: Some(runtime_fractional_percent(all)),
        forward_not_matching_preflights: forward_not_matching_preflights.map(bool_value),
        ..Default::default()
    };
    (NAME.to_owned(), pack(&policy))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;
    use crate::ir::StringMatch;

    #[test]
    fn policy_as_istiod_writes_it() {
        let policy = CorsPolicy {
            allow_origins: vec![StringMatch::Exact("*".into())],
            allow_methods: "GET,POST".into(),
            allow_headers: String::new(),
            expose_headers: String::new(),
            max_age: "86400".into(),
            allow_credentials: Some(false),
            forward_not_matching_preflights: Some(true),
        };
        let (name, config) = on_route(&policy);
        assert_eq!(name, "envoy.filters.http.cors");
        assert_eq!(
            to_value(&config),
            json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
                "allow_origin_string_match": [{"exact": "*"}],
                "allow_methods": "GET,POST",
                "max_age": "86400",
                "allow_credentials": false,
                "filter_enabled": {"default_value": {"numerator": 100}},
                "forward_not_matching_preflights": true
            })
        );
    }
}
