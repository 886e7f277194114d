//! Reads manifests of a git revision by the `git` executable: nothing is checked out.

use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use super::input::{self, InputError};
use crate::base::{SourceFile, SourceMap};

/// `git:REV[:PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revision {
    /// The revision, as git takes it.
    pub rev: String,
    /// The directory or file; from the root of the repository, or with `./` from here. `None` is the path of the
    /// other input.
    pub path: Option<String>,
}

impl Revision {
    /// `None` is the path of a file.
    pub(super) fn parse(argument: &Path) -> Option<Self> {
        let rest = argument.to_str()?.strip_prefix("git:")?;
        let (rev, path) = match rest.split_once(':') {
            Some((rev, path)) => (rev, Some(path.to_owned())),
            None => (rest, None),
        };
        Some(Self { rev: rev.to_owned(), path })
    }
}

/// The manifests of a revision, sorted by name, as `input::read` gives those of a directory. Without a path of its own
/// it is that of `other`, which may be in another repository.
pub(super) fn read(revision: &Revision, other: Option<&Path>) -> Result<SourceMap, InputError> {
    let name = format!("git:{}", revision.rev);
    let failed = |message: String| InputError { path: name.clone(), message, help: None };
    let (folder, path) = match (&revision.path, other) {
        (Some(path), _) => (PathBuf::from("."), Inside::new(path)),
        (None, Some(other)) => elsewhere(other).map_err(&failed)?,
        (None, None) => (PathBuf::from("."), Inside { from_here: false, path: PathBuf::new() }),
    };
    let git = Git { folder, name: &name };
    let prefix = if path.from_here { git.text(&["rev-parse", "--show-prefix"])? } else { String::new() };
    let path = tidy(&Path::new(prefix.trim_end_matches('\n')).join(&path.path))
        .ok_or_else(|| failed("its path leads out of the repository".to_owned()))?;
    // A revision that starts with `-` would be an option.
    let tree =
        git.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{}^{{tree}}", revision.rev)]);
    let tree = tree.map_err(|error| match error.message.is_empty() {
        true => failed("there is no such revision".to_owned()),
        false => error,
    })?;
    let mut listing = vec!["ls-tree", "-r", "-z", "--full-tree", tree.trim_end()];
    if !path.is_empty() {
        listing.extend(["--", &path]);
    }
    let entries = blobs(&git.text(&listing)?, &path);
    if entries.is_empty() {
        let what = if path.is_empty() { "it".to_owned() } else { format!("`{path}` in it") };
        return Err(failed(format!("{what} holds no manifest")));
    }
    let contents = git.contents(&entries)?;
    let mut sources = SourceMap::default();
    for ((_, file), bytes) in entries.iter().zip(contents) {
        let file = format!("{name}:{file}");
        sources.add(SourceFile::new(file.clone(), input::text(&file, bytes)?));
    }
    Ok(sources)
}

/// A path in the repository.
struct Inside {
    from_here: bool,
    path: PathBuf,
}

impl Inside {
    fn new(path: &str) -> Self {
        let from_here = path == "." || path.starts_with("./") || path.starts_with("../");
        Self { from_here, path: PathBuf::from(path) }
    }
}

/// Where git is to run for the path of the other input, and that path from there.
fn elsewhere(other: &Path) -> Result<(PathBuf, Inside), String> {
    // What the change removes or adds is not there now: the nearest directory that is knows the repository.
    let mut folder = other;
    loop {
        if folder.as_os_str().is_empty() {
            folder = Path::new(".");
        }
        if folder.is_dir() {
            break;
        }
        folder = folder.parent().ok_or_else(|| format!("`{}` is in no directory", other.display()))?;
    }
    let rest = other.strip_prefix(folder).unwrap_or(other).to_owned();
    Ok((folder.to_owned(), Inside { from_here: true, path: rest }))
}

