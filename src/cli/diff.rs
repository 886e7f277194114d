//! `meshc diff`: what a change of the configuration means for each proxy.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde_json::Value;

use super::args::{MeshArgs, ProxyArgs};
use super::diff_input::{self, Form, Input, Manifests, Pair};
use super::diff_mix::{self, Changing};
use super::exit::Exit;
use super::{choose, report};
use crate::base::SourceMap;
use crate::diff::gap::answered;
use crate::diff::plan::{self, Written};
use crate::diff::report::{Group, Presence, Report, markdown, text};
use crate::diff::risk::{Risk, risks};
use crate::diff::{self, Change, Side};
use crate::proxy::Proxy;
use crate::simulate::Lists;

/// Arguments of `meshc diff`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct DiffArgs {
    /// What there was: a directory or file of manifests, `git:REV[:PATH]` for those of a revision (PATH is
    /// from the root of the repository, or with `./` from here; without it the same as the other input),
    /// or a bootstrap, `--emit xds` output or config_dump.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// What there is now, in the same forms.
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
    /// `{"proxies": [...], "plan": [...], "risks": [...], "gaps": [...], "unknown": [...]}`.
    Json,
    /// For a comment on a pull request.
    Markdown,
}

const EXAMPLES: &str = "\
Exit codes: 0 compared, 64 usage, 65 an input cannot be read or parsed, 79 something changes and --exit-code is set.

Examples:
  meshc diff before/ after/
      What changes for every proxy; nothing where files are only renamed, sorted or written differently.
  meshc diff git:main k8s/ -o markdown
      What the working tree changes, as a comment for the pull request.
  meshc diff git:HEAD~1:k8s git:HEAD:k8s --gateway shop/public --exit-code
      What the last commit changes for one router, as a check.
  meshc diff config_dump.json k8s/ --gateway shop/public
      From what a running Envoy has to what the manifests give it.";

/// Runs the command.
pub(super) fn run(arguments: &DiffArgs) -> Exit {
    if [&arguments.old, &arguments.new].iter().all(|path| path.as_os_str() == "-") {
        return report::usage("standard input can be OLD or NEW, not both", None);
    }
    let mut sources = SourceMap::default();
    let linked = diff_input::read(arguments, &mut sources).and_then(|[old, new]| {
        let (old, new) = rayon::join(
            || diff_input::link(old, &sources, &arguments.mesh),
            || diff_input::link(new, &sources, &arguments.mesh),
        );
        Ok([old?, new?])
    });
    let compared = linked.and_then(|inputs| {
        let compared = compare(arguments, &inputs);
        // The process ends now: to free so many small values one by one would be for nothing.
        std::mem::forget(inputs);
        compared
    });
    let compared = match compared {
        Ok(compared) => compared,
        Err(exit) => return exit,
    };
    let written = match arguments.format {
        DiffFormat::Text => report::printable(&text(&compared)),
        DiffFormat::Json => compared.json(),
        DiffFormat::Markdown => report::printable(&markdown(&compared)),
    };
    let exit = if arguments.exit_code && !compared.is_empty() { Exit::Findings } else { Exit::Ok };
    match std::io::stdout().lock().write_all(written.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            report::failure(&format!("the output cannot be written: {error}"), None)
        }
        _ => exit,
    }
}

/// What is found of one proxy.
struct Found {
    name: String,
    presence: Presence,
    changes: Vec<Change>,
    risks: Vec<Risk>,
    untranslated: BTreeSet<(String, String, String)>,
    /// What it is of, where something changes.
    changed: Option<Box<Changed>>,
}

/// A proxy of the old mesh, with its configuration on both sides.
struct Changed {
    proxy: Proxy,
    texts: [String; 2],
    sides: [Side; 2],
}

impl Found {
    fn new(name: String, presence: Presence) -> Self {
        Self { name, presence, changes: Vec::new(), risks: Vec::new(), untranslated: BTreeSet::new(), changed: None }
    }

    fn of_sides(name: String, old: &Side, new: &Side) -> Self {
        let changes = diff::compare(old, new);
        let risks = if changes.is_empty() { Vec::new() } else { risks(old, new) };
        Self { changes, risks, ..Self::new(name, Presence::Both) }
    }
}

