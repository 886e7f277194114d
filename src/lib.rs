//! meshc compiles Istio networking YAML into the Envoy configuration of one proxy.
//!
//! The library is a pure pipeline: every stage takes values, gives a value **and** the
//! diagnostics it found, and does no IO. `docs/architecture.md` has the map.

pub mod base;
pub mod cli;
pub mod diff;
pub mod envoy;
pub mod explain;
pub mod ir;
pub mod lint;
pub mod lower;
pub mod mesh;
pub mod proxy;
pub mod resource;
pub mod simulate;
pub mod testing;
pub mod verify;
pub mod yaml;
