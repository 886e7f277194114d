//! `meshc rules`: what `meshc lint` looks for.

use std::io::Write;

use super::args::{RulesArgs, RulesCommand};
use super::exit::Exit;
use super::report;
use crate::lint::{self, book};

/// Runs the command.
pub(super) fn run(arguments: &RulesArgs) -> Exit {
    let text = match &arguments.command {
        None => list(),
        Some(RulesCommand::Page) => book::page(),
        Some(RulesCommand::Explain { name }) => match lint::RULES.iter().find(|rule| is_called(rule, name)) {
            Some(rule) => book::explain(rule, 1),
            None => match lint::faults::explain(name) {
                Some(text) => text,
                None => return unknown(name),
            },
        },
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => Exit::Ok,
        Err(error) => report::failure(&format!("the rules could not be written: {error}"), None),
    }
}

/// One line a rule: its name, its level and the codes it covers.
fn list() -> String {
    let width = lint::RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let line = |rule: &&lint::Rule| {
        let line = format!("{:width$}  {:7}  {}", rule.name, book::level_name(rule.severity), rule.codes.join(" "));
        format!("{}\n", line.trim_end())
    };
    lint::RULES.iter().map(line).collect()
}

fn is_called(rule: &lint::Rule, name: &str) -> bool {
    rule.name == name || rule.codes.iter().any(|code| code.eq_ignore_ascii_case(name))
}

fn unknown(name: &str) -> Exit {
    let known = lint::RULES.iter().map(|rule| rule.name).chain(lint::faults::codes());
    let near =
        known.map(|known| (strsim::jaro_winkler(known, name), known)).filter(|(similarity, _)| *similarity > 0.85);
    let help = match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, known)) => format!("there is `{known}`; `meshc rules` lists all rules"),
        None => "`meshc rules` lists all rules; findings of every command name their code".to_owned(),
    };
    report::usage(&format!("no rule and no fault is called `{name}`"), Some(&help))
}
