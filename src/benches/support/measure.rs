//! What a run of a program costs. Linux only: it reads `/proc`.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The unit of the times in `/proc/self/stat`; 100 on every Linux that Rust supports.
const TICKS_PER_SECOND: f64 = 100.0;

/// What one run of a program took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
    pub(crate) peak_mib: f64,
}

/// The run of least CPU time: what other programs on the machine add to a run is not the program's.
pub(crate) fn least(runs: usize, run: impl Fn() -> Result<Cost, String>) -> Result<Cost, String> {
    let mut best = run()?;
    for _ in 1..runs {
        let next = run()?;
        best = if next.cpu < best.cpu { next } else { best };
    }
    Ok(best)
}

/// Runs a program to its end, which must be with one of these exit codes.
pub(crate) fn measure(command: &mut Command, codes: &[i32]) -> Result<Cost, String> {
    let before = children_cpu()?;
    let start = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let status = format!("/proc/{}/status", child.id());
    let watcher = thread::spawn(move || peak_of(&status));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let wall = start.elapsed().as_secs_f64();
    let peak_mib = watcher.join().map_err(|_| "the watcher panicked".to_owned())?;
    if !output.status.code().is_some_and(|code| codes.contains(&code)) {
        let said: String = String::from_utf8_lossy(&output.stderr).chars().take(4_000).collect();
        return Err(format!("{command:?}: {}\n{said}", output.status));
    }
    Ok(Cost { cpu: children_cpu()? - before, wall, peak_mib })
}

/// The exponent x of time ~ n^x from the first size to the last.
pub(crate) fn exponent(costs: &[(usize, f64)]) -> Option<f64> {
    let (&(few, short), &(many, long)) = (costs.first()?, costs.last()?);
    // One tick of the clock keeps a time that is too short to measure from dividing by zero.
    (few != many).then(|| (long / short.max(1.0 / TICKS_PER_SECOND)).ln() / (many as f64 / few as f64).ln())
}

/// CPU time of the children that ended, in seconds: fields 16 and 17 of `/proc/self/stat`.
pub(crate) fn children_cpu() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
    // The second field is the name in parentheses, which may contain spaces.
    let (_, rest) = stat.rsplit_once(')').ok_or("no `)` in /proc/self/stat")?;
    let ticks = rest.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>();
    Ok(ticks / TICKS_PER_SECOND)
}

/// The peak resident memory of a process in MiB, watched until it ends.
fn peak_of(status: &str) -> f64 {
    let mut peak = 0.0;
    // A process that has ended has no VmHWM any more, even before it is waited for.
    while let Ok(text) = fs::read_to_string(status) {
        let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
        peak = line.trim().trim_end_matches(" kB").parse::<f64>().map_or(peak, |kib| kib / 1024.0);
        thread::sleep(Duration::from_millis(2));
    }
    peak
}
