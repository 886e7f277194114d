//! `meshc generate --all`: every proxy of the input, of one parsed and linked mesh.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::args::{Emit, Format, GenerateArgs, IdentityMode, SecretsMode};
use super::emit::Emitted;
use super::exit::Exit;
use super::generate::{self, Context};
use super::report::{self, Remark};
use crate::base::{Diagnostics, Label, Location, Severity};
use crate::mesh::Mesh;
use crate::proxy::{self, Named};

/// What came of one proxy.
struct Done {
    path: PathBuf,
    emitted: Emitted,
    findings: Diagnostics,
}

/// Generates every proxy, in parallel; the result and what is said are in the order of the paths.
/// A proxy that fails is named, and the others are written all the same.
pub(super) fn compile(
    arguments: &GenerateArgs,
    mesh: &Mesh,
    context: &Context<'_>,
    findings: &mut Diagnostics,
) -> Exit {
    let directory = match directory(arguments) {
        Ok(directory) => directory,
        Err(exit) => return exit,
    };
    let proxies = proxy::all(mesh);
    if proxies.is_empty() {
        let help = "name files with Pods, Deployments, WorkloadEntries or Gateways";
        return report::usage("the input holds no workload and no Gateway, so there is no proxy", Some(help));
    }
    let one = |named: &Named| -> Done {
        let arguments = for_one(arguments, directory, named);
        let mut findings = Diagnostics::default();
        let path = arguments.output.out.clone().unwrap_or_default();
        let emitted = match create(&path) {
            Ok(()) => generate::one(&arguments, &named.proxy, mesh, context, &mut findings),
            Err(remark) => Emitted { exit: Exit::Failure, remarks: vec![remark] },
        };
        if emitted.exit != Exit::Ok {
            // It stays where an earlier run has written to it.
            let _ = std::fs::remove_dir(path.parent().unwrap_or(&path));
        }
        Done { path, emitted, findings }
    };
    let done: Vec<Done> = proxies.par_iter().map(one).collect();
    summarise(done, directory, findings)
}

/// The directory of `--out`, unless options do not go together.
fn directory(arguments: &GenerateArgs) -> Result<&Path, Exit> {
    if let Some(SecretsMode::Files(Some(_))) = arguments.output.secrets {
        let help = "with `--secrets files` they are in `certs` beside each output";
        return Err(report::usage("--all does not put the certificates of all proxies into one directory", Some(help)));
    }
    match &arguments.output.out {
        Some(out) if out.exists() && !out.is_dir() => {
            Err(report::usage(&format!("--out `{}` is no directory, as --all needs", out.display()), None))
        }
        Some(out) => Ok(out),
        None => Err(report::usage("--all needs a directory to write to", Some("name it with --out"))),
    }
}

/// The arguments as a user would give them for this proxy alone.
fn for_one(arguments: &GenerateArgs, directory: &Path, named: &Named) -> GenerateArgs {
    let what = match arguments.output.emit {
        Emit::Bootstrap => "bootstrap",
        Emit::Xds => "xds",
        Emit::Provenance => "provenance",
    };
    let extension = match arguments.output.format {
        Format::Json => "json",
        Format::Yaml => "yaml",
    };
    let mut arguments = arguments.clone();
    let place = directory.join(&named.namespace).join(&named.name);
    arguments.output.out = Some(place.join(what).with_extension(extension));
    if let IdentityMode::Files(identities) = &arguments.output.identity {
        let account = Some(named.proxy.service_account.as_str()).filter(|account| !account.is_empty());
        let of_account = identities.join(&named.proxy.namespace).join(account.unwrap_or("default"));
        arguments.output.identity = IdentityMode::Files(of_account);
    }
    arguments
}

fn create(file: &Path) -> Result<(), Remark> {
    let directory = file.parent().unwrap_or(file);
    std::fs::create_dir_all(directory)
        .map_err(|error| Remark::error(format!("`{}` cannot be made: {error}", directory.display())))
}

/// Prints the paths of what is written, and says what is not. What is found at one place for several proxies, and what
/// is to say of several, is said once.
fn summarise(done: Vec<Done>, directory: &Path, findings: &mut Diagnostics) -> Exit {
    let mut remarks: BTreeSet<Remark> = BTreeSet::new();
    let mut written = String::new();
    let mut failed = Vec::new();
    let mut found = Vec::new();
    let total = done.len();
    let mut exit = Exit::Ok;
    for Done { path, emitted, findings } in done {
        if emitted.exit == Exit::Ok {
            written.push_str(&format!("{}\n", path.display()));
            remarks.extend(emitted.remarks);
        } else {
            exit = exit.max(emitted.exit);
            let errors = findings.0.iter().filter(|finding| finding.severity == Severity::Error);
            let said = emitted.remarks.into_iter().map(|remark| remark.message);
            let reasons: Vec<String> = said.chain(errors.map(|error| error.message.clone())).collect();
            failed.push(Remark::error(format!("`{}` is not written: {}", path.display(), reasons.join("; "))));
        }
        found.push(findings);
    }
    let repeated = merge(found, findings);
    remarks.iter().chain(&failed).for_each(Remark::say);
    if repeated > 0 {
        report::say("note", &format!("{repeated} findings are at places that are named for another proxy"), None);
    }
    let count = total - failed.len();
    report::say("note", &format!("{count} of {total} proxies are written below `{}`", directory.display()), None);
    match std::io::stdout().lock().write_all(written.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            exit.max(report::failure(&format!("the list of paths cannot be written: {error}"), None))
        }
        _ => exit,
    }
}

/// Adds the findings of each proxy but those with the code and place of another's; says how many those are.
fn merge(found: Vec<Diagnostics>, findings: &mut Diagnostics) -> usize {
    // By code and place, or by code and message where there is no place: the first proxy with it.
    let mut first: BTreeMap<(&'static str, Label, String), usize> = BTreeMap::new();
    let mut repeated = 0;
    for (at, found) in found.into_iter().enumerate() {
        for finding in found.0 {
            let message =
                if finding.label.location == Location::Nowhere { finding.message.clone() } else { String::new() };
            if *first.entry((finding.code, finding.label.clone(), message)).or_insert(at) == at {
                findings.push(finding);
            } else {
                repeated += 1;
            }
        }
    }
    repeated
}
