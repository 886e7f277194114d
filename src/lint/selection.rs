//! What has certain labels, without looking at everything.

use std::collections::BTreeMap;

use crate::base::Labels;

/// Things by each of their labels.
#[derive(Debug)]
pub(super) struct Selection<'a, T> {
    all: &'a [T],
    labels: fn(&T) -> &Labels,
    by_label: BTreeMap<(&'a str, &'a str), Vec<&'a T>>,
}

impl<'a, T> Selection<'a, T> {
    /// Indexes things by the labels that they have.
    pub(super) fn new(all: &'a [T], labels: fn(&T) -> &Labels) -> Self {
        let mut by_label: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for one in all {
            for label in labels(one).iter() {
                by_label.entry(label).or_default().push(one);
            }
        }
        Self { all, labels, by_label }
    }

    /// Those with all of these labels, in their order; all of them where there are none.
    pub(super) fn with<'s>(&'s self, labels: &'s Labels) -> impl Iterator<Item = &'a T> + use<'a, 's, T> {
        // The rarest of the labels: few have it, and only those can have all.
        let found = labels.iter().map(|label| self.by_label.get(&label).map(Vec::as_slice).unwrap_or_default());
        let rarest = found.min_by_key(|found| found.len());
        let all = if rarest.is_none() { self.all } else { &[] };
        let some = rarest.unwrap_or_default().iter().copied();
        all.iter().chain(some.filter(|one| labels.selects((self.labels)(one))))
    }
}

/// A namespace, and a label in it.
type NamespacedLabel<'a> = (&'a str, &'a str, &'a str);

/// Things with a selector for what is in their namespace, by the label they ask for that is rarest among them: all may
/// ask for `env: prod` as well. Those that ask for none take nothing here.
#[derive(Debug)]
pub(super) struct Selectors<'a, T> {
    by_label: BTreeMap<NamespacedLabel<'a>, Vec<(usize, &'a Labels, &'a T)>>,
}

impl<'a, T> Selectors<'a, T> {
    /// Indexes things with their namespaces and selectors.
    pub(super) fn new(all: impl Iterator<Item = (&'a str, &'a Labels, &'a T)>) -> Self {
        let all: Vec<_> = all.collect();
        let mut counts: BTreeMap<NamespacedLabel<'a>, usize> = BTreeMap::new();
        for (namespace, selector, _) in &all {
            for (key, value) in selector.iter() {
                *counts.entry((namespace, key, value)).or_default() += 1;
            }
        }
        let mut by_label: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, (namespace, selector, one)) in all.into_iter().enumerate() {
            let labels = selector.iter().map(|(key, value)| (namespace, key, value));
            if let Some(rarest) = labels.min_by_key(|label| counts.get(label)) {
                by_label.entry(rarest).or_default().push((at, selector, one));
            }
        }
        Self { by_label }
    }

    /// Those that take something with these labels, in their order.
    pub(super) fn taking(&self, namespace: &str, labels: &Labels) -> Vec<&'a T> {
        let candidates = labels.iter().filter_map(|(key, value)| self.by_label.get(&(namespace, key, value))).flatten();
        let mut taking: Vec<_> = candidates.filter(|(_, selector, _)| selector.selects(labels)).collect();
        taking.sort_unstable_by_key(|(at, ..)| *at);
        taking.into_iter().map(|(.., one)| *one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_are_found_as_by_looking_at_all() {
        let labels = |text: &str| -> Labels { text.split_whitespace().filter_map(|it| it.split_once('=')).collect() };
        let all: Vec<Labels> = ["", "a=1", "a=1 b=1", "b=1 c=1", "a=2 b=1", "a=1 b=1 c=1"].map(labels).into();
        let selection = Selection::new(&all, |it| it);
        for selector in ["", "a=1", "b=1", "a=1 b=1", "a=2 c=1", "d=1", "a=3"].map(labels) {
            let found: Vec<_> = selection.with(&selector).collect();
            let expected: Vec<_> = all.iter().filter(|it| selector.selects(it)).collect();
            assert_eq!(found, expected, "{selector:?}");
        }
    }

    #[test]
    fn selectors_take_what_is_in_their_namespace() {
        let labels = |text: &str| -> Labels { text.split_whitespace().filter_map(|it| it.split_once('=')).collect() };
        let all = [("shop", "b=1"), ("shop", "a=1"), ("shop", "a=1 b=1"), ("shop", ""), ("other", "a=1")];
        let all = all.map(|(namespace, selector)| (namespace, labels(selector)));
        let selectors = Selectors::new(all.iter().map(|it| (it.0, &it.1, it)));
        let taking = |text: &str| -> Vec<Labels> {
            selectors.taking("shop", &labels(text)).iter().map(|it| it.1.clone()).collect()
        };
        assert_eq!(taking("a=1 b=1 c=1"), ["b=1", "a=1", "a=1 b=1"].map(labels));
        assert_eq!(taking("a=1"), ["a=1"].map(labels));
        assert_eq!(taking(""), []);
    }
}
