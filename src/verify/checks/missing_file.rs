//! A file that is not there.

use crate::base::{Diagnostic, Diagnostics};
use crate::verify::Options;
use crate::verify::facts::{Facts, at};

declare_check! {
    /// A `filename` or `path_config_source` names a file that does not exist where the check runs.
    /// Envoy refuses the bootstrap where it is started.
    "verify/missing-file", check
}

fn check(facts: &Facts<'_>, options: &Options<'_>, found: &mut Diagnostics) {
    let Some(exists) = options.file_exists else { return };
    for file in facts.files.iter().filter(|file| !exists(file.text)) {
        let message = format!("the file `{}` does not exist", file.text);
        found.push(
            Diagnostic::error(CHECK.code, at(&file.place), message)
                .help("create it or correct the path; relative paths begin where Envoy is started"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::verify::tests::{changed, fires, silent};

    #[test]
    fn a_path_without_a_file() {
        fires(
            &CHECK,
            &changed(&[("/static_resources/secrets/0/tls_certificate/private_key/filename", r#""/gone/tls.key""#)]),
        );
    }

    #[test]
    fn a_file_that_is_there() {
        silent(
            &CHECK,
            &changed(&[("/static_resources/secrets/0/tls_certificate/private_key/filename", r#""/there/other.key""#)]),
        );
    }
}
