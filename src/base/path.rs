//! Where a node is inside a document: `spec.http[0].route[1].weight`.

use std::borrow::Cow;
use std::cell::RefCell;
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

/// How many steps a thread keeps, as a power of two.
const KEPT_BITS: u32 = 8;

thread_local! {
    /// Steps that were taken lately: objects of one kind have the same ones, which are made once for all of them.
    static KEPT: RefCell<Vec<Path>> = RefCell::new(vec![Path::root(); 1 << KEPT_BITS]);
}

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
        let place = match &segment {
            Segment::Index(index) => *index as usize + 1,
            Segment::Key(Cow::Borrowed(key)) => key.as_ptr().addr(),
            // The user's own keys are seldom the same.
            Segment::Key(Cow::Owned(_)) => return self.new_step(segment),
        };
        // Fibonacci hashing: the upper bits depend on all of the lower ones.
        let mixed = ((self.address() ^ place.rotate_left(7)) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let kept = KEPT.try_with(|kept| {
            let mut kept = kept.try_borrow_mut().ok()?;
            let step = kept.get_mut((mixed >> (u64::BITS - KEPT_BITS)) as usize)?;
            let same = |step: &Step| step.parent.address() == self.address() && step.segment == segment;
            if !step.0.as_deref().is_some_and(same) {
                *step = self.new_step(segment.clone());
            }
            Some(step.clone())
        });
        kept.ok().flatten().unwrap_or_else(|| self.new_step(segment))
    }

    fn new_step(&self, segment: Segment) -> Self {
        Self(Some(Arc::new(Step { parent: self.clone(), segment })))
    }

    /// Where the last step is; no other path that lives has it.
    fn address(&self) -> usize {
        self.0.as_ref().map_or(0, |step| Arc::as_ptr(step).addr())
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
    fn steps_that_are_taken_again_are_shared() {
        let [first, again, other] = [0, 0, 1].map(|at| Path::root().key("spec").key("http").index(at));
        assert_eq!((first.address(), first == again), (again.address(), true));
        assert!(first != other && first.key("match") != other.key("match"));
        let many: Vec<Path> = (0..2000).map(|at| first.index(at)).collect();
        assert!(many.iter().enumerate().all(|(at, path)| path.last() == Some(&Segment::Index(at as u32))));
    }

    #[test]
    fn reads_as_users_write_it() {
        let path = Path::root().key("metadata").key("labels").key("app.kubernetes.io/name");
        assert_eq!(path.to_string(), r#"metadata.labels["app.kubernetes.io/name"]"#);
        assert_eq!(Path::root().key("spec").key("http").index(0).key("route").to_string(), "spec.http[0].route");
    }
}
