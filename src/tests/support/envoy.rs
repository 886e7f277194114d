//! Finds the Envoy to test with, and asks it whether it accepts a configuration.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An Envoy binary that runs on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Envoy {
    /// The executable.
    pub(crate) path: PathBuf,
}

impl Envoy {
    /// `$ENVOY`, else `.envoy/envoy` (where `make envoy` puts it), else `envoy` on `PATH`.
    ///
    /// Gives the message to skip with where there is none. Where `REQUIRE_ENVOY=1` is set, nothing may be skipped
    /// and the caller has to fail with that message: see [`required`].
    pub(crate) fn find() -> Result<Envoy, String> {
        let named = env::var_os("ENVOY").map(PathBuf::from);
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".envoy/envoy");
        let on_path = env::var_os("PATH").unwrap_or_default();
        let candidates = match named {
            Some(path) => vec![path],
            None => {
                let mut all = vec![installed];
                all.extend(env::split_paths(&on_path).map(|folder| folder.join("envoy")));
                all
            }
        };
        match candidates.iter().find(|path| path.is_file()) {
            Some(path) => Ok(Envoy { path: path.clone() }),
            None => Err("no Envoy: run `make envoy`, or set $ENVOY".to_owned()),
        }
    }

    /// Runs `envoy --mode validate` on `config`; the error is what Envoy printed.
    pub(crate) fn validate(&self, config: &Path) -> Result<(), String> {
        let output = Command::new(&self.path)
            .args(["--mode", "validate", "--log-level", "warning", "-c"])
            .arg(config)
            .output()
            .map_err(|error| format!("{}: {error}", self.path.display()))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("envoy --mode validate: {}", String::from_utf8_lossy(&output.stderr).trim())),
        }
    }
}

/// Whether `REQUIRE_ENVOY=1` forbids skipping.
pub(crate) fn required() -> bool {
    env::var_os("REQUIRE_ENVOY").is_some_and(|value| value == "1")
}
