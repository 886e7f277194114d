//! What the user wrote, typed: one file a kind, a doc comment a field.

pub mod istio;
pub mod kubernetes;
