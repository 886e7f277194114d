//! Two listeners of one name.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, Text, at, repeated};

declare_check! {
    /// Two listeners have one name. Envoy accepts it, and the second does not exist: nothing answers on its
    /// port.
    "verify/duplicate-listener", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    let named = facts.listeners.iter().filter(|listener| !listener.name.is_empty());
    let names: Vec<Text<'_>> =
        named.map(|listener| Text { text: listener.name, place: listener.place.clone() }).collect();
    for (first, again) in repeated(&names) {
        let message = format!("two listeners have the name `{}`", again.text);
        found.push(
            Diagnostic::error(CHECK.code, at(&again.place), message)
                .labelled("Envoy leaves this one out")
                .related(at(&first.place), "the first one")
                .help("give each listener a name of its own"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn two_of_one_name() {
        fires(&CHECK, &changed(&[("/static_resources/listeners/1/name", r#""https""#)]));
    }

    #[test]
    fn listeners_without_names() {
        silent(
            &CHECK,
            &changed(&[
                ("/static_resources/listeners/0/name", r#""""#),
                ("/static_resources/listeners/1/name", r#""""#),
            ]),
        );
    }
}
