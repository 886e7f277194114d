//! Compares two configurations of one proxy by what they mean.
//!
//! It takes two [`Side`]s, read from JSON of Envoy's configuration, and gives [`Change`]s: objects are
//! the same by what they take (a domain, a match), not by where they stand; order counts only where two
//! routes can take one request; names that nobody sees count for nothing. For what a client can see
//! there is a witness, a request that the evaluator answers differently on both sides. Every field that
//! differs is part of some change, so that two configurations without changes mean the same. It does no
//! IO, and knows nothing of files or resources but the citations that it passes on.

mod action;
mod answer;
mod change;
mod clusters;
mod command;
mod fields;
pub mod gap;
mod hosts;
mod listeners;
mod matches;
mod model;
mod normal;
pub mod plan;
mod reach;
pub mod report;
pub mod risk;
mod routes;
mod sample;
mod topic;
mod witness;

pub use answer::Aspect;
pub use change::{Change, Kind, Object, Shown, Witness};
pub use model::Side;
pub use topic::Topic;

/// What changes from `old` to `new`: listeners with everything inside them first, then clusters, then secrets.
pub fn compare(old: &Side, new: &Side) -> Vec<Change> {
    let mut found = Vec::new();
    listeners::compare(old, new, &mut found);
    clusters::compare(old, new, &mut found);
    clusters::compare_secrets(old, new, &mut found);
    found
}
