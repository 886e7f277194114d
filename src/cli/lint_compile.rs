//! `meshc lint`: how many of the gateways and workloads of the input are compiled.

use std::path::Path;

use super::args::CompileMode;
use super::exit::Exit;
use super::{lint_envoy, report};
use crate::base::Diagnostics;
use crate::lint::compile;
use crate::mesh::Mesh;
use crate::proxy::Named;

/// What `auto` compiles: proxies times what each may route to. A router of 500 Gateways, 500 VirtualServices and 500
/// ServiceEntries is within it and adds about a third to the CPU time of `lint` (39 ms before, 52 ms with it, means of
/// five runs of a release build); that of 1,000 each is not.
const AUTO: usize = 1_500;

/// Compiles what the mode takes and says what it leaves out; `envoy` is asked about each of those.
pub(super) fn run(
    mode: CompileMode,
    envoy: Option<&Path>,
    mesh: &Mesh,
    said: &Diagnostics,
) -> Result<Diagnostics, Exit> {
    let proxies = match mode {
        CompileMode::Never => return Ok(Diagnostics::default()),
        CompileMode::Always => compile::proxies(mesh),
        CompileMode::Auto => affordable(mesh),
    };
    let mut found = compile::run(mesh, &proxies, said);
    if let Some(envoy) = envoy {
        found.extend(lint_envoy::refusals(envoy, mesh, &proxies)?);
    }
    Ok(found)
}

/// As many proxies as [`AUTO`] takes, routers first.
fn affordable(mesh: &Mesh) -> Vec<Named> {
    let weight = compile::weight(mesh).max(1);
    // To find who selects whom is work as well.
    let selections = mesh.gateways.len() * mesh.workloads.len();
    let count = AUTO / weight;
    let mut proxies = Vec::new();
    if count > 0 && selections <= 100 * AUTO {
        proxies = compile::proxies(mesh);
        let all = proxies.len();
        proxies.truncate(count);
        if all > count {
            skipped(&format!("{count} of {all} gateways and workloads are compiled"));
        }
    } else if !(mesh.gateways.is_empty() && mesh.workloads.is_empty()) {
        skipped("the gateways and workloads are not compiled");
    }
    proxies
}

fn skipped(what: &str) {
    let help = "`--compile always` looks for what shows only in their configurations, `--compile never` is silent";
    report::say("note", &format!("the input is large, so {what}"), Some(help));
}
