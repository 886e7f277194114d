//! `meshc diff`: what a change of the configuration means for each proxy.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde_json::Value;

use super::args::{MeshArgs, ProxyArgs};
use super::diff_input::{self, Form, Input, Manifests, Pair};
use super::exit::Exit;
use super::{choose, report};
use crate::base::SourceMap;
use crate::diff::report::{Group, Presence, text};
use crate::diff::{self, Change, Side};

/// Arguments of `meshc diff`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct DiffArgs {
    /// What there was: a directory or file of manifests, or a generated bootstrap, `--emit xds` output
    /// or config_dump.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// What there is now.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    #[command(flatten)]
    pub proxy: ProxyArgs,
    /// Every proxy of both inputs, which is also what is compared where no proxy is named.
    #[arg(long, help_heading = "Which proxy", conflicts_with_all = ["service_node", "metadata", "proxy", "gateway"])]
    pub all: bool,
    #[command(flatten)]
    pub mesh: MeshArgs,
    /// The format of standard output.
    #[arg(short = 'o', long = "output", value_enum, default_value_t = DiffFormat::Text, help_heading = "Output")]
    pub format: DiffFormat,
    /// Exit with 79 where something changes; otherwise that is 0 as well.
    #[arg(long, help_heading = "Output")]
    pub exit_code: bool,
}

/// The format of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people.
    Text,
}

const EXAMPLES: &str = "\
Exit codes: 0 compared, 64 usage, 65 an input cannot be read or parsed, 79 something changes and --exit-code is set.

Examples:
  meshc diff before/ after/
      What changes for every proxy; nothing where files are only renamed, sorted or written differently.
  meshc diff before/ after/ --gateway shop/public --exit-code
      For one router, as a check.";

/// Runs the command.
pub(super) fn run(arguments: &DiffArgs) -> Exit {
    let mut sources = SourceMap::default();
    let linked = diff_input::read(arguments, &mut sources).and_then(|[old, new]| {
        Ok([diff_input::link(old, &sources, &arguments.mesh)?, diff_input::link(new, &sources, &arguments.mesh)?])
    });
    let groups = linked.and_then(|inputs| {
        let groups = groups(arguments, &inputs);
        // The process ends now: to free so many small values one by one would be for nothing.
        std::mem::forget(inputs);
        groups
    });
    let groups = match groups {
        Ok(groups) => groups,
        Err(exit) => return exit,
    };
    let written = match arguments.format {
        DiffFormat::Text => text(&groups),
    };
    let exit = if !groups.is_empty() && arguments.exit_code { Exit::Findings } else { Exit::Ok };
    match std::io::stdout().lock().write_all(report::printable(&written).as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            report::failure(&format!("the output cannot be written: {error}"), None)
        }
        _ => exit,
    }
}

/// What changes, proxies with the same changes together.
fn groups(arguments: &DiffArgs, inputs: &[Input<'_>; 2]) -> Result<Vec<Group>, Exit> {
    let form = diff_input::form(inputs);
    let found: Vec<(String, Presence, Vec<Change>)> = match inputs {
        [Input::Mesh(old), Input::Mesh(new)] => {
            let pairs = diff_input::pairs(&arguments.proxy, &old.mesh, &new.mesh)?;
            pairs.par_iter().map(|pair| of_pair(pair, old, new)).collect::<Result<_, Exit>>()?
        }
        [Input::Configuration { name, value }, other] => {
            let side = side(name, value)?;
            let new = alone(arguments, other, &form)?;
            vec![(name.clone(), Presence::Both, diff::compare(&side, &new))]
        }
        [other, Input::Configuration { name, value }] => {
            let side = side(name, value)?;
            let old = alone(arguments, other, &form)?;
            vec![(name.clone(), Presence::Both, diff::compare(&old, &side))]
        }
    };
    let mut groups: Vec<Group> = Vec::new();
    for (name, presence, changes) in found {
        if presence == Presence::Both && changes.is_empty() {
            continue;
        }
        match groups.iter_mut().find(|group| group.presence == presence && group.changes == changes) {
            Some(group) => group.proxies.push(name),
            None => groups.push(Group { proxies: vec![name], presence, changes }),
        }
    }
    Ok(groups)
}

fn side(name: &str, value: &Value) -> Result<Side, Exit> {
    Side::new(value.clone(), None).map_err(|error| {
        report::say("error", &format!("`{name}`: {error}"), None);
        Exit::Data
    })
}

/// The only proxy of an input that is compared with a configuration of one.
fn alone(arguments: &DiffArgs, input: &Input<'_>, form: &Form) -> Result<Side, Exit> {
    match input {
        Input::Configuration { name, value } => side(name, value),
        Input::Mesh(_) if arguments.all => {
            let help = "name the proxy with --proxy, --gateway or --service-node";
            Err(report::usage("a configuration of Envoy is of one proxy, so --all compares nothing", Some(help)))
        }
        Input::Mesh(manifests) => {
            let proxy = choose::proxy(&arguments.proxy, &manifests.mesh)?;
            manifests.side(&manifests.compile(&proxy, form))
        }
    }
}

fn of_pair(pair: &Pair, old: &Manifests<'_>, new: &Manifests<'_>) -> Result<(String, Presence, Vec<Change>), Exit> {
    let name = pair.name.clone();
    let (before, after) = match (&pair.old, &pair.new) {
        (Some(before), Some(after)) => (before, after),
        (None, _) => return Ok((name, Presence::Added, Vec::new())),
        (_, None) => return Ok((name, Presence::Removed, Vec::new())),
    };
    let (before, after) = (old.compile(before, &Form::Xds), new.compile(after, &Form::Xds));
    if before.text == after.text {
        return Ok((name, Presence::Both, Vec::new()));
    }
    Ok((name, Presence::Both, diff::compare(&old.side(&before)?, &new.side(&after)?)))
}
