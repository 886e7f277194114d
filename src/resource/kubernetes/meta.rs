//! Metadata that every object has.

use serde::Deserialize;

use crate::base::{Labels, Timestamp};

/// `metadata` of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMeta {
    /// Its name, unique for its kind in its namespace.
    pub name: String,
    /// Its namespace; the decoder fills in the default one, and leaves it empty for kinds without.
    pub namespace: String,
    /// A prefix from which the API server makes the name.
    pub generate_name: String,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// When it was made; `None` counts as older than all others.
    pub creation_timestamp: Option<Timestamp>,
    /// When it is to go; set while it is being deleted.
    pub deletion_timestamp: Option<Timestamp>,
    /// Its identifier.
    pub uid: String,
    /// Its version in the API server.
    pub resource_version: String,
    /// How often its spec was changed.
    pub generation: i64,
    /// What it belongs to.
    pub owner_references: Vec<OwnerReference>,
}

/// An object that another one belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    /// Its group and version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub uid: String,
    /// Whether it is the controller; an object has at most one.
    pub controller: Option<bool>,
}
