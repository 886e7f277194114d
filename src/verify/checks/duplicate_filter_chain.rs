//! Filter chains for the same connections.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, Origin};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// Two filter chains of a listener match the same connections; one common server name is enough. Envoy
    /// refuses the listener.
    "verify/duplicate-filter-chain", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for listener in &facts.listeners {
        let mut taken: BTreeMap<&str, &Option<Origin>> = BTreeMap::new();
        for (connections, place) in &listener.chains {
            if let Some(first) = connections.iter().find_map(|one| taken.get(one.as_str())) {
                let message =
                    format!("two filter chains of the listener `{}` match the same connections", listener.name);
                found.push(
                    Diagnostic::error(CHECK.code, at(place), message)
                        .related(at(first), "the other one")
                        .help("give their matches no server name, protocol and address in common"),
                );
            }
            for one in connections {
                taken.entry(one.as_str()).or_insert(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn one_server_name_in_common() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/1",
                r#"{"filter_chain_match": {"server_names": ["b.example.com", "shop.example.com"]}}"#,
            )]),
        );
    }

    #[test]
    fn two_that_match_all() {
        fires(&CHECK, &changed(&[("/static_resources/listeners/1/filter_chains/1", r#"{}"#)]));
    }

    #[test]
    fn another_server_name() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/1",
                r#"{"filter_chain_match": {"server_names": ["b.example.com"]}}"#,
            )]),
        );
    }
}
