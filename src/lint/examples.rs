//! The examples in the documentation of rules, which are run as tests.

/// A block of YAML in a rule's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Whether the rule finds something in it; else it finds nothing.
    pub fires: bool,
    /// The documents.
    pub yaml: String,
}

/// The blocks marked `yaml,fires` and `yaml,silent`, in order.
pub fn examples(docs: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<Example> = None;
    for line in docs.lines() {
        match (&mut open, line.trim()) {
            (None, "```yaml,fires") => open = Some(Example { fires: true, yaml: String::new() }),
            (None, "```yaml,silent") => open = Some(Example { fires: false, yaml: String::new() }),
            (None, _) => {}
            (Some(_), "```") => found.extend(open.take()),
            (Some(example), _) => {
                example.yaml.push_str(line);
                example.yaml.push('\n');
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{RULES, fixture};

    #[test]
    fn every_rule_has_examples_that_hold() {
        let mut faults = Vec::new();
        for rule in RULES {
            let examples = examples(&rule.markdown());
            for fires in [true, false] {
                if !examples.iter().any(|example| example.fires == fires) {
                    faults.push(format!("{}: no example with fires = {fires}", rule.name));
                }
            }
            for (at, example) in examples.iter().enumerate() {
                let found = fixture::found(rule, &example.yaml);
                if found.0.is_empty() == example.fires {
                    faults.push(format!("{}: example {at} with fires = {} finds {found:?}", rule.name, example.fires));
                }
                for finding in found.0.iter().filter(|finding| finding.code != rule.name) {
                    faults.push(format!("{}: reports another code: {finding:?}", rule.name));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn blocks_keep_their_indentation() {
        let docs = "text\n```yaml,fires\na:\n  b: 1\n```\n```yaml\nno: example\n```\n```yaml,silent\na: 1\n```\n";
        let expected = [
            Example { fires: true, yaml: "a:\n  b: 1\n".to_owned() },
            Example { fires: false, yaml: "a: 1\n".to_owned() },
        ];
        assert_eq!(examples(docs), expected);
    }
}
