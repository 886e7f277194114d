//! Names that the input knows, for rules that say that something does not exist.

use std::collections::BTreeSet;

use super::Context;

/// The namespaces of the input: those that are written, and those of its objects. `None` where no
/// Namespace is written: they are kept elsewhere.
pub(super) fn namespaces<'a>(context: &Context<'a>) -> Option<BTreeSet<&'a str>> {
    if context.resources.namespaces.is_empty() {
        return None;
    }
    let of_objects = context.resources.infos.iter().map(|info| info.namespace.as_str());
    Some(of_objects.chain(context.resources.namespaces.iter().map(|it| it.name())).collect())
}
