//! A Unix socket that cannot be opened, or that nobody can connect to.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// The path of a `pipe` is longer than 107 bytes, or its `mode` is above 0777 or that of an abstract socket (`@…`):
    /// Envoy refuses the bootstrap. Or a listener's `mode` lets nobody write, and whoever connects must write: Envoy
    /// accepts it, and only root gets through. Or its directory is not there: Envoy accepts it and does not listen.
    /// `mode` is a decimal number in JSON: 0666 is 438.
    "verify/socket-path", check
}

/// The longest path: `sun_path` of `sockaddr_un` on Linux without its last byte (`envoy: PipeInstance::create`).
const LONGEST: usize = 107;

fn check(facts: &Facts<'_>, options: &Options<'_>, found: &mut Diagnostics) {
    for pipe in &facts.pipes {
        let is_abstract = pipe.path.starts_with('@');
        let directory = pipe.path.rsplit_once('/').map(|(directory, _)| directory).filter(|name| !name.is_empty());
        let is_missing = |directory: &str| options.file_exists.is_some_and(|exists| !exists(directory));
        let (message, help) = match (pipe.mode, directory) {
            _ if pipe.path.len() > LONGEST => {
                (format!("the path of the socket has {} bytes", pipe.path.len()), "at most 107 bytes fit")
            }
            (Some(mode), _) if mode > 0o777 => {
                (format!("`{mode}` is no mode of a file: it is {mode:#o}"), "it is a decimal number: 0666 is 438")
            }
            (Some(mode), _) if mode != 0 && is_abstract => {
                ("an abstract socket has no mode".to_owned(), "remove the mode, or name a path of a file")
            }
            (Some(mode), _) if pipe.is_bound && mode != 0 && mode & 0o222 == 0 => {
                (format!("the mode {mode:#o} lets nobody write to the socket"), "add 0222, which is 146")
            }
            (_, Some(directory)) if pipe.is_bound && !is_abstract && is_missing(directory) => {
                (format!("the directory `{directory}` of the socket does not exist"), "create it before Envoy starts")
            }
            _ => continue,
        };
        found.push(Diagnostic::error(CHECK.code, at(&pipe.place), message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    const ADDRESS: &str = "/static_resources/listeners/1/address";

    #[test]
    fn nobody_may_write() {
        fires(&CHECK, &changed(&[(ADDRESS, r#"{"pipe": {"path": "@x", "mode": 420}}"#)]));
        fires(&CHECK, &changed(&[(ADDRESS, r#"{"pipe": {"path": "/there/x", "mode": 292}}"#)]));
        silent(&CHECK, &changed(&[(ADDRESS, r#"{"pipe": {"path": "/there/x", "mode": 438}}"#)]));
    }

    #[test]
    fn above_all_modes() {
        fires(&CHECK, &changed(&[(ADDRESS, r#"{"pipe": {"path": "/there/x", "mode": 666}}"#)]));
    }

    #[test]
    fn in_no_directory() {
        fires(&CHECK, &changed(&[(ADDRESS, r#"{"pipe": {"path": "/gone/x"}}"#)]));
        silent(&CHECK, &changed(&[(ADDRESS, r#"{"pipe": {"path": "@gone/x"}}"#)]));
    }
}
