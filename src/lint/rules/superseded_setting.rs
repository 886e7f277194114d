//! Settings that have another name now, and the same meaning.

use super::declare_rule;
use crate::base::{Change, Diagnostic, Diagnostics, Edit, Location, Origin};
use crate::lint::Context;
use crate::lint::policies::policies;
use crate::resource::istio::destination_rule::{SimpleLb, TrafficPolicy};

declare_rule! {
    /// ## What it does
    /// Reports `corsPolicy.allowOrigin` of a VirtualService and `LEAST_CONN` of a DestinationRule.
    /// ## Why is this bad
    /// Both are deprecated and may go with any version. `allowOrigins` says the same with `exact`, and is what counts
    /// where both are written; `LEAST_REQUEST` is the same as `LEAST_CONN`.
    ///
    /// `--fix` writes the new names. `consecutiveErrors` is another case: Istio has two fields in its place and ignores it
    /// (`deprecated-setting`), so what is meant is not certain.
    /// ## Example
    /// ```yaml,fires
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - corsPolicy: {allowOrigin: ["https://example.com"]}
    ///     route: [{destination: {host: web.example.com}}]
    /// ```
    /// ## Use instead
    /// ```yaml,silent
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: {name: web}
    /// spec:
    ///   hosts: [web.example.com]
    ///   http:
    ///   - corsPolicy: {allowOrigins: [{exact: "https://example.com"}]}
    ///     route: [{destination: {host: web.example.com}}]
    /// ```
    /// ## References
    /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#CorsPolicy>,
    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings-SimpleLB>
    pub(super) RULE = { name: "superseded-setting", codes: [], severity: Warning, check: check };
}

fn check(context: &Context<'_>, found: &mut Diagnostics) {
    for service in &context.resources.virtual_services {
        for (at, route) in service.spec.http.iter().enumerate() {
            let Some(cors) = route.cors_policy.as_ref().filter(|cors| !cors.allow_origin.is_empty()) else { continue };
            let place = service.spec_origin().key("http").index(at).key("corsPolicy").key("allowOrigin");
            found.push(origins(&place, cors.allow_origin.len(), cors.allow_origins.is_empty()));
        }
    }
    for (_, policy, origin) in policies(context) {
        found.0.extend(least_conn(policy, &origin).into_iter().map(|place| {
            let message = "`LEAST_CONN` is deprecated, and the same as `LEAST_REQUEST`";
            Diagnostic::new(RULE.severity, RULE.name, Location::Value(place), message)
                .help("write `LEAST_REQUEST`")
                .fix(Some("LEAST_REQUEST"))
        }));
    }
}

/// `allowOrigin`, with the correction where nothing else says the origins.
fn origins(place: &Origin, count: usize, alone: bool) -> Diagnostic {
    let message = match alone {
        true => "`allowOrigin` is deprecated",
        false => "`allowOrigin` does not count beside `allowOrigins`",
    };
    let finding = Diagnostic::new(RULE.severity, RULE.name, Location::Key(place.clone()), message);
    if !alone {
        return finding.help("remove it, and add to `allowOrigins` what is missing there");
    }
    let name = Edit { at: Location::Key(place.clone()), change: Change::Word("allowOrigins".to_owned()) };
    let exact = (0..count)
        .map(|index| Edit { at: Location::Value(place.index(index)), change: Change::Between("{exact: ", "}") });
    finding.help("use `allowOrigins` with `exact`").corrected(std::iter::once(name).chain(exact))
}

/// Where a policy has `LEAST_CONN`: for all ports, and for ports by number.
fn least_conn(policy: &TrafficPolicy, origin: &Origin) -> Vec<Origin> {
    let is_old = |settings: Option<SimpleLb>| settings == Some(SimpleLb::LeastConn);
    let all = policy.load_balancer.as_ref().filter(|it| is_old(it.simple)).map(|_| origin.clone());
    let ports = policy.port_level_settings.iter().enumerate().filter_map(|(at, settings)| {
        let balancer = settings.load_balancer.as_ref()?;
        is_old(balancer.simple).then(|| origin.key("portLevelSettings").index(at))
    });
    all.into_iter().chain(ports).map(|at| at.key("loadBalancer").key("simple")).collect()
}
