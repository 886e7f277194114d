//! `HttpProtocolOptions` of connection managers and clusters.

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::extensions::http::header_formatters::preserve_case::v3::PreserveCaseFormatterConfig;

use super::core::{bool_value, duration, extension, uint32};
use crate::ir::http::{CommonHttpOptions, HeadersWithUnderscores, Http1Options, Http2Keepalive, Http2Options};

/// What all versions of HTTP share.
pub fn common(options: CommonHttpOptions) -> core::HttpProtocolOptions {
    use core::http_protocol_options::HeadersWithUnderscoresAction;
    let CommonHttpOptions {
        idle_timeout,
        max_stream_duration,
        max_connection_duration,
        max_requests_per_connection,
        headers_with_underscores,
        max_headers_count,
    } = options;
    let underscores = match headers_with_underscores {
        HeadersWithUnderscores::Allow => HeadersWithUnderscoresAction::Allow,
        HeadersWithUnderscores::RejectRequest => HeadersWithUnderscoresAction::RejectRequest,
        HeadersWithUnderscores::DropHeader => HeadersWithUnderscoresAction::DropHeader,
    };
    core::HttpProtocolOptions {
        idle_timeout: idle_timeout.map(duration),
        max_stream_duration: max_stream_duration.map(duration),
        max_connection_duration: max_connection_duration.map(duration),
        max_requests_per_connection: max_requests_per_connection.map(uint32),
        headers_with_underscores_action: underscores.into(),
        max_headers_count: max_headers_count.map(uint32),
        ..Default::default()
    }
}

/// HTTP/1.
pub fn http1(options: Http1Options) -> core::Http1ProtocolOptions {
    use core::http1_protocol_options::{HeaderKeyFormat, header_key_format::HeaderFormat};
    let Http1Options { accept_http_10, preserve_case, allow_absolute_url } = options;
    let preserve = || HeaderKeyFormat {
        header_format: Some(HeaderFormat::StatefulFormatter(extension(
            "preserve_case",
            &PreserveCaseFormatterConfig::default(),
        ))),
    };
    core::Http1ProtocolOptions {
        accept_http_10,
        allow_absolute_url: allow_absolute_url.map(bool_value),
        header_key_format: preserve_case.then(preserve),
        ..Default::default()
    }
}

/// HTTP/2.
pub fn http2(options: Http2Options) -> core::Http2ProtocolOptions {
    let Http2Options {
        max_concurrent_streams,
        initial_stream_window_size,
        initial_connection_window_size,
        allow_connect,
        keepalive,
    } = options;
    let settings = |Http2Keepalive { interval, timeout }: Http2Keepalive| core::KeepaliveSettings {
        interval: interval.map(duration),
        timeout: timeout.map(duration),
        ..Default::default()
    };
    core::Http2ProtocolOptions {
        max_concurrent_streams: max_concurrent_streams.map(uint32),
        initial_stream_window_size: initial_stream_window_size.map(uint32),
        initial_connection_window_size: initial_connection_window_size.map(uint32),
        allow_connect,
        connection_keepalive: keepalive.map(settings),
        ..Default::default()
    }
}
