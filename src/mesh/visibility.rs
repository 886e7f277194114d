//! Who may see an object: `exportTo`, resolved.

use std::collections::BTreeSet;

/// Which namespaces see an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// All (`*`).
    Public,
    /// None (`~`).
    None,
    /// These; `.` is resolved to the object's own.
    Namespaces(BTreeSet<String>),
}

impl Visibility {
    /// Whether this namespace sees the object.
    pub fn includes(&self, namespace: &str) -> bool {
        match self {
            Self::Public => true,
            Self::None => false,
            Self::Namespaces(namespaces) => namespaces.contains(namespace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_namespaces_see_it() {
        let some = Visibility::Namespaces(BTreeSet::from(["shop".to_owned()]));
        assert!(some.includes("shop") && !some.includes("other"));
        assert!(Visibility::Public.includes("other") && !Visibility::None.includes("shop"));
    }
}
