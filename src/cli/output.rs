//! Writes files whole or not at all: temporary file, fsync, rename, fsync of the directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file to write.
#[derive(Debug)]
pub(super) struct OutputFile<'a> {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub bytes: &'a [u8],
    /// Whether it holds a secret: mode 0600 in directories of mode 0700.
    pub secret: bool,
}

/// Writes files so that each appears whole: all are written beside their places first, then renamed
/// in order. A file that already holds the same bytes is left alone. A link is followed, and what is
/// no file (`/dev/null`, a pipe) is written to and stays what it is.
pub(super) fn write_all(files: &[OutputFile<'_>]) -> io::Result<()> {
    let mut staged = Vec::new();
    let mut streams = Vec::new();
    for file in files {
        let path = match fs::metadata(&file.path) {
            Ok(present) if !present.is_file() && !present.is_dir() => {
                streams.push(file);
                continue;
            }
            Ok(_) => fs::canonicalize(&file.path)?,
            Err(_) => file.path.clone(),
        };
        match stage(file, &path) {
            Ok(Some(temporary)) => staged.push((temporary, path)),
            Ok(None) => {}
            Err(error) => {
                for (temporary, _) in &staged {
                    let _ = fs::remove_file(temporary);
                }
                return Err(error);
            }
        }
    }
    for (at, (temporary, path)) in staged.iter().enumerate() {
        if let Err(error) = fs::rename(temporary, path) {
            for (temporary, _) in &staged[at..] {
                let _ = fs::remove_file(temporary);
            }
            return Err(named(path, &error));
        }
        sync_directory(path)?;
    }
    for file in streams {
        let written = OpenOptions::new().write(true).open(&file.path).and_then(|mut out| out.write_all(file.bytes));
        written.map_err(|error| named(&file.path, &error))?;
    }
    Ok(())
}

fn stage(file: &OutputFile<'_>, path: &Path) -> io::Result<Option<PathBuf>> {
    let directory = parent(path);
    if file.secret {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|error| named(&directory, &error))?;
    }
    if !file.secret && fs::read(path).is_ok_and(|present| present == file.bytes) {
        return Ok(None);
    }
    let name = path.file_name().ok_or_else(|| named(path, &io::Error::other("it names no file")))?;
    let temporary = directory.join(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let mode = if file.secret { 0o600 } else { 0o644 };
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary).and_then(|mut out| {
        out.write_all(file.bytes)?;
        out.sync_all()
    });
    match written {
        Ok(()) => Ok(Some(temporary)),
        Err(error) => {
            let _ = fs::remove_file(&temporary);
            Err(named(path, &error))
        }
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = parent(path);
    File::open(&directory).and_then(|directory| directory.sync_all()).map_err(|error| named(&directory, &error))
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_for_their_owner_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let key = directory.path().join("certs/shop/web/tls.key");
        let config = directory.path().join("envoy.json");
        write_all(&[
            OutputFile { path: key.clone(), bytes: b"key", secret: true },
            OutputFile { path: config.clone(), bytes: b"{}", secret: false },
        ])
        .expect("written");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&key), mode(key.parent().expect("a parent"))), (0o600, 0o700));
        assert_eq!(fs::read(&config).expect("a file"), b"{}");
    }

    #[test]
    fn nothing_is_left_behind_when_writing_fails() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = directory.path().join("first.json");
        let error = write_all(&[
            OutputFile { path: first.clone(), bytes: b"{}", secret: false },
            OutputFile { path: directory.path().join("missing/second.json"), bytes: b"{}", secret: false },
        ]);
        assert!(error.is_err());
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
    }

    #[test]
    fn what_is_no_file_stays_what_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let target = directory.path().join("target.json");
        let link = directory.path().join("link.json");
        fs::write(&target, b"old").expect("written");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        write_all(&[
            OutputFile { path: link.clone(), bytes: b"{}", secret: false },
            OutputFile { path: PathBuf::from("/dev/zero"), bytes: b"{}", secret: false },
        ])
        .expect("written");
        assert!(fs::symlink_metadata(&link).expect("metadata").is_symlink());
        assert_eq!(fs::read(&target).expect("a file"), b"{}");
        assert!(!fs::metadata("/dev/zero").expect("metadata").is_file());
    }

    #[test]
    fn unchanged_files_keep_their_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("envoy.json");
        let write = || write_all(&[OutputFile { path: path.clone(), bytes: b"{}", secret: false }]).expect("written");
        write();
        let before = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
        std::thread::sleep(std::time::Duration::from_millis(20));
        write();
        assert_eq!(fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time"), before);
    }
}
