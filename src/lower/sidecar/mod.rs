//! What a sidecar does: the side towards services and the side towards its own workload.

pub mod inbound;
pub mod outbound;

use crate::base::Diagnostics;
use crate::ir;
use crate::ir::http::Tracing;
use crate::lower::access_log::AccessLogs;
use crate::lower::destination_rule::DestinationRules;
use crate::lower::settings::Settings;
use crate::lower::tracing;
use crate::proxy::ProxyView;

/// What both sides of a sidecar share.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// Who asks, and what it sees.
    pub view: &'a ProxyView<'a>,
    /// Its settings.
    pub settings: &'a Settings<'a>,
    /// Its tracing.
    pub tracing: &'a Option<Tracing>,
    /// Its logs.
    pub logs: &'a AccessLogs,
    /// Its DestinationRules.
    pub destination_rules: &'a DestinationRules<'a>,
}

/// Lowers the view of a sidecar.
pub fn lower(view: &ProxyView<'_>) -> (ir::Outbound, ir::Inbound, Diagnostics) {
    let (settings, mut diagnostics) = Settings::new(view);
    let (logs, found) = AccessLogs::new(&view.mesh.config);
    diagnostics.extend(found);
    let (tracing, found) = tracing::tracing(view, &settings);
    diagnostics.extend(found);
    let destination_rules = DestinationRules::new(view);
    let shared =
        Shared { view, settings: &settings, tracing: &tracing, logs: &logs, destination_rules: &destination_rules };
    let (outbound, found) = outbound::lower(&shared);
    diagnostics.extend(found);
    let (inbound, found) = inbound::lower(&shared);
    diagnostics.extend(found);
    (outbound, inbound, diagnostics)
}
