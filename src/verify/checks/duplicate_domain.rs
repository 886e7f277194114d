//! A domain of two virtual hosts.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, Text, at};

declare_check! {
    /// Two virtual hosts of a route configuration have one domain, without regard to upper and lower case.
    /// Envoy refuses the route configuration: a bootstrap as a whole, one by RDS late, and the old one
    /// stays.
    "verify/duplicate-domain", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for domains in &facts.domains {
        let mut taken: BTreeMap<String, &Text<'_>> = BTreeMap::new();
        for domain in domains {
            let Some(first) = taken.get(&domain.text.to_ascii_lowercase()) else {
                taken.insert(domain.text.to_ascii_lowercase(), domain);
                continue;
            };
            let message = format!("the domain `{}` is there twice", domain.text);
            // A virtual host that nobody wrote, as that of a sidecar for all other hosts, has no place.
            let (place, other) = match &domain.place {
                Some(_) => (&domain.place, &first.place),
                None => (&first.place, &domain.place),
            };
            found.push(
                Diagnostic::error(CHECK.code, at(place), message)
                    .related(at(other), "the other one")
                    .help("put the routes of both virtual hosts into one"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn in_another_case() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/1/domains/0",
                r#""SHOP.example.com""#,
            )]),
        );
    }

    #[test]
    fn each_once() {
        silent(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/1/domains/0",
                r#""*.shop.example.com""#,
            )]),
        );
    }
}
