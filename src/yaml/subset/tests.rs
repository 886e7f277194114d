//! The subset's reader against the full one: equal trees, or none from the former.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::base::Diagnostics;
use crate::yaml::{split, tree};

/// Documents in all, and those that the subset holds.
#[derive(Clone, Copy, Default)]
struct Count {
    all: usize,
    held: usize,
}

/// Reads every document of a text with both readers.
fn compare(text: &str, count: &mut Count) {
    let file = FileId(0);
    for piece in split::split(file, text, &mut Diagnostics::default()) {
        count.all += 1;
        let Ok(document) = read(file, piece, &mut Open::default()) else { continue };
        count.held += 1;
        let mut diagnostics = Diagnostics::default();
        let expected = tree::read(file, text, piece, &mut diagnostics);
        assert_eq!(diagnostics.0, [], "{:?}", piece.text);
        assert_eq!(document, expected, "{:?}", piece.text);
    }
}

/// Random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }

    fn one_of<'t>(&mut self, options: &[&'t str]) -> &'t str {
        options[self.below(options.len())]
    }
}

/// A text with one line deleted, doubled, moved by spaces, cut, joined to the next or given an odd piece.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = random.below(lines.len());
    let place = random.below(lines[at].len() + 1);
    match random.below(8) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        2 => lines[at].insert(0, ' '),
        3 => lines[at].insert_str(0, "  "),
        4 => lines[at] = lines[at].strip_prefix(' ').unwrap_or_default().to_owned(),
        5 if lines[at].is_char_boundary(place) => lines[at].truncate(place),
        6 if at + 1 < lines.len() => {
            let next = lines.remove(at + 1);
            lines[at].push_str(&next);
        }
        _ if lines[at].is_char_boundary(place) => lines[at].insert_str(place, random.one_of(&ODD)),
        _ => {}
    }
    lines.join("\n")
}

/// What means something in YAML, somewhere.
const ODD: [&str; 49] = [
    ":", ": ", " :", ":\n", "::", "-", "- ", "\n- ", "?", "? ", "#", " #", " # ", "[", "]", "{", "}", ", ", ",", "[]",
    "{}", "'", "''", "\"", "\"\"", "\\", "|", "|-", "|\n", ">", "&a ", "*a", "!t ", "!!int ", "%", "@", "`", "\t",
    "\r", "é", "<<", "~", "\n", "\n\n", "\n  ", " ", ".inf", "---", "...",
];

/// Values on one line, most of which mean something else than a string.
const INLINE: [&str; 40] = [
    "a",
    "a b",
    "10",
    "-5",
    "010",
    "1_000",
    "0x1F",
    "1.5",
    "-",
    "--flag",
    "-.5",
    "yes",
    "on",
    "~",
    "null",
    "true",
    "1e3",
    "22:22",
    "http://x.y/z?a=b#c",
    "a:b",
    "'q'",
    "'it''s'",
    "'a: b # c'",
    "\"d\"",
    "\"e\\n\\\"f\"",
    "\"\\/\"",
    "\"\"",
    "''",
    "[]",
    "{}",
    "[a, 'b', 3]",
    "{a: b, c: [d, {e: f}]}",
    "[ a , b ]",
    "{ a: b }",
    "{a: }",
    "[a: b]",
    "*.example.com",
    "%x",
    "$(x)",
    "^a|b$",
];

const KEYS: [&str; 16] =
    ["a", "b", "name", "tls.crt", "a.b/c-d", "\"q\"", "'s'", "10", "1.5", "on", "null", "~", "<<", "a b", "-x", "x[0]"];

