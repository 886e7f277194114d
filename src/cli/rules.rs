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
            None => return unknown(name),
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
    let near = |rule: &&&lint::Rule| strsim::jaro_winkler(rule.name, name) > 0.85;
    let help = match lint::RULES.iter().find(near) {
        Some(rule) => format!("there is `{}`; `meshc rules` lists all", rule.name),
        None => "`meshc rules` lists all; faults of syntax, fields and references have no page".to_owned(),
    };
    report::usage(&format!("no rule is called `{name}`"), Some(&help))
}
