//! Writes files whole or not at all: temporary files, fsync, renames, fsync of the directories.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file to write.
#[derive(Debug)]
pub(super) struct OutputFile<'a> {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub content: Content<'a>,
    /// Whether it holds a secret: mode 0600 in directories of mode 0700.
    pub secret: bool,
}

/// Gives a text to its argument piece by piece.
pub(super) type Pieces<'a> = dyn Fn(&mut dyn FnMut(&str)) + 'a;

/// What a file holds.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// This.
    Bytes(&'a [u8]),
    /// The text that this gives piece by piece.
    Pieces(&'a Pieces<'a>),
}

impl Content<'_> {
    /// Writes all of it.
    pub(super) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) => out.write_all(bytes),
            Self::Pieces(give) => {
                let mut written = Ok(());
                give(&mut |piece| {
                    if written.is_ok() {
                        written = out.write_all(piece.as_bytes());
                    }
                });
                written
            }
        }
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may be a key.
        f.debug_struct("Content").finish_non_exhaustive()
    }
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
                discard(&staged);
                return Err(error);
            }
        }
    }
    // Only now, as the first of them makes the system write what the others wait for as well.
    for (temporary, path) in &staged {
        if let Err(error) = sync(temporary) {
            discard(&staged);
            return Err(named(path, &error));
        }
    }
    for (at, (temporary, path)) in staged.iter().enumerate() {
        if let Err(error) = fs::rename(temporary, path) {
            discard(&staged[at..]);
            return Err(named(path, &error));
        }
    }
    let directories: BTreeSet<PathBuf> = staged.iter().map(|(_, path)| parent(path)).collect();
    for directory in directories {
        sync(&directory).map_err(|error| named(&directory, &error))?;
    }
    for file in streams {
        let opened = OpenOptions::new().write(true).open(&file.path);
        let written = opened.and_then(|mut out| file.content.write_to(&mut out));
        written.map_err(|error| named(&file.path, &error))?;
    }
    Ok(())
}

fn discard(staged: &[(PathBuf, PathBuf)]) {
    for (temporary, _) in staged {
        let _ = fs::remove_file(temporary);
    }
}

/// Waits until a file or directory is on the disk.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path).and_then(|file| file.sync_all())
}

/// Writes a file beside its place; `None` where its place has it already.
fn stage(file: &OutputFile<'_>, path: &Path) -> io::Result<Option<PathBuf>> {
    let directory = parent(path);
    if file.secret {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|error| named(&directory, &error))?;
    }
    let name = path.file_name().ok_or_else(|| named(path, &io::Error::other("it names no file")))?;
    let temporary = directory.join(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let present = File::open(path).ok().filter(|present| !file.secret || is_for_its_owner(present));
    let mode = if file.secret { 0o600 } else { 0o644 };
    let mut staging = Staging { place: &temporary, mode, present, same: 0, read: Vec::new(), out: None };
    match file.content.write_to(&mut staging).and_then(|()| staging.finish()) {
        Ok(written) => Ok(written.then_some(temporary)),
        Err(error) => {
            let _ = fs::remove_file(&temporary);
            Err(named(path, &error))
        }
    }
}

fn is_for_its_owner(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o777 == 0o600)
}

/// Compares what is written with what is there, and writes to a temporary file from the first difference on.
struct Staging<'a> {
    place: &'a Path,
    mode: u32,
    /// What is there.
    present: Option<File>,
    /// How many bytes were the same.
    same: u64,
    /// The bytes at hand of what is there.
    read: Vec<u8>,
    out: Option<File>,
}

impl Staging<'_> {
    /// Whether what is there goes on with these bytes.
    fn goes_on_with(&mut self, bytes: &[u8]) -> bool {
        let Some(present) = &mut self.present else { return false };
        self.read.resize(bytes.len(), 0);
        present.read_exact(&mut self.read).is_ok() && self.read == bytes
    }

    /// The temporary file, with what was the same.
    fn start(&mut self) -> io::Result<&mut File> {
        let mut out = OpenOptions::new().write(true).create_new(true).mode(self.mode).open(self.place)?;
        if let (Some(present), 1..) = (&mut self.present, self.same) {
            present.seek(SeekFrom::Start(0))?;
            io::copy(&mut present.take(self.same), &mut out)?;
        }
        Ok(self.out.insert(out))
    }

    /// Whether a temporary file is written.
    fn finish(mut self) -> io::Result<bool> {
        let ended = |present: &mut File| present.read(&mut [0]).is_ok_and(|more| more == 0);
        if self.out.is_none() && !self.present.as_mut().is_some_and(ended) {
            self.start()?;
        }
        Ok(self.out.is_some())
    }
}

impl Write for Staging<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.is_none() && self.goes_on_with(bytes) {
            self.same += bytes.len() as u64;
            return Ok(bytes.len());
        }
        match &mut self.out {
            Some(out) => out.write(bytes),
            None => self.start()?.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    use super::*;

    #[test]
    fn secrets_are_for_their_owner_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let key = directory.path().join("certs/shop/web/tls.key");
        let config = directory.path().join("envoy.json");
        write_all(&[
            OutputFile { path: key.clone(), content: Content::Bytes(b"key"), secret: true },
            OutputFile { path: config.clone(), content: Content::Bytes(b"{}"), secret: false },
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
            OutputFile { path: first.clone(), content: Content::Bytes(b"{}"), secret: false },
            OutputFile {
                path: directory.path().join("missing/second.json"),
                content: Content::Bytes(b"{}"),
                secret: false,
            },
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
            OutputFile { path: link.clone(), content: Content::Bytes(b"{}"), secret: false },
            OutputFile { path: PathBuf::from("/dev/zero"), content: Content::Bytes(b"{}"), secret: false },
        ])
        .expect("written");
        assert!(fs::symlink_metadata(&link).expect("metadata").is_symlink());
        assert_eq!(fs::read(&target).expect("a file"), b"{}");
        assert!(!fs::metadata("/dev/zero").expect("metadata").is_file());
    }

    #[test]
    fn pieces_make_the_same_file_whatever_was_there() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("envoy.json");
        let pieces = |sink: &mut dyn FnMut(&str)| ["one ", "two ", "three"].into_iter().for_each(sink);
        for present in ["", "one ", "one two ", "one two three", "one two three four", "one zwo three", "eins"] {
            fs::write(&path, present).expect("written");
            write_all(&[OutputFile { path: path.clone(), content: Content::Pieces(&pieces), secret: false }])
                .expect("written");
            assert_eq!(fs::read_to_string(&path).expect("a file"), "one two three", "after {present:?}");
        }
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
    }

    #[test]
    fn a_key_that_others_may_read_is_written_anew() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tls.key");
        fs::write(&path, b"key").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
        write_all(&[OutputFile { path: path.clone(), content: Content::Bytes(b"key"), secret: true }])
            .expect("written");
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn unchanged_files_keep_their_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("envoy.json");
        let write = || {
            write_all(&[OutputFile { path: path.clone(), content: Content::Bytes(b"{}"), secret: false }])
                .expect("written")
        };
        write();
        let before = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
        std::thread::sleep(std::time::Duration::from_millis(20));
        write();
        assert_eq!(fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time"), before);
    }
}