fn compare(arguments: &DiffArgs, inputs: &[Input<'_>; 2]) -> Result<Report, Exit> {
    let form = diff_input::form(inputs);
    let found: Vec<Found> = match inputs {
        [Input::Mesh(old), Input::Mesh(new)] => {
            let pairs = diff_input::pairs(&arguments.proxy, &old.mesh, &new.mesh)?;
            pairs.par_iter().map(|pair| of_pair(pair, old, new)).collect::<Result<_, Exit>>()?
        }
        [Input::Configuration { name, value }, other] => {
            vec![Found::of_sides(name.clone(), &side(name, value)?, &alone(arguments, other, &form)?)]
        }
        [other, Input::Configuration { name, value }] => {
            vec![Found::of_sides(name.clone(), &alone(arguments, other, &form)?, &side(name, value)?)]
        }
    };
    let written = match inputs {
        [Input::Mesh(old), Input::Mesh(new)] => Some((old.written(), new.written())),
        _ => None,
    };
    let mut report = report_of(&found, written.as_ref());
    if let ([Input::Mesh(old), Input::Mesh(new)], Some((before, after))) = (inputs, &written) {
        gaps(&mut report, &found, [old, new], &diff_mix::changed(before, after));
    }
    // As the inputs: nothing of it is needed any more.
    std::mem::forget((found, written));
    Ok(report)
}

/// Tries each object of the change alone, on one proxy of each group.
fn gaps(report: &mut Report, found: &[Found], inputs: [&Manifests<'_>; 2], changed: &[&Written]) {
    // One object alone is the whole change.
    if changed.len() < 2 || report.proxies.is_empty() {
        return;
    }
    if changed.len() > diff_mix::TRIED {
        let message = format!(
            "{} objects change: which fail when applied alone is tried for {} at most",
            changed.len(),
            diff_mix::TRIED
        );
        report::say("note", &message, None);
        return;
    }
    let of_group = |group: &Group| {
        let name = group.proxies.first()?;
        let found = found.iter().find(|found| found.name == *name && found.presence == group.presence)?;
        let Changed { proxy, texts, sides } = found.changed.as_deref()?;
        let requests = answered(sides.each_ref(), &found.changes);
        Some(Changing { proxy, texts: texts.each_ref().map(String::as_str), requests })
    };
    let proxies: Vec<Changing<'_>> = report.proxies.iter().filter_map(of_group).collect();
    report.gaps = diff_mix::single(inputs, changed, &proxies);
}

fn report_of(found: &[Found], written: Option<&(Vec<Written>, Vec<Written>)>) -> Report {
    let mut report = Report::default();
    let mut untranslated = BTreeSet::new();
    for Found { name, presence, changes, risks, untranslated: policies, changed: _ } in found {
        untranslated.extend(policies.iter().cloned());
        for risk in risks {
            if !report.risks.contains(risk) {
                report.risks.push(risk.clone());
            }
        }
        if *presence == Presence::Both && changes.is_empty() {
            continue;
        }
        match report.proxies.iter_mut().find(|group| group.presence == *presence && group.changes == *changes) {
            Some(group) => group.proxies.push(name.clone()),
            None => {
                report.proxies.push(Group {
                    proxies: vec![name.clone()],
                    presence: *presence,
                    changes: changes.clone(),
                });
            }
        }
    }
    report.risks.sort();
    if let Some((old, new)) = written {
        report.unknown = untranslated.into_iter().filter_map(|key| unknown(&key, old, new)).collect();
    }
    if !report.is_empty() {
        let changes = report.proxies.iter().flat_map(|group| &group.changes);
        let plan = match written {
            Some((old, new)) => plan::of_resources(old, new),
            None => plan::of_objects(&changes.cloned().collect::<Vec<_>>()),
        };
        // One thing has no order.
        if plan.iter().map(|step| step.actions.len()).sum::<usize>() > 1 {
            report.plan = plan;
        }
    }
    report
}

/// What to say of an object that is not translated, where it changes.
fn unknown(key: &(String, String, String), old: &[Written], new: &[Written]) -> Option<String> {
    let find = |all: &'_ [Written]| {
        all.iter().find(|one| (&one.kind, &one.namespace, &one.name) == (&key.0, &key.1, &key.2)).cloned()
    };
    let (before, after) = (find(old), find(new));
    let verb = match (&before, &after) {
        (Some(before), Some(after)) if before.content == after.content => return None,
        (Some(_), Some(_)) => "changes",
        (None, _) => "is added",
        (_, None) => "is removed",
    };
    let Written { kind, namespace, name, file, line, .. } = after.or(before)?;
    Some(format!(
        "{kind} `{namespace}/{name}` {verb} ({file}:{line}): it applies to proxies here and is not translated"
    ))
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
            manifests.side(&manifests.compile(&proxy, form), Lists::from_value)
        }
    }
}

fn of_pair(pair: &Pair, old: &Manifests<'_>, new: &Manifests<'_>) -> Result<Found, Exit> {
    let name = pair.name.clone();
    let (before, after) = match (&pair.old, &pair.new) {
        (Some(before), Some(after)) => (before, after),
        (None, _) => return Ok(Found::new(name, Presence::Added)),
        (_, None) => return Ok(Found::new(name, Presence::Removed)),
    };
    let untranslated = old.untranslated(before).into_iter().chain(new.untranslated(after)).collect();
    let (was, is) = rayon::join(|| old.compile(before, &Form::Xds), || new.compile(after, &Form::Xds));
    if was.text == is.text {
        return Ok(Found { untranslated, ..Found::new(name, Presence::Both) });
    }
    let (before_side, after_side) = rayon::join(|| old.side(&was, Lists::from_own), || new.side(&is, Lists::from_own));
    let sides = [before_side?, after_side?];
    let found = Found::of_sides(name, &sides[0], &sides[1]);
    let changed = || Box::new(Changed { proxy: before.clone(), texts: [was.text, is.text], sides });
    let changed = (!found.changes.is_empty()).then(changed);
    Ok(Found { untranslated, changed, ..found })
}
