//! The evaluator (`meshc route`) and a live Envoy agree on random requests to random configurations: on the status, the
//! cluster, the redirect, and path, host and headers as the cluster's server receives them.
//!
//! A configuration is a test: `cargo test --test live_requests -- gateway-006`. `MESHC_LIVE_CONFIGURATIONS` and
//! `MESHC_LIVE_REQUESTS` say how many, and how many requests each, `MESHC_LIVE_FIRST` which is the first; see
//! `docs/testing.md` for the long run.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/agreement.rs"]
mod agreement;
#[expect(dead_code, reason = "to start Envoy says as much as to validate first")]
#[path = "support/envoy.rs"]
mod envoy;
#[path = "support/envoy_process.rs"]
mod envoy_process;
#[path = "support/http1.rs"]
mod http1;
#[expect(dead_code, reason = "copies of requests are for `diff_live`")]
#[path = "support/live/mod.rs"]
mod live;
#[path = "support/network.rs"]
mod network;
#[path = "support/random/mod.rs"]
mod random;

use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use envoy::Envoy;
use libtest_mimic::{Arguments, Failed, Trial};
use live::{Live, Reply};
use meshc::simulate::{self, End, Outcome, Request};

/// How many configurations and requests without another word.
const CONFIGURATIONS: usize = 10;
const REQUESTS: usize = 250;

/// How many disagreements of one configuration are shown.
const SHOWN: usize = 4;

/// How often each end was seen, over all tests.
type Tally = Arc<Mutex<BTreeMap<String, usize>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let envoy = Envoy::find();
    if let Err(message) = &envoy {
        eprintln!("live_requests: {message}");
    }
    let skip = envoy.is_err() && !envoy::required();
    let requests = number("MESHC_LIVE_REQUESTS", REQUESTS);
    let tally = Tally::default();
    let first = number("MESHC_LIVE_FIRST", 0);
    let configurations = number("MESHC_LIVE_CONFIGURATIONS", CONFIGURATIONS);
    let trials = (first..first + configurations).map(|seed| {
        let (envoy, tally) = (envoy.clone(), Arc::clone(&tally));
        let world = World::of(seed);
        let run = move || agree(&envoy?, world, seed, requests, &tally).map_err(Failed::from);
        Trial::test(format!("{}-{seed:03}", world.name()), run).with_ignored_flag(skip)
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    if !tally.is_empty() {
        let total: usize = tally.values().sum();
        println!("{total} requests to {} configurations: {tally:?}", conclusion.num_passed + conclusion.num_failed);
    }
    conclusion.exit_code()
}

fn number(name: &str, otherwise: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What is configured.
#[derive(Clone, Copy)]
enum World {
    /// An ingress gateway.
    Gateway,
    /// The outbound side of a sidecar, which binds the ports of the services (`--capture none`).
    Sidecar,
    /// The sidecar of a pod that is called too.
    Called,
    /// A bootstrap that no compiler wrote.
    Native,
}

impl World {
    /// Of five configurations three are of gateways.
    fn of(seed: usize) -> World {
        match seed % 5 {
            3 if seed.is_multiple_of(2) => World::Called,
            3 => World::Sidecar,
            4 => World::Native,
            _ => World::Gateway,
        }
    }

    fn name(self) -> &'static str {
        match self {
            World::Gateway => "gateway",
            World::Sidecar => "sidecar",
            World::Called => "called",
            World::Native => "native",
        }
    }

    /// The configuration of a seed: manifests, or a bootstrap.
    fn text(self, seed: u64) -> Result<String, String> {
        match self {
            World::Gateway => {
                let pair =
                    rcgen::generate_simple_self_signed(vec!["*".to_owned()]).map_err(|error| error.to_string())?;
                let [certificate, key] =
                    [pair.cert.pem(), pair.signing_key.serialize_pem()].map(|pem| STANDARD.encode(pem));
                Ok(random::configuration(seed, &certificate, &key))
            }
            World::Sidecar | World::Called => Ok(random::sidecar(seed)),
            World::Native => Ok(random::native::bootstrap(seed).to_string()),
        }
    }

    fn serve(self, envoy: &Envoy, text: &str) -> Result<Live, String> {
        let options: &[&str] = match self {
            World::Gateway => &["--proxy", "istio-system/gateway-1"],
            World::Sidecar => &["--proxy", "default/client-1", "--capture", "none", "--port-offset", "10000"],
            World::Called => &["--proxy", "default/reviews-1", "--capture", "none", "--port-offset", "10000"],
            World::Native => return Live::serve_bootstrap(envoy, text),
        };
        Live::serve(envoy, &[("input.yaml", text)], options)
    }
}

/// Asks both about the requests of a seed, in the configuration of that seed.
fn agree(envoy: &Envoy, world: World, seed: usize, count: usize, tally: &Tally) -> Result<(), String> {
    let number = u64::try_from(seed).unwrap_or_default();
    let text = world.text(number)?;
    if let Some(folder) = env::var_os("MESHC_LIVE_KEEP") {
        let file = std::path::Path::new(&folder).join(format!("{}-{seed:03}.yaml", world.name()));
        std::fs::write(&file, &text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let mut live = world.serve(envoy, &text)?;
    let mut faults = Vec::new();
    let mut split = agreement::Split::default();
    for request in random::requests(number, count, live.configuration()) {
        let outcome = simulate::run(live.configuration(), &request);
        let reply = live.ask(&request);
        split.count(&outcome, &reply);
        *tally.lock().unwrap_or_else(PoisonError::into_inner).entry(kind(&outcome)).or_default() += 1;
        if let Some(difference) = agreement::difference(&request, &outcome, &reply) {
            faults.push(told(&request, &outcome, &reply, &difference));
        }
    }
    faults.extend(split.missed());
    if faults.is_empty() {
        return Ok(());
    }
    let all = faults.len();
    faults.truncate(SHOWN);
    Err(format!("{all} of {count} disagree\n{}\nEnvoy's log:\n{}", faults.join("\n"), live.complaints()))
}

fn kind(outcome: &Outcome) -> String {
    match &outcome.end {
        End::Forward(_) => "forward".to_owned(),
        End::Tcp(_) => "tcp".to_owned(),
        End::Redirect { .. } => "redirect".to_owned(),
        End::DirectResponse { .. } => "direct response".to_owned(),
        End::Fault(fault) => fault.status().map_or("closed".to_owned(), |status| status.to_string()),
    }
}

fn told(request: &Request, outcome: &Outcome, reply: &Reply, difference: &str) -> String {
    let Request { port, protocol, method, host, path, headers, sni, .. } = request;
    let route = outcome.route.as_ref().map(|route| route.index);
    let host_name = outcome.virtual_host.as_ref().map(|host| host.name.as_str());
    format!(
        "- {protocol:?} port {port} sni {sni:?}: {method} {path} host {host} {headers:?}\n  evaluated: {difference}\n    \
         virtual host {host_name:?}, route {route:?}, {:?}\n  live: {reply:?}",
        outcome.end
    )
}
