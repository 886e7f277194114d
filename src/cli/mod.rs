//! The command line: the only part of meshc that touches files, the environment or a terminal.

#![expect(clippy::disallowed_methods, reason = "`cli` is the part that does IO")]

mod args;
mod ask;
mod choose;
mod diff;
mod diff_input;
mod diff_mix;
mod emit;
mod exit;
mod generate;
mod generate_all;
mod git;
mod identity;
mod input;
mod lint;
mod lint_compile;
mod lint_envoy;
mod load;
mod output;
mod report;
mod route;
mod route_text;
mod rules;
mod test;
mod test_report;
mod test_run;
mod test_text;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
pub use exit::Exit;

/// Runs the command line and says how it went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = error.print();
            return exit.into();
        }
    };
    match cli.command {
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Identity(arguments) => identity::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Route(arguments) => route::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "meshc", &mut std::io::stdout());
            Exit::Ok
        }
        Command::Man => man(),
    }
    .into()
}

fn man() -> Exit {
    match clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout()) {
        Ok(()) => Exit::Ok,
        Err(error) => report::failure(&format!("the man page could not be written: {error}"), None),
    }
}
