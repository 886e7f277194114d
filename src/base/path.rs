//! Where a node is inside a document: `spec.http[0].route[1].weight`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The value of a mapping at this key.
    Key(Cow<'static, str>),
    /// An element of a sequence, from 0.
    Index(u32),
}

/// A path from a resource's root to one of its nodes. Cloning and extending are cheap: the
/// steps are a shared list, so a walk can make one for every node it passes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Option<Arc<Step>>);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Step {
    parent: Path,
    segment: Segment,
}

impl Path {
    /// The resource itself.
    pub fn root() -> Self {
        Self(None)
    }

    /// The value at `key`.
    #[must_use]
    pub fn key(&self, key: impl Into<Cow<'static, str>>) -> Self {
        self.step(Segment::Key(key.into()))
    }

    /// The element at `index`.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Segment::Index(index as u32))
    }

    /// One step further.
    #[must_use]
    pub fn step(&self, segment: Segment) -> Self {
        Self(Some(Arc::new(Step { parent: self.clone(), segment })))
    }

    /// The path without its last step; `None` at the root.
    pub fn parent(&self) -> Option<&Self> {
        self.0.as_deref().map(|step| &step.parent)
    }

    /// Whether `other` is this path, or on the way to it.
    pub fn is_below(&self, other: &Self) -> bool {
        self == other || self.parent().is_some_and(|parent| parent.is_below(other))
    }

    /// The last step; `None` at the root.
    pub fn last(&self) -> Option<&Segment> {
        self.0.as_deref().map(|step| &step.segment)
    }

    /// The steps from the root.
    pub fn segments(&self) -> Vec<&Segment> {
        let mut segments = Vec::new();
        let mut at = self;
        while let Some(step) = at.0.as_deref() {
            segments.push(&step.segment);
            at = &step.parent;
        }
        segments.reverse();
        segments
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments().into_iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"', '/', ' ']) => {
                    write!(f, "[{key:?}]")?
                }
                Segment::Key(key) if at == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_those_on_the_way() {
        let route = Path::root().key("http").index(0);
        assert!(route.key("timeout").is_below(&route) && route.is_below(&route));
        assert!(!route.is_below(&route.key("timeout")) && !Path::root().key("http").index(1).is_below(&route));
    }

    #[test]
    fn reads_as_users_write_it() {
        let path = Path::root().key("metadata").key("labels").key("app.kubernetes.io/name");
        assert_eq!(path.to_string(), r#"metadata.labels["app.kubernetes.io/name"]"#);
        assert_eq!(Path::root().key("spec").key("http").index(0).key("route").to_string(), "spec.http[0].route");
    }
}
