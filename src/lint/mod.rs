//! The linter: faults that show only when all files are read together, one rule a file.
//!
//! What the stages find by themselves (`yaml`, `resource`, `mesh`) is part of a linter's output as
//! well; a rule says what they do not. [`codes`] has the code of istioctl for each.

mod ambient;
mod annotation_values;
mod annotations;
pub mod baseline;
mod binding;
pub mod book;
pub mod codes;
pub mod compile;
pub mod config;
mod cover;
mod destinations;
mod examples;
pub mod faults;
pub mod finding;
pub mod fix;
#[cfg(test)]
pub(crate) mod fixture;
mod hosts;
pub mod input;
mod known;
mod mutual_tls;
mod policies;
pub mod report;
mod routes;
mod rule;
mod rules;
mod sockets;
pub mod suppress;
mod tree;

use rayon::prelude::*;

use crate::base::{Diagnostic, Diagnostics, Timestamp};
use crate::mesh::Mesh;
use crate::resource::Resources;
use crate::yaml::Document;

pub use examples::{Example, examples};
pub use rule::Rule;
pub use rules::RULES;
pub use tree::{PolicyText, Written};

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the user wrote, by kind.
    pub resources: &'a Resources,
    /// The same, linked.
    pub mesh: &'a Mesh,
    /// The texts, for rules about what no type keeps.
    pub documents: &'a [Document<'a>],
    /// The time, for rules about what expires.
    pub now: Timestamp,
}

/// Runs every rule, in parallel. The findings are in the order of the rules.
pub fn run(context: &Context<'_>) -> Diagnostics {
    let found: Vec<Vec<Diagnostic>> = RULES
        .par_iter()
        .map(|rule| {
            let mut found = Diagnostics::default();
            (rule.check)(context, &mut found);
            found.0
        })
        .collect();
    Diagnostics(found.into_iter().flatten().collect())
}

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.binary_search_by_key(&name, |rule| rule.name).ok().and_then(|at| RULES.get(at)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_order_and_of_one_name_each() {
        let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        for name in names {
            assert_eq!(rule(name).map(|rule| rule.name), Some(name));
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        }
    }
}
