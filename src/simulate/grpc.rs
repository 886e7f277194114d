//! Clients that speak gRPC: how they are known, and how the proxy's own answers reach them.

/// Whether a `content-type` is one of gRPC
/// (`envoy: source/common/grpc/common.cc`, `hasGrpcContentType`).
pub(super) fn is_grpc(content_type: &str) -> bool {
    content_type.strip_prefix("application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
}

/// The `grpc-status` that stands for a status of HTTP
/// (`envoy: source/common/grpc/status.cc`, `Utility::httpToGrpcStatus`).
pub fn grpc_status(status: u16) -> u32 {
    const UNKNOWN: u32 = 2;
    const PERMISSION_DENIED: u32 = 7;
    const UNIMPLEMENTED: u32 = 12;
    const INTERNAL: u32 = 13;
    const UNAVAILABLE: u32 = 14;
    const UNAUTHENTICATED: u32 = 16;
    match status {
        400 => INTERNAL,
        401 => UNAUTHENTICATED,
        403 => PERMISSION_DENIED,
        404 => UNIMPLEMENTED,
        429 | 502 | 503 | 504 => UNAVAILABLE,
        _ => UNKNOWN,
    }
}
