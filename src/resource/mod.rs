//! What the user wrote, typed: one file a kind, a doc comment a field.
//!
//! [`decode`] takes the documents of all files and gives [`Resources`], each object with an id
//! whose [`ResourceInfo`] says where it is written. [`read`] and [`ordered`] are its two halves, for
//! who does not keep the documents. Guarantees: objects are in an order that does
//! not depend on files, each occurs once, its namespace is filled in, and leaf values are parsed.
//! Knows nothing of links between objects.

mod check;
#[cfg(test)]
mod check_tests;
mod decode;
mod find;
mod kind;
mod mesh_settings;
mod parts;
mod resources;

pub mod istio;
pub mod kubernetes;

pub(crate) use check::{is_label, wildcard_domain_fault};
pub use decode::{DecodeOptions, Found, decode, ordered, read};
pub use kind::{Kind, Recognition};
pub use resources::{Documents, Object, ResourceInfo, Resources, Written};