/// A block mapping, sequence or text in this column, mostly well-formed.
fn generated(random: &mut Random, column: usize, depth: usize, out: &mut String) {
    let indent = " ".repeat(column);
    for _ in 0..1 + random.below(3) {
        match random.below(12) {
            0 => *out += &format!("{indent}# comment\n"),
            1 => *out += random.one_of(&["\n", "  \n", "      \n"]),
            _ => {}
        }
        *out += &indent;
        *out += random.one_of(&KEYS);
        *out += ":";
        let comment = random.one_of(&["", "", "", "", " # c", " "]);
        match random.below(if depth < 4 { 9 } else { 4 }) {
            0..=2 => *out += &format!("{}{}{comment}\n", random.one_of(&[" ", "  "]), random.one_of(&INLINE)),
            3 => *out += &format!("{comment}\n"),
            4 => {
                let inner = " ".repeat(column + 1 + random.below(3));
                *out += &format!(" {}{comment}\n", random.one_of(&["|", "|-", "|", "|+", ">", "|2"]));
                for _ in 0..random.below(4) {
                    *out += &format!("{inner}{}\n", random.one_of(&["text", "# text", "  more", "", "- a: b"]));
                }
            }
            5..=6 => {
                *out += &format!("{comment}\n");
                let inner = column + 1 + random.below(4);
                generated(random, inner, depth + 1, out);
            }
            _ => {
                *out += &format!("{comment}\n");
                let dash = column + random.below(3);
                for _ in 0..1 + random.below(3) {
                    *out += &format!("{}-{}", " ".repeat(dash), random.one_of(&[" ", " ", " ", "   "]));
                    if random.below(2) == 0 {
                        *out += &format!("{}{comment}\n", random.one_of(&INLINE));
                    } else {
                        let mut inner = String::new();
                        let inner_column = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
                        generated(random, inner_column, depth + 1, &mut inner);
                        *out += inner.trim_start_matches([' ', '\n']);
                    }
                }
            }
        }
    }
}

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|extension| matches!(extension.to_str(), Some("yaml" | "yml" | "json")))
        {
            files.push(path);
        }
    }
    files.sort();
}

/// Every file below a folder, and mutations of each.
fn compare_files(folder: &Path, mutations: usize) -> Count {
    let mut files = Vec::new();
    yaml_files(folder, &mut files);
    let (mut random, mut count) = (Random(7), Count::default());
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        compare(&text, &mut count);
        for _ in 0..mutations {
            let mut text = mutated(&text, &mut random);
            if random.below(3) == 0 {
                text = mutated(&text, &mut random);
            }
            compare(&text, &mut Count::default());
        }
    }
    count
}

#[test]
fn our_own_files_are_read_alike_and_mostly_in_the_subset() {
    let count = compare_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"), 20);
    assert!(count.all > 200 && count.held * 10 > count.all * 8, "{} of {}", count.held, count.all);
}

/// `MESHC_SHARED` names a folder of further files; nothing is read without it.
#[test]
fn further_files_are_read_alike() {
    if let Some(folder) = env::var_os("MESHC_SHARED") {
        let count = compare_files(Path::new(&folder), 3);
        println!("{} of {}", count.held, count.all);
        assert!(count.held > 0);
    }
}

#[test]
fn tables_of_odd_yaml_are_read_alike() {
    let (mut count, mut random) = (Count::default(), Random(3));
    for line in include_str!("../../../testdata/yaml/documents.jsonl").lines() {
        let Ok(serde_json::Value::Object(row)) = serde_json::from_str(line) else { continue };
        for text in row.values().filter_map(|value| value.as_str()) {
            compare(text, &mut count);
            for _ in 0..10 {
                compare(&mutated(text, &mut random), &mut Count::default());
            }
        }
    }
    for row in include_str!("../../../testdata/yaml/scalars.tsv").lines() {
        let scalar = row.split('\t').next().unwrap_or_default();
        for text in [
            format!("v: {scalar}\n"),
            format!("{scalar}: v\n"),
            format!("v: [{scalar}, {{a: {scalar}}}]\n"),
            format!("- {scalar}\n- {{{scalar}: a}}"),
        ] {
            compare(&text, &mut count);
        }
    }
    assert!(count.held > 500, "{} of {}", count.held, count.all);
}

#[test]
fn generated_yaml_is_read_alike() {
    let rounds = env::var("MESHC_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3_000);
    let (mut random, mut count) = (Random(11), Count::default());
    for _ in 0..rounds {
        let mut text = String::new();
        generated(&mut random, 0, 0, &mut text);
        compare(&text, &mut count);
        for _ in 0..3 {
            text = mutated(&text, &mut random);
            compare(&text, &mut count);
        }
    }
    assert!(count.held * 10 > count.all, "{} of {}", count.held, count.all);
}

#[test]
fn the_shapes_of_kubernetes_files_are_in_the_subset() {
    let text = "# top\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {app: x}} # flow\ndata:\n  a: |\n    x: y\n\n    z\n  b: |-\n    # text\n  c: \"q\\n\"\n  d:\n\n# below\nspec:\n  hosts:\n  - \"*\"\n  ports:\n    - port: 80\n      name: 'http'\n    - {port: 443}\n  - []\n";
    let text = text.replace("  - []\n", "");
    let mut count = Count::default();
    compare(&text, &mut count);
    assert_eq!((count.all, count.held), (1, 1));
}
