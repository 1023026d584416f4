//! The contents of the directories of a file stream.
//!
//! A path that cannot be looked at is passed over, and is listed with the reason: it is no
//! failure of the batch, whose other files are there.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use millrace_types::reason;

use super::glob::Glob;
use super::selection::{Found, Identity};
use super::troubles::Troubles;

/// Decides which paths a stream takes.
pub(super) type Filter = dyn Fn(&Path) -> bool + Send + Sync;

/// The directories of a file stream.
pub(super) struct Listing {
    glob: Glob,
    filter: Option<Box<Filter>>,
    recursive: bool,
}

/// The files and directories that there are now.
pub(super) struct SeenFiles {
    /// Files and sub-directories.
    pub(super) found: Vec<Found>,
    /// There is no directory to look into.
    pub(super) missing: bool,
}

impl Listing {
    pub(super) fn new(glob: Glob, filter: Option<Box<Filter>>, recursive: bool) -> Listing {
        Listing {
            glob,
            filter,
            recursive,
        }
    }

    /// Lists what there is now; what cannot be looked at goes to `troubles`.
    pub(super) fn look(&self, troubles: &mut Troubles) -> SeenFiles {
        let mut unreadable = |path: &Path, error: &io::Error| troubles.unreadable(path, error);
        let directories = self.glob.directories(&mut unreadable);
        let mut found = Vec::new();
        for directory in &directories {
            self.look_into(directory, &mut Vec::new(), &mut found, troubles);
        }
        SeenFiles {
            missing: directories.is_empty() && troubles.is_empty(),
            found,
        }
    }

    /// `above` are the directories that lead here, by device and inode, since links may lead
    /// back up.
    fn look_into(
        &self,
        directory: &Path,
        above: &mut Vec<(u64, u64)>,
        found: &mut Vec<Found>,
        troubles: &mut Troubles,
    ) {
        let (paths, ended) = visible(directory);
        if let Err(error) = ended {
            troubles.unreadable(directory, &error);
        }
        let wanted = |path: &Path| self.filter.as_ref().is_none_or(|filter| filter(path));
        for path in paths {
            let file = match look(&path) {
                Ok(file) => file,
                Err(None) => continue,
                Err(Some(why)) if wanted(&path) => {
                    troubles.add(name_of(&path), why);
                    continue;
                }
                Err(Some(_)) => continue,
            };
            if !(self.recursive && file.identity.is_directory) {
                if wanted(&path) {
                    found.push(file);
                }
                continue;
            }
            let here = (file.identity.device, file.identity.inode);
            if !above.contains(&here) {
                above.push(here);
                self.look_into(&path, above, found, troubles);
                above.pop();
            }
        }
    }
}

/// The entries of a directory that are not hidden, and whether that is all of them.
fn visible(directory: &Path) -> (Vec<PathBuf>, io::Result<()>) {
    let mut paths = Vec::new();
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return (paths, Err(error)),
    };
    for entry in entries {
        match entry {
            Ok(entry) => {
                let name = entry.file_name();
                if !name.to_string_lossy().starts_with(['.', '_']) {
                    paths.push(entry.path());
                }
            }
            Err(error) => return (paths, Err(error)),
        }
    }
    (paths, Ok(()))
}

/// A file or directory, links followed. If it is none, or cannot be looked at, the reason; none
/// if it is gone, since whoever moves files about has nothing to be told.
fn look(path: &Path) -> Result<Found, Option<String>> {
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Some(format!("is not read: {}", reason(&error))));
        }
        Err(_) => {
            let is_link = std::fs::symlink_metadata(path).is_ok();
            let why = || "is not read: it is a link that leads nowhere".to_owned();
            return Err(is_link.then(why));
        }
    };
    if !about.is_file() && !about.is_dir() {
        return Err(Some(
            "is not read: it is no file and no directory".to_owned(),
        ));
    }
    let modified = about.modified().map_err(|error| Some(reason(&error)))?;
    Ok(Found {
        modified: millis(modified),
        path: name_of(path),
        identity: Identity {
            device: about.dev(),
            inode: about.ino(),
            length: about.len(),
            is_directory: about.is_dir(),
        },
    })
}

/// A path as a string, which can be written down: itself if it is UTF-8, else its bytes as digits
/// behind a NUL, which no path has.
pub(super) fn name_of(path: &Path) -> String {
    path.to_str().map_or_else(
        || {
            let bytes = path.as_os_str().as_encoded_bytes().iter();
            let digits = bytes.map(|byte| format!("{byte:02x}"));
            std::iter::once("\0".to_owned()).chain(digits).collect()
        },
        str::to_owned,
    )
}

/// The path that [`name_of`] made a string of.
pub(super) fn path_of(name: &str) -> PathBuf {
    let Some(digits) = name.strip_prefix('\0') else {
        return PathBuf::from(name);
    };
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = pairs.filter_map(byte).collect();
    OsString::from_vec(bytes).into()
}

/// True of a file, and of a directory that can be listed. One that cannot goes to `troubles`.
pub(super) fn can_be_taken(found: &Found, troubles: &mut Troubles) -> bool {
    if !found.identity.is_directory {
        return true;
    }
    let path = path_of(&found.path);
    match std::fs::read_dir(&path) {
        Ok(_) => true,
        Err(error) => {
            troubles.unreadable(&path, &error);
            false
        }
    }
}

