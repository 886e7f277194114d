//! YAML text of generated configuration.

/// `value` as one YAML document, members in their order. Strings that YAML 1.1 or 1.2 readers would
/// take for something else are quoted.
pub fn to_yaml(value: &serde_json::Value) -> String {
    // Fails only where a map key is no scalar, and JSON keys are strings.
    serde_yaml::to_string(value).expect("JSON is YAML")
}

#[cfg(test)]
mod tests {
    use granit_parser::{Event, Parser, ScalarStyle};
    use serde_json::json;

    use super::*;

    /// Content of the scalars of a document, and whether they are unquoted.
    fn scalars(yaml: &str) -> Vec<(String, bool)> {
        let mut scalars = Vec::new();
        for event in Parser::new_from_str(yaml) {
            if let (Event::Scalar(text, style, ..), _) = event.expect("the YAML is well-formed") {
                scalars.push((text.into_owned(), style == ScalarStyle::Plain));
            }
        }
        scalars
    }

    /// Envoy's YAML reader turns an unquoted `y` into a boolean and refuses it where a string is due.
    #[test]
    fn strings_that_look_like_something_else_are_quoted() {
        for text in [
            "",
            "y",
            "Y",
            "n",
            "yes",
            "No",
            "on",
            "OFF",
            "true",
            "False",
            "null",
            "Null",
            "~",
            "1",
            "-1",
            "+1",
            "1_000",
            "0x1",
            "0o17",
            "017",
            "0b1",
            "1e3",
            "1.5",
            ".5",
            ".inf",
            "-.INF",
            ".NaN",
            "12:30:45",
            "2024-01-01",
            "=",
            "<<",
        ] {
            let expected = (text.to_owned(), false);
            let yaml = to_yaml(&json!({text: text}));
            assert_eq!(scalars(&yaml), [expected.clone(), expected], "{yaml}");
        }
    }

    #[test]
    fn strings_with_yaml_syntax_survive() {
        for text in [
            "-", "- a", "a: b", "a:", "a #b", "#a", "*", "&a", "!t", "%d", "@a", "`a`", "{a}", "[a]", "'", "\"", " a",
            "a ", "a\nb", "a\n", "\ta", "\n", " \n a", "?", "|", ">", "---", "...", "é", "\u{1}", "\u{7f}", "\u{85}",
            "\u{2028}", "\u{feff}", "\\d+", "a\r\nb",
        ] {
            let yaml = to_yaml(&json!({"k": [text]}));
            let read: Vec<String> = scalars(&yaml).into_iter().map(|(text, _)| text).collect();
            assert_eq!(read, ["k", text], "{yaml}");
        }
    }

    #[test]
    fn members_keep_their_order() {
        assert_eq!(
            to_yaml(&json!({"b": 1, "a": {"flag": true, "list": [{"x": 1.5}], "none": null}})),
            "b: 1\na:\n  flag: true\n  list:\n  - x: 1.5\n  none: null\n"
        );
    }
}
