//! What the user wrote that a value comes from.

use super::Path;

/// A resource of the input: an index into the resources of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u32);

/// A node of a resource. Origins travel from `mesh` on instead of spans; whoever reports them
/// looks the span up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The resource.
    pub resource: ResourceId,
    /// The node in it.
    pub path: Path,
}

impl Origin {
    /// The resource as a whole.
    pub fn of(resource: ResourceId) -> Self {
        Self { resource, path: Path::root() }
    }

    /// The value at `key` below this node.
    #[must_use]
    pub fn key(&self, key: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self { resource: self.resource, path: self.path.key(key) }
    }

    /// The element at `index` below this node.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self { resource: self.resource, path: self.path.index(index) }
    }
}

/// The nodes that shaped a value; empty where nothing the user wrote did (a built-in default).
pub type Origins = Vec<Origin>;

/// All origins of several parts, in order and each once.
pub fn union<'a>(parts: impl IntoIterator<Item = &'a Origins>) -> Origins {
    let mut all: Origins = parts.into_iter().flatten().cloned().collect();
    all.sort();
    all.dedup();
    all
}
