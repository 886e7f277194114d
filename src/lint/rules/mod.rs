//! The rules, one file each. `RULES` is in the order of their names.

use super::Rule;
use super::rule::declare_rule;

mod several_sidecars_without_selector;

/// Every rule, by name.
pub static RULES: &[&Rule] = &[&several_sidecars_without_selector::RULE];
