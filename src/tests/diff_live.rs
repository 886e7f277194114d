//! What `meshc diff` says a request shows, it shows: two live Envoys answer each witness differently.
//!
//! A pair of configurations is a test, the second made of the first by random edits:
//! `cargo test --test diff_live -- pair-007`. `MESHC_DIFF_PAIRS` says how many, `MESHC_DIFF_FIRST` which is the first.
#![expect(clippy::disallowed_methods, reason = "tests read files and the environment")]

#[path = "support/edit.rs"]
mod edit;
#[expect(dead_code, reason = "to start Envoy says as much as to validate first")]
#[path = "support/envoy.rs"]
mod envoy;
#[path = "support/envoy_process.rs"]
mod envoy_process;
#[path = "support/http1.rs"]
mod http1;
#[expect(dead_code, reason = "the evaluator reads what meshc gives, not what Envoy serves")]
#[path = "support/live/mod.rs"]
mod live;
#[path = "support/network.rs"]
mod network;
#[expect(dead_code, reason = "pairs are of what meshc compiles")]
#[path = "support/random/mod.rs"]
mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use envoy::Envoy;
use libtest_mimic::{Arguments, Failed, Trial};
use live::{Answer, Live, Reply};
use meshc::base::FileId;
use meshc::diff::{Aspect, Change, Shown, Side, Witness, compare};
use meshc::simulate::{self, End, Protocol, Request};
use meshc::yaml;
use random::Random;
use serde_json::Value;

/// How many pairs without another word.
const PAIRS: usize = 6;

/// Where the proxies of sidecars listen.
const BIND: [&str; 2] = ["--bind-address", "127.1.0.9"];

/// Whose configuration a pair is about.
#[derive(Clone, Copy)]
enum World {
    /// An ingress gateway.
    Gateway,
    /// A pod that only calls others: the outbound side of its sidecar.
    Client,
    /// A pod that is called too.
    Server,
}

impl World {
    /// Of eight pairs two are of sidecars.
    fn of(seed: usize) -> World {
        match seed % 8 {
            3 => World::Client,
            7 => World::Server,
            _ => World::Gateway,
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            World::Gateway => &["--proxy", "istio-system/gateway-1"],
            World::Client => &["--proxy", "default/client-1", "--capture", "none", "--port-offset", "10000"],
            World::Server => &["--proxy", "default/reviews-1", "--capture", "none", "--port-offset", "10000"],
        }
    }
}

/// How often a witness is sent whose answer is a matter of shares; more where they are small.
const OFTEN: [usize; 2] = [80, 3000];

/// How often a witness is sent that shows where copies go.
const COPIED: usize = 20;

/// How often a witness is sent at most that shows which endpoints answer: the last of them may be of a cluster with a
/// small weight.
const ENDPOINTS: usize = 2000;

/// How many random requests a pair gets that means the same.
const SAME: usize = 60;

/// How many standard deviations apart two shares must be.
const APART: f64 = 4.5;

/// The shortest difference of delays that is measured.
const DELAY: Duration = Duration::from_millis(150);

