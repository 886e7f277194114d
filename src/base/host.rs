//! Host names and the patterns that take them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

/// A host name or a pattern of host names: `shop.example.com`, `*.example.com`, `*`.
///
/// The text stays as the user wrote it. A pattern starts with `*`, which stands for one or more
/// characters: `*.example.com` takes `dev.example.com` and `a.b.example.com`, but neither
/// `example.com` nor `newexample.com`. Comparison is by bytes, as in Istio (`host.Name`).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub struct HostPattern(Arc<str>);

impl HostPattern {
    /// The pattern with this text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it starts with `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with('*')
    }

    /// Whether it is `*`, which takes every host.
    pub fn is_any(&self) -> bool {
        &*self.0 == "*"
    }

    /// What follows the `*`: `.example.com` of `*.example.com`; `None` for a concrete name.
    pub fn suffix(&self) -> Option<&str> {
        self.0.strip_prefix('*')
    }

    /// Whether some host is taken by both (`host.Name.Matches`).
    pub fn matches(&self, other: &Self) -> bool {
        match (self.suffix(), other.suffix()) {
            (Some(own), Some(theirs)) => own.ends_with(theirs) || theirs.ends_with(own),
            (Some(own), None) => other.0.ends_with(own),
            (None, Some(theirs)) => self.0.ends_with(theirs),
            (None, None) => self.0 == other.0,
        }
    }

    /// Whether every host this takes is also taken by `other` (`host.Name.SubsetOf`).
    pub fn subset_of(&self, other: &Self) -> bool {
        match (self.suffix(), other.suffix()) {
            (Some(own), Some(theirs)) => own.ends_with(theirs),
            (Some(_), None) => false,
            (None, Some(theirs)) => self.0.ends_with(theirs),
            (None, None) => self.0 == other.0,
        }
    }

    /// Orders patterns so that the more specific comes first: concrete names before wildcards,
    /// longer before shorter, then by text, `*` last (`host.MoreSpecific`).
    pub fn specificity(&self, other: &Self) -> Ordering {
        let rank = |host: &Self| (host.is_any(), host.is_wildcard(), std::cmp::Reverse(host.0.len()));
        rank(self).cmp(&rank(other)).then_with(|| self.0.cmp(&other.0))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<&str> for HostPattern {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for HostPattern {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// A host with the namespace it is looked for in, as a Gateway's server and a Sidecar's egress
/// write it: `namespace/host`, or `host` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub struct NamespacedHost {
    /// What stands before the slash: a namespace, `*` (any), `.` (the resource's own) or `~`
    /// (none, Sidecar only); `None` where there is no slash.
    pub namespace: Option<String>,
    /// The host.
    pub host: HostPattern,
}

impl From<String> for NamespacedHost {
    fn from(text: String) -> Self {
        match text.split_once('/') {
            Some((namespace, host)) => Self { namespace: Some(namespace.to_owned()), host: host.into() },
            None => Self { namespace: None, host: text.into() },
        }
    }
}

impl fmt::Display for NamespacedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}", self.host),
            None => self.host.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> HostPattern {
        text.into()
    }

    #[test]
    fn wildcards_take_only_names_below_them() {
        let pattern = host("*.example.com");
        assert!(host("dev.example.com").subset_of(&pattern));
        assert!(host("a.dev.example.com").subset_of(&pattern));
        assert!(!host("example.com").matches(&pattern));
        assert!(!host("newexample.com").matches(&pattern));
        assert!(!pattern.subset_of(&host("dev.example.com")));
        assert!(pattern.matches(&host("dev.example.com")));
    }

    #[test]
    fn wildcards_overlap_in_either_direction() {
        assert!(host("*.com").matches(&host("*.example.com")));
        assert!(host("*.example.com").matches(&host("*.com")));
        assert!(host("*.example.com").subset_of(&host("*.com")));
        assert!(!host("*.com").subset_of(&host("*.example.com")));
        assert!(host("*").matches(&host("*.com")));
        assert!(!host("*.a.com").matches(&host("*.b.com")));
    }

    #[test]
    fn specific_patterns_come_first() {
        let mut hosts = ["*", "a.com", "*.com", "bb.com", "*.a.com", "b.com"].map(host);
        hosts.sort_by(HostPattern::specificity);
        assert_eq!(hosts, ["bb.com", "a.com", "b.com", "*.a.com", "*.com", "*"].map(host));
    }

    #[test]
    fn namespaced_hosts_split_at_the_first_slash() {
        let at = |text: &str| NamespacedHost::from(text.to_owned());
        assert_eq!(at("./a.com").namespace.as_deref(), Some("."));
        assert_eq!(at("*.com"), NamespacedHost { namespace: None, host: host("*.com") });
        assert_eq!(at("istio-system/*").to_string(), "istio-system/*");
    }
}
