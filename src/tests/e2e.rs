//! The demos of `testdata/demo/`, each run as a user would: `meshc generate`, `envoy --mode validate`, a real Envoy
//! between a client and upstreams on loopback, and the answers of `requests.yaml` to compare with.
//!
//! A folder is a test: `cargo test --test e2e -- https-redirect`. Without Envoy the demos are skipped, unless
//! `REQUIRE_ENVOY=1` is set (`make e2e`, `make test`).
#![expect(clippy::disallowed_methods, reason = "tests read files and the clock")]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use support::demo::Demo;
use support::envoy::{self, Envoy};
use support::{sidecars, stage};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let envoy = Envoy::find();
    if let Err(message) = &envoy {
        eprintln!("e2e: {message}");
    }
    let skip = envoy.is_err() && !envoy::required();
    let folders = match Demo::folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/demo")) {
        Ok(folders) => folders,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let demos = folders.into_iter().map(|(name, folder)| {
        let envoy = envoy.clone();
        Trial::test(name, move || stage::run(&folder, &envoy?).map_err(Failed::from)).with_ignored_flag(skip)
    });
    let of_sidecars: [(&str, SidecarDemo); 2] =
        [("sidecars-mutual-tls", sidecars::mutual_tls), ("sidecars-egress", sidecars::egress)];
    let of_sidecars = of_sidecars.into_iter().map(|(name, run)| {
        let envoy = envoy.clone();
        Trial::test(name, move || run(&envoy?).map_err(Failed::from)).with_ignored_flag(skip)
    });
    let demos = demos.collect::<Vec<_>>().into_iter().chain(of_sidecars);
    libtest_mimic::run(&arguments, demos.chain([binomial_tails()]).collect()).exit_code()
}

/// A demo of several proxies.
type SidecarDemo = fn(&Envoy) -> Result<(), String>;

/// The statistics that judge weighted routes, against values worked out by hand.
fn binomial_tails() -> Trial {
    Trial::test("binomial-tails", || {
        let expected =
            [((4, 0.5, 0), 0.125), ((4, 0.5, 2), 1.0), ((2, 0.1, 2), 0.02), ((3, 1.0, 3), 1.0), ((3, 0.0, 1), 0.0)];
        for ((n, p, count), want) in expected {
            let got = support::binomial::surprise(n, p, count);
            if (got - want).abs() > 1e-12 {
                return Err(format!("surprise({n}, {p}, {count}): expected {want}, got {got}").into());
            }
        }
        Ok(())
    })
}
