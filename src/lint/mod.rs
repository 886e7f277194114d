//! The linter: faults that show only when all files are read together, one rule a file.
//!
//! What the stages find by themselves (`yaml`, `resource`, `mesh`) is part of a linter's output as
//! well; a rule says what they do not. [`codes`] has the code of istioctl for each.

mod ambient;
mod annotation_values;
mod annotations;
pub mod baseline;
mod binding;
pub mod book;
pub mod codes;
pub mod compile;
pub mod config;
mod cover;
mod destinations;
mod examples;
pub mod faults;
pub mod finding;
pub mod fix;
#[cfg(test)]
pub(crate) mod fixture;
pub mod input;
mod known;
mod mutual_tls;
mod patch_values;
mod policies;
pub mod report;
mod routes;
mod rule;
mod rules;
mod selection;
mod sockets;
pub mod suppress;
mod tree;

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::base::{Diagnostic, Diagnostics, Labels, Timestamp};
use crate::mesh::{Mesh, Workload};
use crate::resource::{Object, Resources, kubernetes};
use crate::yaml::Document;

use binding::{Gateways, Servers};
pub use examples::{Example, examples};
pub use rule::Rule;
pub use rules::RULES;
use selection::{Selection, Selectors};
use tree::ByKind;
pub use tree::{PolicyText, Written};

/// What a rule looks at.
#[derive(Debug)]
pub struct Context<'a> {
    /// What the user wrote, by kind.
    pub resources: &'a Resources,
    /// The same, linked.
    pub mesh: &'a Mesh,
    /// The texts, for rules about what no type keeps.
    pub documents: &'a [Document<'a>],
    /// The time, for rules about what expires.
    pub now: Timestamp,
    /// Made by the first rule that asks for it.
    selection: OnceLock<Selection<'a, Workload>>,
    /// The same for Services that select.
    services: OnceLock<Selectors<'a, ServiceObject>>,
    /// The same for the Gateways by name.
    gateways: OnceLock<Gateways<'a>>,
    /// The same for their servers by host.
    servers: OnceLock<Servers<'a>>,
    /// The same for the objects as they are written.
    written: OnceLock<ByKind<'a>>,
}

type ServiceObject = Object<kubernetes::Service, kubernetes::ServiceStatus>;

impl<'a> Context<'a> {
    /// What was decoded and linked of these documents.
    pub fn new(resources: &'a Resources, mesh: &'a Mesh, documents: &'a [Document<'a>], now: Timestamp) -> Self {
        Self {
            resources,
            mesh,
            documents,
            now,
            selection: OnceLock::new(),
            services: OnceLock::new(),
            gateways: OnceLock::new(),
            servers: OnceLock::new(),
            written: OnceLock::new(),
        }
    }

    /// The Gateways by name.
    fn gateways(&self) -> &Gateways<'a> {
        self.gateways.get_or_init(|| Gateways::new(self.mesh))
    }

    /// The servers of each Gateway by their hosts.
    fn servers(&self) -> &Servers<'a> {
        self.servers.get_or_init(|| Servers::new(self.mesh))
    }

    /// The workloads that have these labels, in the mesh's order; all where there are none.
    fn workloads<'s>(&'s self, labels: &'s Labels) -> impl Iterator<Item = &'a Workload> + use<'a, 's> {
        let selection = self.selection.get_or_init(|| Selection::new(&self.mesh.workloads, |it| &it.labels));
        selection.with(labels)
    }

    /// The Services of a namespace that select something with these labels, in their order.
    fn services_selecting(&self, namespace: &str, labels: &Labels) -> Vec<&'a ServiceObject> {
        let services = self.resources.services.iter();
        let all = services.map(|it| (it.namespace(), &it.spec.selector, it));
        self.services.get_or_init(|| Selectors::new(all)).taking(namespace, labels)
    }
}

/// Runs every rule, in parallel. The findings are in the order of the rules.
pub fn run(context: &Context<'_>) -> Diagnostics {
    let found: Vec<Vec<Diagnostic>> = RULES
        .par_iter()
        .map(|rule| {
            let mut found = Diagnostics::default();
            (rule.check)(context, &mut found);
            found.0
        })
        .collect();
    Diagnostics(found.into_iter().flatten().collect())
}

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.binary_search_by_key(&name, |rule| rule.name).ok().and_then(|at| RULES.get(at)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_order_and_of_one_name_each() {
        let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        for name in names {
            assert_eq!(rule(name).map(|rule| rule.name), Some(name));
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        }
    }
}
