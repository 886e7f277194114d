//! Who may see an object: `exportTo`, resolved.

use std::collections::BTreeSet;

use crate::base::ExportTo;

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
    /// What `exportTo` means for an object of `namespace`; `default` is the mesh's. `*` beats
    /// `~`, which beats names of namespaces (`istio: PushContext.initServiceRegistry`).
    pub fn resolve(export_to: &[ExportTo], default: &[ExportTo], namespace: &str) -> Self {
        let written = if export_to.is_empty() { default } else { export_to };
        if written.is_empty() || written.contains(&ExportTo::All) {
            return Self::Public;
        }
        if written.contains(&ExportTo::Nobody) {
            return Self::None;
        }
        let names = written.iter().filter_map(|element| match element {
            ExportTo::Own => Some(namespace.to_owned()),
            ExportTo::Namespace(name) => Some(name.clone()),
            ExportTo::All | ExportTo::Nobody => None,
        });
        Self::Namespaces(names.collect())
    }

    /// Whether some namespace sees both.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, _) | (_, Self::None) => false,
            (Self::Public, _) | (_, Self::Public) => true,
            (Self::Namespaces(own), Self::Namespaces(others)) => !own.is_disjoint(others),
        }
    }

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

    #[test]
    fn the_mesh_decides_where_nothing_is_written() {
        let own = Visibility::Namespaces(BTreeSet::from(["shop".to_owned()]));
        assert_eq!(Visibility::resolve(&[], &[ExportTo::Own], "shop"), own);
        assert_eq!(Visibility::resolve(&[], &[], "shop"), Visibility::Public);
        assert_eq!(Visibility::resolve(&[ExportTo::Nobody, ExportTo::Own], &[], "shop"), Visibility::None);
        assert_eq!(Visibility::resolve(&[ExportTo::Nobody, ExportTo::All], &[], "shop"), Visibility::Public);
    }
}
