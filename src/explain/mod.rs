//! Says where a configuration comes from, for people and tests.
//!
//! It reads `ir` and the resources of the run, and does no IO.

pub mod provenance;
mod route_match;
