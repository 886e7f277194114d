//! Labels and selection by them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Labels of a resource or workload, or the labels a selector asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct Labels(pub BTreeMap<String, String>);

impl Labels {
    /// The value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether every label of `self` is in `other` with the same value. No labels are in
    /// everything, so an empty selector takes every workload (`labels.Instance.SubsetOf`).
    pub fn subset_of(&self, other: &Self) -> bool {
        self.0.iter().all(|(key, value)| other.0.get(key) == Some(value))
    }

    /// Whether a selector with these labels takes a workload with `workload` labels.
    pub fn selects(&self, workload: &Self) -> bool {
        self.subset_of(workload)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        Self(labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection() {
        let workload: Labels = [("app", "shop"), ("version", "v1")].into_iter().collect();
        let labels = |key: &str, value: &str| -> Labels { [(key, value)].into_iter().collect() };
        assert!(labels("app", "shop").selects(&workload));
        assert!(!labels("app", "other").selects(&workload));
        assert!(!labels("zone", "a").selects(&workload));
        assert!(Labels::default().selects(&workload));
    }
}
