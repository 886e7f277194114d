//! The conditions on which Envoy retries.

/// The words of `retry_on`: `envoy: x-envoy-retry-on` and `x-envoy-retry-grpc-on`
/// (<https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter>). Istio lets
/// these through, and statuses besides (`istio: validation.validateHTTPRetry`).
pub const CONDITIONS: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];