/// How often each kind of witness was sent, over all tests.
type Tally = Arc<Mutex<BTreeMap<String, usize>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let envoy = Envoy::find();
    if let Err(message) = &envoy {
        eprintln!("diff_live: {message}");
    }
    let skip = envoy.is_err() && !envoy::required();
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let (first, pairs) = (number("MESHC_DIFF_FIRST").unwrap_or(0), number("MESHC_DIFF_PAIRS").unwrap_or(PAIRS));
    let tally = Tally::default();
    let trials = (first..first + pairs).map(|seed| {
        let (envoy, tally) = (envoy.clone(), Arc::clone(&tally));
        let run = move || differ(&envoy?, seed, &tally).map_err(Failed::from);
        Trial::test(format!("pair-{seed:03}"), run).with_ignored_flag(skip)
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    if !tally.is_empty() {
        println!("{} pairs: {tally:?}", conclusion.num_passed + conclusion.num_failed);
    }
    conclusion.exit_code()
}

/// The proxy of a configuration, as `meshc generate` gives it.
fn side(work: &Path, world: World, text: &str) -> Result<Side, String> {
    // Both in one place, so that the certificates are in the same files.
    let (input, out) = (work.join("input.yaml"), work.join("envoy.json"));
    std::fs::write(&input, text).map_err(|error| error.to_string())?;
    let mut generate = Command::new(env!("CARGO_BIN_EXE_meshc"));
    generate.arg("generate").arg(&input).args(world.options()).args(BIND).arg("--out").arg(&out);
    let output = generate.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("meshc generate: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let json = std::fs::read_to_string(&out).map_err(|error| error.to_string())?;
    let json = serde_json::from_str(&json).map_err(|error| error.to_string())?;
    Side::new(json, None).map_err(|error| error.to_string())
}

/// Edits the configuration of a seed, and asks two Envoys all that the comparison says they answer differently.
fn differ(envoy: &Envoy, seed: usize, tally: &Tally) -> Result<(), String> {
    let number = u64::try_from(seed).unwrap_or_default();
    let pair = rcgen::generate_simple_self_signed(vec!["*".to_owned()]).map_err(|error| error.to_string())?;
    let (certificate, key) = (STANDARD.encode(pair.cert.pem()), STANDARD.encode(pair.signing_key.serialize_pem()));
    let world = World::of(seed);
    let old = match world {
        World::Gateway => random::configuration(number, &certificate, &key),
        World::Client | World::Server => random::sidecar(number),
    };
    let mut objects: Vec<Value> =
        yaml::parse(FileId(0), &old).0.iter().map(|document| document.root.to_json()).collect();
    let of_services = !matches!(world, World::Gateway);
    let edits = edit::edit(&mut Random::new(number ^ 0xd1ff), &mut objects, of_services);
    let new = objects.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    if let Some(folder) = env::var_os("MESHC_LIVE_KEEP") {
        for (name, text) in [("old", &old), ("new", &new)] {
            let file = Path::new(&folder).join(format!("{seed:03}-{name}.yaml"));
            std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let changes = compare(&side(work.path(), world, &old)?, &side(work.path(), world, &new)?);
    let count = |what: String| *tally.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    let witnessed: Vec<(&Change, &Shown)> = changes
        .iter()
        .filter_map(|change| match &change.witness {
            Witness::Request(shown) => Some((change, shown.as_ref())),
            Witness::None { why } => {
                count(format!("none: {:?} {:?} {:?}: {why}", change.kind, change.object, change.topic));
                None
            }
        })
        .collect();
    if changes.is_empty() {
        count("pairs without change".to_owned());
    } else if witnessed.is_empty() {
        count("pairs without witness".to_owned());
        return Ok(());
    }
    let mut before = Live::serve_endpoints(envoy, &[("input.yaml", &old)], world.options())?;
    let mut after = Live::serve_endpoints(envoy, &[("input.yaml", &new)], world.options())?;
    let mut faults = Vec::new();
    if changes.is_empty() {
        for request in random::requests(number, SAME, before.configuration()) {
            // Bytes that pass through go where their connection went, by chance.
            if matches!(simulate::run(before.configuration(), &request).end, End::Tcp(_)) {
                continue;
            }
            let same = observed(&before.ask(&request)) == observed(&after.ask(&request));
            let times = OFTEN[0];
            if !same && apart(&shares(&mut before, &request, times), &shares(&mut after, &request, times), times) {
                faults.push(format!("nothing changes, and yet the answers differ: {request:?}"));
            }
        }
    }
    for (change, shown) in witnessed {
        if is_short(shown) {
            count("delays too short to measure".to_owned());
            continue;
        }
        count(format!("{:?}", shown.differs));
        if !shows(&mut before, &mut after, shown) {
            let reply = (before.ask(&shown.sent), after.ask(&shown.sent));
            faults.push(format!(
                "{:?} {:?} {}: {}\n  old: {}\n  new: {}\n  live: {:?}\n  live: {:?}",
                change.kind, change.object, change.name, shown.request, shown.old, shown.new, reply.0, reply.1
            ));
        }
    }
    let logs = format!("{}\n{}", before.complaints(), after.complaints());
    let all = faults.len();
    faults.truncate(4);
    let told = || format!("{edits:?}\n{all} faults\n{}\n{logs}", faults.join("\n"));
    if all == 0 { Ok(()) } else { Err(told()) }
}

/// Whether the two answer differently; where that is a matter of shares, whether the shares are far enough apart.
fn shows(before: &mut Live, after: &mut Live, shown: &Shown) -> bool {
    let Shown { sent, when, differs, .. } = shown;
    let mut request = sent.clone();
    match &differs[..] {
        [Aspect::Mirrors] => {
            let (old, new) = (before.received(&request, COPIED), after.received(&request, COPIED));
            let count = |of: &BTreeMap<String, usize>, key: &String| of.get(key).copied().unwrap_or_default();
            return old.keys().chain(new.keys()).any(|key| count(&old, key).abs_diff(count(&new, key)) > COPIED / 4);
        }
        [Aspect::Endpoints] => {
            return reaches(before, &request, &shown.old)
                && reaches(after, &request, &shown.new)
                && shown.old != shown.new;
        }
        [Aspect::Delay] => return elapsed(before, &request).abs_diff(elapsed(after, &request)) > DELAY,
        // The servers fail for it: how often they are asked is in a header of Envoy.
        [Aspect::Retries] => request.headers.push(("x-live-status".to_owned(), "503".to_owned())),
        _ => {}
    }
    if when.is_none() && observed(&before.ask(&request)) != observed(&after.ask(&request)) {
        return true;
    }
    OFTEN.iter().any(|times| apart(&shares(before, &request, *times), &shares(after, &request, *times), *times))
}

/// Whether requests reach all of the endpoints that `stated` lists, and no other.
fn reaches(live: &mut Live, request: &Request, stated: &str) -> bool {
    let listed = stated.strip_prefix("endpoints ").unwrap_or_default();
    let mut missing: BTreeSet<&str> = listed.split(", ").collect();
    for _ in 0..ENDPOINTS {
        if request.protocol == Protocol::Tcp {
            live.hang_up();
        }
        // One part of the requests may be for a cluster without endpoints.
        let Reply::Answer(Answer { received: Some(received), .. }) = live.ask(request) else { continue };
        if !listed.split(", ").any(|one| one == received.endpoint) {
            return false;
        }
        missing.remove(received.endpoint.as_str());
        if missing.is_empty() {
            return true;
        }
    }
    false
}

fn elapsed(live: &mut Live, request: &Request) -> Duration {
    let start = Instant::now();
    live.ask(request);
    start.elapsed()
}

fn shares(live: &mut Live, request: &Request, times: usize) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for _ in 0..times {
        *found.entry(observed(&live.ask(request))).or_default() += 1;
    }
    found
}

/// Whether an answer is so much more frequent on one side that chance does not do it.
fn apart(old: &BTreeMap<String, usize>, new: &BTreeMap<String, usize>, times: usize) -> bool {
    let share =
        |of: &BTreeMap<String, usize>, key: &String| of.get(key).copied().unwrap_or_default() as f64 / times as f64;
    old.keys().chain(new.keys()).any(|key| {
        let (a, b) = (share(old, key), share(new, key));
        let both = (a + b) / 2.0;
        let deviation = (2.0 * both * (1.0 - both) / times as f64).sqrt();
        (a - b).abs() > APART * deviation && a != b
    })
}

/// Whether the delay is too short to be measured beside everything else that takes time.
fn is_short(shown: &Shown) -> bool {
    let seconds = |text: &str| -> f64 {
        let number =
            text.strip_prefix("delay ").and_then(|text| text.split_once('s')).map_or("0", |(number, _)| number);
        number.parse().unwrap_or_default()
    };
    shown.differs == [Aspect::Delay] && (seconds(&shown.old) - seconds(&shown.new)).abs() < 2.0 * DELAY.as_secs_f64()
}

/// What a client and the cluster's server see, but for what is different each time.
fn observed(reply: &Reply) -> String {
    const EACH_TIME: [&str; 7] = [
        "date",
        "x-request-id",
        "x-envoy-upstream-service-time",
        "x-forwarded-for",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-envoy-decorator-operation",
    ];
    let kept = |headers: &[(String, String)]| -> Vec<(String, String)> {
        headers.iter().filter(|(name, _)| !EACH_TIME.contains(&name.as_str())).cloned().collect()
    };
    match reply {
        Reply::Answer(answer) => {
            let received = answer.received.as_ref().map(|it| (&it.cluster, &it.method, &it.path, kept(&it.headers)));
            format!("{} {:?} {} {received:?}", answer.status, kept(&answer.headers), answer.body)
        }
        other => format!("{other:?}"),
    }
}
