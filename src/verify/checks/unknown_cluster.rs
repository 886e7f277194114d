//! A cluster that nothing defines.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A route, a mirror, a weighted cluster, a TCP proxy or a service (access log, rate limit, JWKS, ...)
    /// names a cluster that is not there. Envoy accepts it in a TCP proxy and, with `validate_clusters:
    /// false`, in routes: connections are closed, requests get a 503. Silent where clusters come by CDS.
    "verify/unknown-cluster", check
}

fn check(facts: &Facts<'_>, _: &Options<'_>, found: &mut Diagnostics) {
    for used in facts.clusters.undefined() {
        let message = format!("{} names the cluster `{}`, which nothing defines", used.by, used.name);
        found.push(
            Diagnostic::error(CHECK.code, at(&used.place), message)
                .help("define the cluster or correct the name: Envoy answers 503 or closes the connection"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_route_to_an_unknown_cluster() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/cluster",
                r#""nowhere""#,
            )]),
        );
    }

    #[test]
    fn a_tcp_proxy_to_an_unknown_cluster() {
        fires(
            &CHECK,
            &changed(&[(
                "/static_resources/listeners/1/filter_chains/0/filters/0/typed_config/cluster",
                r#""nowhere""#,
            )]),
        );
    }

    #[test]
    fn clusters_that_a_control_plane_sends() {
        silent(
            &CHECK,
            &changed(&[
                (
                    "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes/0/route/cluster",
                    r#""nowhere""#,
                ),
                ("/dynamic_resources", r#"{"cds_config": {"ads": {}}}"#),
            ]),
        );
    }
}
