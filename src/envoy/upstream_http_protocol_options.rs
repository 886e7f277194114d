//! `envoy.extensions.upstreams.http.v3.HttpProtocolOptions`: HTTP towards a cluster.

use envoy_types::pb::envoy::config::common::matcher::v3 as matcher;
use envoy_types::pb::envoy::config::core::v3::UpstreamHttpProtocolOptions;
use envoy_types::pb::envoy::extensions::upstreams::http::v3 as upstreams;
use envoy_types::pb::envoy::extensions::upstreams::http::v3::http_protocol_options as options;
use envoy_types::pb::google::protobuf::Any;

use super::any::pack;
use super::http_protocol_options::{common, http1, http2};
use super::route_match::header_matcher;
use crate::ir::StringMatch;
use crate::ir::cluster::{UpstreamHttp, UpstreamProtocol};
use crate::ir::route::{HeaderMatch, ValueMatch};

/// The entry of a cluster's `typed_extension_protocol_options`.
pub fn upstream_http_protocol_options(http: &UpstreamHttp) -> (String, Any) {
    let UpstreamHttp { protocol, common, auto_sni, auto_san_validation, outlier_status_codes } = http;
    let names = UpstreamHttpProtocolOptions {
        auto_sni: *auto_sni,
        auto_san_validation: *auto_san_validation,
        ..Default::default()
    };
    let options = upstreams::HttpProtocolOptions {
        common_http_protocol_options: common.map(self::common),
        upstream_http_protocol_options: (*auto_sni || *auto_san_validation).then_some(names),
        upstream_protocol_options: Some(upstream_protocol_options(protocol)),
        outlier_detection: error_matcher(outlier_status_codes)
            .map(|matcher| options::OutlierDetection { error_matcher: Some(matcher) }),
        ..Default::default()
    };
    ("envoy.extensions.upstreams.http.v3.HttpProtocolOptions".to_owned(), pack(&options))
}

fn upstream_protocol_options(protocol: &UpstreamProtocol) -> options::UpstreamProtocolOptions {
    use options::{
        AutoHttpConfig, ExplicitHttpConfig, UpstreamProtocolOptions, UseDownstreamHttpConfig,
        explicit_http_config::ProtocolConfig,
    };
    let explicit =
        |config| UpstreamProtocolOptions::ExplicitHttpConfig(ExplicitHttpConfig { protocol_config: Some(config) });
    match protocol {
        UpstreamProtocol::Http1(one) => explicit(ProtocolConfig::HttpProtocolOptions(http1(*one))),
        UpstreamProtocol::Http2(two) => explicit(ProtocolConfig::Http2ProtocolOptions(http2(*two))),
        UpstreamProtocol::UseDownstream(one, two) => {
            UpstreamProtocolOptions::UseDownstreamProtocolConfig(UseDownstreamHttpConfig {
                http_protocol_options: Some(http1(*one)),
                http2_protocol_options: Some(http2(*two)),
                ..Default::default()
            })
        }
        UpstreamProtocol::Auto(one, two) => UpstreamProtocolOptions::AutoConfig(AutoHttpConfig {
            http_protocol_options: Some(http1(*one)),
            http2_protocol_options: Some(http2(*two)),
            ..Default::default()
        }),
    }
}

/// Any of the statuses; Envoy wants two rules at least in a list, so a single one stands alone.
fn error_matcher(statuses: &[u32]) -> Option<matcher::MatchPredicate> {
    use matcher::match_predicate::{MatchSet, Rule};
    let predicate = |rule| matcher::MatchPredicate { rule: Some(rule) };
    let mut rules: Vec<_> = statuses.iter().map(|status| predicate(status_rule(*status))).collect();
    match rules.len() {
        0 => None,
        1 => rules.pop(),
        _ => Some(predicate(Rule::OrMatch(MatchSet { rules }))),
    }
}

fn status_rule(status: u32) -> matcher::match_predicate::Rule {
    let header = HeaderMatch {
        name: ":status".to_owned(),
        matches: ValueMatch::String(StringMatch::Exact(status.to_string())),
        invert: false,
        treat_missing_as_empty: false,
    };
    matcher::match_predicate::Rule::HttpResponseHeadersMatch(matcher::HttpHeadersMatch {
        headers: vec![header_matcher(&header)],
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;
    use crate::ir::http::{CommonHttpOptions, Http1Options, Http2Options};

    #[test]
    fn http2_upstream_as_istiod_writes_it() {
        let http = UpstreamHttp {
            protocol: UpstreamProtocol::Http2(Http2Options::default()),
            common: Some(CommonHttpOptions::default()),
            auto_sni: true,
            auto_san_validation: false,
            outlier_status_codes: vec![],
        };
        assert_eq!(
            to_value(&upstream_http_protocol_options(&http).1),
            json!({
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {},
                "upstream_http_protocol_options": {"auto_sni": true},
                "explicit_http_config": {"http2_protocol_options": {}}
            })
        );
    }

    #[test]
    fn statuses_that_count_as_failures() {
        let status = |status: &str| {
            json!({"http_response_headers_match": {
                "headers": [{"name": ":status", "string_match": {"exact": status}}]
            }})
        };
        let matcher = |statuses: &[u32]| error_matcher(statuses).map(|matcher| to_value(&matcher));
        assert_eq!(matcher(&[]), None);
        assert_eq!(matcher(&[503]), Some(status("503")));
        assert_eq!(matcher(&[503, 429]), Some(json!({"or_match": {"rules": [status("503"), status("429")]}})));
        let downstream = UpstreamProtocol::UseDownstream(
            Http1Options { preserve_case: true, ..Default::default() },
            Http2Options::default(),
        );
        assert!(matches!(
            upstream_protocol_options(&downstream),
            options::UpstreamProtocolOptions::UseDownstreamProtocolConfig(_)
        ));
    }
}
