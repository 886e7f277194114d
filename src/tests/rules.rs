//! `docs/rules.md` is what the rules say.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

use std::path::Path;

use meshc::lint::book;

#[test]
fn the_page_of_rules_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == book::page(), "docs/rules.md is not current: run `make rules`");
}
