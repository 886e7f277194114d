//! `meshc.toml`: what a project has decided about its findings.
//!
//! ```toml
//! paths = ["k8s"]                  # what is checked where no argument says
//!
//! [levels]                         # error, warning, info or off
//! unknown-gateway = "error"
//!
//! [[suppress]]
//! code = "IST0101"                 # a rule, or a code it covers
//! resource = "shop/*"              # or: files = "k8s/old/*"
//! reason = "the services are in another repository"
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::finding::Finding;
use super::suppress::{Scope, Suppression};
use crate::base::{Location, Pattern, Severity};

/// The settings of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Files and directories, relative to the configuration, that are checked where no argument names any.
    pub paths: Vec<String>,
    /// Levels by rule or code; a rule's own name wins over a code.
    pub levels: BTreeMap<String, Level>,
    /// Findings to ignore.
    pub suppress: Vec<Entry>,
}

/// How bad findings of a rule are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// They are refused, or cannot work.
    Error,
    /// They are probably not meant.
    Warning,
    /// They are worth knowing.
    Info,
    /// They are not reported.
    Off,
}

/// Findings to ignore. The reason is required.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The rule, a code it covers, or `*`.
    pub code: String,
    /// The objects, as on the command line.
    #[serde(default)]
    pub resource: Option<String>,
    /// The files, with `*`.
    #[serde(default)]
    pub files: Option<String>,
    /// Why.
    pub reason: String,
}

impl Config {
    /// Reads a configuration; an error says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        for entry in &config.suppress {
            if entry.resource.is_some() == entry.files.is_some() {
                return Err(format!("suppress `{}` has either `resource` or `files`", entry.code));
            }
            if entry.reason.trim().is_empty() {
                return Err(format!("suppress `{}` has an empty `reason`", entry.code));
            }
        }
        Ok(config)
    }

    /// Gives findings the levels of the project.
    pub fn set_levels(&self, findings: &mut Vec<Finding>) {
        findings.retain_mut(|finding| {
            let by_code = || self.levels.iter().find(|(code, _)| finding.is_called(code)).map(|(_, level)| level);
            let severity = match self.levels.get(finding.rule()).or_else(by_code) {
                None => return true,
                Some(Level::Off) => return false,
                Some(Level::Error) => Severity::Error,
                Some(Level::Warning) => Severity::Warning,
                Some(Level::Info) => Severity::Note,
            };
            finding.diagnostic.severity = severity;
            true
        });
    }

    /// What is to be ignored.
    pub fn suppressions(&self) -> impl Iterator<Item = Suppression> {
        self.suppress.iter().map(|entry| {
            let scope = match (&entry.resource, &entry.files) {
                (Some(resource), _) => Scope::Pattern(Pattern::new(resource)),
                (None, files) => Scope::Files(Pattern::new(files.as_deref().unwrap_or_default())),
            };
            let reason = Some(entry.reason.clone());
            Suppression { code: entry.code.clone(), scope, written: Some(Location::Nowhere), reason }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Diagnostic;

    #[test]
    fn levels_and_suppressions_are_read() {
        let text = "paths = ['k8s']\n[levels]\nIST0106 = 'info'\nunknown-field = 'warning'\nbad-value = 'off'\n\
                    [[suppress]]\ncode = 'IST0101'\nresource = 'shop/*'\nreason = 'elsewhere'\n";
        let config = Config::parse(text).expect("a configuration");
        let finding = |code| {
            let diagnostic = Diagnostic::error(code, Location::Nowhere, "a fault");
            Finding { diagnostic, istio: Some("IST0106"), object: None, span: None, place: None, patches: Vec::new() }
        };
        let mut findings = vec![finding("unknown-field"), finding("wrong-type"), finding("bad-value")];
        config.set_levels(&mut findings);
        let levels: Vec<_> = findings.iter().map(|finding| (finding.rule(), finding.severity())).collect();
        assert_eq!(levels, [("unknown-field", Severity::Warning), ("wrong-type", Severity::Note)]);
        let suppressions: Vec<_> = config.suppressions().collect();
        assert_eq!(suppressions.len(), 1);
        assert_eq!(suppressions[0].scope, Scope::Pattern(Pattern::new("shop/*")));
    }

    #[test]
    fn what_is_off_is_said_with_its_line() {
        assert!(Config::parse("paths = []\nlevel = 1\n").is_err_and(|error| error.contains("line 2")));
        let suppress = |entry: &str| Config::parse(&format!("[[suppress]]\ncode = '*'\n{entry}\n"));
        assert!(suppress("resource = 'a/b'").is_err_and(|error| error.contains("reason")));
        assert!(suppress("reason = 'x'").is_err_and(|error| error.contains("either")));
        assert!(suppress("files = 'a/*'\nreason = ' '").is_err_and(|error| error.contains("empty")));
    }
}
