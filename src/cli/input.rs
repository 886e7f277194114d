//! Reads what the user names: files, directories, standard input.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::base::{SourceFile, SourceMap};

/// A text may have this many bytes; positions are 32 bits wide.
const MAX_BYTES: u64 = 1 << 30;

/// Why an input cannot be read.
#[derive(Debug)]
pub(super) struct InputError {
    /// What was to be read.
    pub path: String,
    /// What went wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Reads every file, sorted by name, so that nothing depends on the order they are named or listed in.
pub(super) fn read(paths: &[PathBuf]) -> Result<SourceMap, Vec<InputError>> {
    let mut errors = Vec::new();
    let mut files = BTreeSet::new();
    let mut stdin = false;
    for path in paths {
        if path.as_os_str() == "-" {
            stdin = true;
        } else if let Err(error) = collect(path, true, &mut files, 0) {
            errors.push(error);
        }
    }
    let mut sources = SourceMap::default();
    if stdin {
        match read_stdin() {
            Ok(text) => drop(sources.add(SourceFile::new("<stdin>", text))),
            Err(error) => errors.push(error),
        }
    }
    for path in files {
        match read_file(&path) {
            Ok(text) => drop(sources.add(SourceFile::new(path.display().to_string(), text))),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(sources) } else { Err(errors) }
}

/// Reads one text file as UTF-8.
pub(super) fn read_file(path: &Path) -> Result<String, InputError> {
    let metadata = fs::metadata(path).map_err(|error| failed(path, &error.to_string()))?;
    if !metadata.is_file() {
        return Err(failed(path, "it is neither a file nor a directory"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(failed(path, "it is larger than 1 GiB"));
    }
    let bytes = fs::read(path).map_err(|error| failed(path, &error.to_string()))?;
    text(&path.display().to_string(), bytes)
}

pub(super) fn read_stdin() -> Result<String, InputError> {
    let mut bytes = Vec::new();
    let stdin = std::io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes);
    stdin.map_err(|error| failed(Path::new("<stdin>"), &error.to_string()))?;
    text("<stdin>", bytes)
}

/// Bytes as UTF-8.
pub(super) fn text(name: &str, bytes: Vec<u8>) -> Result<String, InputError> {
    String::from_utf8(bytes).map_err(|error| InputError {
        path: name.to_owned(),
        message: format!("it is not UTF-8: byte {} is wrong", error.utf8_error().valid_up_to()),
        help: error.as_bytes().starts_with(&[0x1f, 0x8b]).then(|| "it is gzip: unpack it first".to_owned()),
    })
}

fn collect(path: &Path, named: bool, files: &mut BTreeSet<PathBuf>, depth: usize) -> Result<(), InputError> {
    if depth > 64 {
        return Err(failed(path, "directories are nested too deep (a loop of links?)"));
    }
    let metadata = fs::metadata(path).map_err(|error| failed(path, &error.to_string()))?;
    if !metadata.is_dir() {
        if named || is_manifest(path) {
            files.insert(path.to_owned());
        }
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| failed(path, &error.to_string()))?;
    for entry in entries {
        let entry = entry.map_err(|error| failed(path, &error.to_string()))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden {
            collect(&entry.path(), false, files, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether the name is one of a manifest.
pub(super) fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
}

fn failed(path: &Path, message: &str) -> InputError {
    InputError { path: path.display().to_string(), message: message.to_owned(), help: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_read_in_order_and_only_manifests_in_them() {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["b.yaml", "a.yml", "c.json", "notes.txt", ".hidden.yaml"] {
            fs::write(directory.path().join(name), "a: 1\n").expect("a file");
        }
        let sources = read(&[directory.path().to_owned()]).expect("sources");
        let names: Vec<_> =
            sources.iter().map(|(_, file)| file.name.rsplit('/').next().unwrap_or_default().to_owned()).collect();
        assert_eq!(names, ["a.yml", "b.yaml", "c.json"]);
    }

    #[test]
    fn what_is_missing_or_no_text_is_said() {
        let directory = tempfile::tempdir().expect("a directory");
        let packed = directory.path().join("a.yaml");
        fs::write(&packed, [0x1f, 0x8b, 0xff]).expect("a file");
        let errors = read(&[packed, directory.path().join("missing")]).expect_err("errors");
        assert_eq!(errors.len(), 2);
        assert!(errors.iter().any(|error| error.help.as_deref() == Some("it is gzip: unpack it first")));
    }
}