/// Without `.` and `..`; `None` leads out of the repository.
fn tidy(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir | Component::RootDir => {}
            Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// The ids and paths of the files in a listing that are manifests, or that `path` itself names.
fn blobs(listing: &str, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in listing.split('\0').filter(|entry| !entry.is_empty()) {
        // `100644 blob ID<tab>PATH`; links (120000) and submodules (160000) are no manifests.
        let Some((head, file)) = entry.split_once('\t') else { continue };
        let mut words = head.split(' ');
        let (mode, kind, id) = (words.next(), words.next(), words.next());
        let below = file.strip_prefix(path).unwrap_or(file);
        let hidden = below.split('/').any(|part| part.starts_with('.'));
        let wanted = file == path || (!hidden && input::is_manifest(Path::new(file)));
        if let (Some("100644" | "100755"), Some("blob"), Some(id), true) = (mode, kind, id, wanted) {
            found.push((id.to_owned(), file.to_owned()));
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found
}

struct Git<'a> {
    folder: PathBuf,
    name: &'a str,
}

impl Git<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        // It reads what is here, and asks no server for what is not.
        command
            .arg("-C")
            .arg(&self.folder)
            .args(arguments)
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0");
        command
    }

    fn failed(&self, message: String) -> InputError {
        InputError { path: self.name.to_owned(), message, help: None }
    }

    fn missing(&self, error: &std::io::Error) -> InputError {
        let help = Some("`git:` needs the `git` executable; a directory of a checkout does not".to_owned());
        InputError { help, ..self.failed(format!("git cannot be run: {error}")) }
    }

    fn text(&self, arguments: &[&str]) -> Result<String, InputError> {
        let output = self.command(arguments).stdin(Stdio::null()).output().map_err(|error| self.missing(&error))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(self.failed(said.trim().trim_start_matches("fatal: ").to_owned()));
        }
        String::from_utf8(output.stdout).map_err(|_| self.failed("a path in it is not UTF-8".to_owned()))
    }

    /// The bytes of these blobs, in their order, by one process.
    fn contents(&self, entries: &[(String, String)]) -> Result<Vec<Vec<u8>>, InputError> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| self.missing(&error))?;
        let ids: String = entries.iter().map(|(id, _)| format!("{id}\n")).collect();
        let stdin = child.stdin.take();
        // git answers while it is asked: both at once, or both wait.
        let asking = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(ids.as_bytes())));
        let mut bytes = Vec::new();
        let read = child.stdout.take().map(|mut stdout| stdout.read_to_end(&mut bytes));
        let _ = (asking.join(), child.wait());
        if !matches!(read, Some(Ok(_))) {
            return Err(self.failed("git's answer cannot be read".to_owned()));
        }
        let mut rest = &bytes[..];
        entries
            .iter()
            .map(|(id, _)| next(id, &mut rest))
            .collect::<Option<_>>()
            .ok_or_else(|| self.failed("a file of it is not in this repository (a partial clone?)".to_owned()))
    }
}

/// The next object of `git cat-file --batch`: `ID blob SIZE`, the bytes, a line break.
fn next(id: &str, rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(rest.get(..end)?).ok()?;
    let size: usize = head.strip_prefix(id)?.strip_prefix(" blob ")?.parse().ok()?;
    let content = rest.get(end + 1..)?.get(..size)?.to_vec();
    *rest = rest.get(end + 1 + size + 1..)?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_names_a_revision_and_a_path() {
        let parse = |text: &str| Revision::parse(Path::new(text)).map(|it| (it.rev, it.path));
        assert_eq!(parse("git:main"), Some(("main".to_owned(), None)));
        assert_eq!(parse("git:HEAD~2:k8s/shop"), Some(("HEAD~2".to_owned(), Some("k8s/shop".to_owned()))));
        assert_eq!(parse("k8s/git:main"), None);
    }

    #[test]
    fn paths_stay_inside() {
        assert_eq!(tidy(Path::new("a/b/../c/./d")).as_deref(), Some("a/c/d"));
        assert_eq!(tidy(Path::new("../a")), None);
    }

    #[test]
    fn links_hidden_files_and_other_files_are_left_out() {
        let listing = "100644 blob 1\tk8s/b.yaml\x00120000 blob 2\tk8s/link.yaml\x00100644 blob 3\tk8s/.x/a.yaml\x00\
                       100755 blob 4\tk8s/a.yml\x00100644 blob 5\tk8s/notes.txt\x00";
        let names = |path: &str| blobs(listing, path).into_iter().map(|(_, file)| file).collect::<Vec<_>>();
        assert_eq!(names("k8s"), ["k8s/a.yml", "k8s/b.yaml"]);
        assert_eq!(names("k8s/notes.txt"), ["k8s/a.yml", "k8s/b.yaml", "k8s/notes.txt"]);
    }
}