/// The files that a path which was taken stands for, oldest first, as they are now: itself, or,
/// if it is a directory, what is directly in it. A file that cannot be looked at goes to `troubles`.
pub(super) fn files(name: &str, troubles: &mut Troubles) -> Vec<Found> {
    let path = path_of(name);
    let mut one = |path: &Path| match look(path) {
        Ok(found) => Some(found),
        Err(why) => {
            let gone = || "is not read: it was deleted before it could be read".to_owned();
            troubles.add(name_of(path), why.unwrap_or_else(gone));
            None
        }
    };
    let Some(found) = one(&path) else {
        return Vec::new();
    };
    if !found.identity.is_directory {
        return vec![found];
    }
    let (paths, ended) = visible(&path);
    let inner = paths.iter().filter_map(|path| one(path));
    let mut inner: Vec<Found> = inner.filter(|found| !found.identity.is_directory).collect();
    if let Err(error) = ended {
        troubles.unreadable(&path, &error);
    }
    inner.sort_unstable();
    inner
}

fn millis(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration().as_nanos().div_ceil(1_000_000);
            i64::try_from(before).map_or(i64::MIN, |before| -before)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_has_a_name_that_leads_back(bytes in prop::collection::vec(1_u8.., 0..20)) {
            let path = Path::new(std::ffi::OsStr::from_bytes(&bytes));
            prop_assert_eq!(path_of(&name_of(path)), path);
            if let Ok(plain) = str::from_utf8(&bytes) {
                prop_assert_eq!(name_of(path), plain);
            }
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_is_found_and_opened() {
        let directory = tempfile::tempdir().unwrap();
        let odd = directory
            .path()
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt"));
        std::fs::write(&odd, "x").unwrap();
        let glob = Glob::parse(directory.path().to_str().unwrap()).unwrap();
        let mut troubles = Troubles::default();
        let found = Listing::new(glob, None, false).look(&mut troubles).found;
        assert_eq!(found.len(), 1);
        let files = files(&found[0].path, &mut troubles);
        assert_eq!(path_of(&files[0].path), odd);
        assert!(troubles.is_empty());
    }

    #[test]
    fn what_cannot_be_looked_at_is_named_with_its_reason() {
        let directory = tempfile::tempdir().unwrap();
        let inside = |name: &str| directory.path().join(name);
        std::fs::write(inside("good"), "x").unwrap();
        std::os::unix::fs::symlink("round", inside("round")).unwrap();
        std::os::unix::fs::symlink("nowhere", inside("dangling")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(inside("socket")).unwrap();
        let glob = Glob::parse(directory.path().to_str().unwrap()).unwrap();
        let mut troubles = Troubles::default();
        let seen = Listing::new(glob, None, false).look(&mut troubles);
        assert_eq!(seen.found.len(), 1);
        let lines = troubles.lines();
        for (name, why) in [
            ("round", "Too many levels of symbolic links"),
            ("dangling", "it is a link that leads nowhere"),
            ("socket", "it is no file and no directory"),
        ] {
            let expected = format!("{} is not read: {why}", inside(name).display());
            assert!(lines.contains(&expected), "{lines:?}");
        }
        assert_eq!(lines.len(), 3);
        drop(socket);
        let mut troubles = Troubles::default();
        assert!(files(inside("gone").to_str().unwrap(), &mut troubles).is_empty());
        assert!(troubles.lines()[0].ends_with("it was deleted before it could be read"));
        let (_, ended) = visible(&inside("good"));
        assert!(ended.is_err(), "a file is not taken for an empty directory");
    }

    #[test]
    fn sub_directories_are_walked_if_that_is_asked_for_and_links_lead_nobody_round() {
        let directory = tempfile::tempdir().unwrap();
        let inside = |name: &str| directory.path().join(name);
        std::fs::create_dir_all(inside("a/b/.hidden")).unwrap();
        for name in ["top", "a/one", "a/b/two", "a/b/.hidden/three", "a/b/_four"] {
            std::fs::write(inside(name), "x").unwrap();
        }
        std::os::unix::fs::symlink("..", inside("a/b/up")).unwrap();
        let found = |recursive| {
            let glob = Glob::parse(directory.path().to_str().unwrap()).unwrap();
            let mut troubles = Troubles::default();
            let filter: Box<Filter> = Box::new(|path: &Path| !path.ends_with("top"));
            let seen = Listing::new(glob, Some(filter), recursive).look(&mut troubles);
            assert!(troubles.is_empty());
            let mut paths: Vec<_> = seen.found.into_iter().map(|found| found.path).collect();
            paths.sort_unstable();
            paths
        };
        let paths = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| name_of(&inside(name))).collect()
        };
        assert_eq!(found(false), paths(&["a"]));
        let within = found(true);
        for path in paths(&["a/b/two", "a/one"]) {
            assert!(within.contains(&path), "{within:?}");
        }
        assert!(within.len() <= 4, "{within:?}");
    }
}
