//! Clients that speak gRPC: how they are known, and how the proxy's own answers reach them.

use super::outcome::{Injection, Outcome};
use crate::base::grpc;

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

/// As `14 (UNAVAILABLE)`.
pub fn grpc_status_name(status: u32) -> String {
    let name = usize::try_from(status).ok().and_then(|at| grpc::STATUSES.get(at));
    name.map_or_else(|| status.to_string(), |name| format!("{status} ({name})"))
}

impl Outcome {
    /// The `grpc-status` of an answer of the proxy itself; `None` where it does not answer, or the client speaks no gRPC.
    /// A fault may say one for all requests, else the status of HTTP stands for one
    /// (`envoy: source/common/http/utility.cc`, `Utility::prepareLocalReply`).
    pub fn grpc_status(&self) -> Option<u32> {
        let status = self.own_status().filter(|_| self.grpc)?;
        let injected = self.injections.iter().find_map(|injection| match injection {
            Injection::Abort { per_million: 1_000_000.., grpc_status, .. } => *grpc_status,
            Injection::Abort { .. } | Injection::Delay { .. } => None,
        });
        Some(injected.unwrap_or_else(|| grpc_status(status)))
    }
}
