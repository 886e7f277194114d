//! `meshc generate`: the pipeline from files to one proxy's configuration.

use super::args::{Emit, GenerateArgs};
use super::emit::Emitted;
use super::exit::Exit;
use super::report::Remark;
use super::{choose, emit, generate_all, load, report};
use crate::base::{Diagnostic, Diagnostics, Label, Location, Origin, Severity, Span};
use crate::explain::provenance::Citation;
use crate::mesh::{self, LinkOptions, Mesh};
use crate::proxy::Proxy;
use crate::resource::{self, DecodeOptions, Resources};
use crate::{lower, proxy};

/// Faults of `resource::decode` that leave in doubt what the user means.
pub(super) const UNREADABLE: [&str; 6] =
    ["unknown-field", "wrong-type", "unknown-value", "bad-value", "oneof-conflict", "duplicate-object"];

/// Runs the command.
pub(super) fn run(arguments: &GenerateArgs) -> Exit {
    let mesh = load::Settings { mesh_config: arguments.mesh.mesh_config.as_deref(), mesh_networks: None };
    let loaded = match load::read(&[&arguments.paths, &arguments.files], mesh) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let load::Loaded { sources, mesh_config, mesh_networks } = loaded;
    let options = DecodeOptions { default_namespace: arguments.mesh.namespace.clone(), mesh_config, mesh_networks };
    let pieces = load::pieces(&sources);
    let (read, mut findings) =
        pieces.each(|at, document| load::is_manifest(document).then(|| resource::read(document, at, &options)));
    let unparsable = findings.worst() == Some(Severity::Error);
    let (mut resources, found) = resource::ordered(read.flatten(), &pieces);
    findings.extend(found);
    // A bootstrap is made only of objects that can be read as what they are. `xds` shows what istiod
    // makes of them as they are, and istiod passes over the fields that it does not know. A value
    // that the webhook would refuse is reported, and generated as istiod does.
    let unreadable = |finding: &Diagnostic| UNREADABLE.contains(&finding.code) && finding.severity == Severity::Error;
    let refused = arguments.output.emit == Emit::Bootstrap && findings.0.iter().any(unreadable);
    if unparsable || refused {
        report::diagnostics(&findings, &sources, &|label| resources.span(&pieces, &label.location));
        return Exit::Data;
    }
    let (mesh, found) = mesh::link_taking(
        &mut resources,
        LinkOptions { domain: arguments.mesh.domain.clone(), ..LinkOptions::default() },
    );
    findings.extend(found);
    let resolve = |label: &Label| -> Option<Span> { resources.span(&pieces, &label.location) };
    let cite = |origin: &Origin| -> Option<Citation> {
        let span = resources.span(&pieces, &Location::Value(origin.clone()))?;
        Citation::new(&resources, &sources, origin, span)
    };
    let context = Context { resources: &resources, cite: &cite };
    let exit = match arguments.all {
        true => generate_all::compile(arguments, &mesh, &context, &mut findings),
        false => compile(arguments, &mesh, &context, &mut findings),
    };
    report::diagnostics(&findings, &sources, &resolve);
    // The process ends now: to free so many small values one by one would be for nothing.
    std::mem::forget((mesh, resources, sources));
    exit
}

/// Everything after `link`: findings are added to `findings`, which the caller shows.
fn compile(arguments: &GenerateArgs, mesh: &Mesh, context: &Context<'_>, findings: &mut Diagnostics) -> Exit {
    let proxy = match choose::proxy(&arguments.proxy, mesh) {
        Ok(proxy) => proxy,
        Err(exit) => return exit,
    };
    let Emitted { exit, remarks } = one(arguments, &proxy, mesh, context, findings);
    remarks.iter().for_each(Remark::say);
    exit
}

/// What is the same for every proxy of a run, beside the mesh.
pub(super) struct Context<'a> {
    /// What the user wrote.
    pub resources: &'a Resources,
    /// Where an origin is.
    pub cite: &'a (dyn Fn(&Origin) -> Option<Citation> + Sync),
}

/// Everything after the choice of the proxy.
pub(super) fn one(
    arguments: &GenerateArgs,
    proxy: &Proxy,
    mesh: &Mesh,
    context: &Context<'_>,
    findings: &mut Diagnostics,
) -> Emitted {
    let view = proxy::view(mesh, proxy);
    let refused = choose::untranslated(&view, context.resources, arguments.allow_unsupported, findings);
    if refused != Exit::Ok {
        return Emitted { exit: refused, remarks: Vec::new() };
    }
    findings.extend(proxy::capture_annotations(&view));
    let (config, found) = lower::lower(&view);
    findings.extend(found);
    emit::emit(arguments, proxy, config, context.cite, findings)
}
