//! The order of files and documents, and how documents are spread over files, change no byte of
//! the output, and no diagnostic but in its place.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

#[path = "support/files.rs"]
mod files;
#[path = "support/pipeline.rs"]
mod pipeline;
#[path = "support/stock.rs"]
mod stock;

use files::{below, root, text};
use pipeline::{Input, Run, routers, run};

/// How often each input is shuffled.
const SHUFFLES: u64 = 60;

#[test]
fn order_of_files_and_documents_changes_nothing() {
    let cluster = documents(&["testdata/demo/cluster"]);
    let demos = ["kubernetes-ingress", "weighted-subsets", "delegate", "host-matching", "egress-tls-origination"];
    let mut inputs: Vec<(&str, Vec<String>)> = Vec::new();
    for demo in demos {
        let own = documents(&[&format!("testdata/demo/{demo}/input")]);
        assert!(!own.is_empty(), "{demo} has documents");
        inputs.push((demo, cluster.iter().chain(&own).cloned().collect()));
    }
    inputs.push(("every ingress case", documents(&["testdata/generate/ingress"])));
    for (name, documents) in inputs {
        let expected = outcome(&one_file(&documents));
        assert!(expected.iter().any(|(_, config)| config.contains("0.0.0.0_")), "{name}: a listener is generated");
        for seed in 1..=SHUFFLES {
            let mut shuffled = documents.clone();
            let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            random.shuffle(&mut shuffled);
            let input = match seed % 4 {
                0 => one_file(&shuffled),
                1 => a_file_each(&shuffled),
                2 => a_list(&shuffled),
                _ => some_files(&shuffled, &mut random),
            };
            let found = outcome(&input);
            assert!(found == expected, "{name}: shuffle {seed} changes the output");
        }
    }
}

/// Headlines of the diagnostics, sorted, and both configurations, for every router.
fn outcome(input: &Input) -> Vec<(Vec<String>, String)> {
    let of_run = |run: Run| {
        let mut headlines: Vec<_> = run.findings.iter().map(pipeline::Finding::headline).collect();
        headlines.sort();
        let config = run.config.map(|config| config.xds + &config.bootstrap);
        (headlines, config.unwrap_or_default())
    };
    run(input, routers).into_iter().map(of_run).collect()
}

/// The documents of all YAML files below these folders. An object that is written twice counts
/// once, as of the same object the first counts, which is a matter of order.
fn documents(folders: &[&str]) -> Vec<String> {
    let files = folders.iter().flat_map(|folder| below(&root().join(folder), ".yaml"));
    let inputs = files.filter(|path| !path.ends_with("case.yaml"));
    let mut all: Vec<String> = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for path in inputs {
        let text = text(&path);
        for document in text.split("\n---\n") {
            let document = document.strip_prefix("---\n").unwrap_or(document);
            let (parsed, _) = meshc::yaml::parse(meshc::base::FileId(0), document);
            let Some(object) = parsed.first().map(|document| document.root.to_json()) else { continue };
            let name = ["kind", "metadata"].map(|key| match &object[key] {
                serde_json::Value::Object(meta) => format!("{:?}/{:?}", meta.get("namespace"), meta.get("name")),
                other => other.to_string(),
            });
            if !object.is_null() && names.insert(name) {
                all.push(document.trim_end().to_owned() + "\n");
            }
        }
    }
    all
}

fn one_file(documents: &[String]) -> Input {
    Input { files: vec![("all.yaml".to_owned(), documents.join("---\n"))], mesh_config: None }
}

fn a_file_each(documents: &[String]) -> Input {
    let files = documents.iter().enumerate().map(|(at, document)| (format!("{at:04}.yaml"), document.clone()));
    Input { files: files.collect(), mesh_config: None }
}

fn a_list(documents: &[String]) -> Input {
    let mut text = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for document in documents {
        text.push_str("-\n");
        document.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    Input { files: vec![("list.yaml".to_owned(), text)], mesh_config: None }
}

/// Files of one to five documents, every third as a List.
fn some_files(documents: &[String], random: &mut Random) -> Input {
    let mut files = Vec::new();
    let mut rest = documents;
    while !rest.is_empty() {
        let (some, others) = rest.split_at(random.below(5).min(rest.len() - 1) + 1);
        let made = if random.below(3) == 0 { a_list(some) } else { one_file(some) };
        for (_, text) in made.files {
            files.push((format!("{:04}.yaml", files.len()), text));
        }
        rest = others;
    }
    Input { files, mesh_config: None }
}

/// A generator of numbers that gives the same ones on every machine (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    fn shuffle<T>(&mut self, elements: &mut [T]) {
        for at in (1..elements.len()).rev() {
            elements.swap(at, self.below(at + 1));
        }
    }
}
