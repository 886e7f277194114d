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

/// CPU seconds that a row of runs takes at least. The kernel shows the times of ended programs in hundredths of a second,
/// rounded down for user and system each: a row this long is wrong by up to a twenty-fifth.
const ROW: f64 = 0.5;

/// The cost of a run: the mean of a row of runs, as one alone can be too short to measure. Of several rows the one of
/// least CPU time: what other programs on the machine add to it is not the program's.
pub(crate) fn least(rows: usize, run: impl Fn() -> Result<Cost, String>) -> Result<Cost, String> {
    let mut best = mean(&run)?;
    for _ in 1..rows {
        let next = mean(&run)?;
        best = if next.cpu < best.cpu { next } else { best };
    }
    Ok(best)
}

/// The mean of one row of runs, and their highest peak.
fn mean(run: impl Fn() -> Result<Cost, String>) -> Result<Cost, String> {
    let (mut runs, mut sum) = (0.0, Cost { cpu: 0.0, wall: 0.0, peak_mib: 0.0 });
    while sum.cpu < ROW {
        let Cost { cpu, wall, peak_mib } = run()?;
        sum = Cost { cpu: sum.cpu + cpu, wall: sum.wall + wall, peak_mib: sum.peak_mib.max(peak_mib) };
        runs += 1.0;
    }
    Ok(Cost { cpu: sum.cpu / runs, wall: sum.wall / runs, ..sum })
}

/// Runs a program to its end, which must be with one of these exit codes.
pub(crate) fn measure(command: &mut Command, codes: &[i32]) -> Result<Cost, String> {
    children(|| {
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let status = format!("/proc/{}/status", child.id());
        let watcher = thread::spawn(move || peak_of(&status));
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let peak_mib = watcher.join().map_err(|_| "the watcher panicked".to_owned())?;
        if !output.status.code().is_some_and(|code| codes.contains(&code)) {
            let said: String = String::from_utf8_lossy(&output.stderr).chars().take(4_000).collect();
            return Err(format!("{command:?}: {}\n{said}", output.status));
        }
        Ok(peak_mib)
    })
}

/// The cost of the programs that `run` waits for; it gives their peak memory in MiB.
pub(crate) fn children(run: impl FnOnce() -> Result<f64, String>) -> Result<Cost, String> {
    let (before, start) = (children_cpu()?, Instant::now());
    let peak_mib = run()?;
    Ok(Cost { cpu: children_cpu()? - before, wall: start.elapsed().as_secs_f64(), peak_mib })
}

/// CPU time of the children that ended, in seconds: fields 16 and 17 of `/proc/self/stat`.
fn children_cpu() -> Result<f64, String> {
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
