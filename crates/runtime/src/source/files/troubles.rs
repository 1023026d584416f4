//! Notices of files that are not read, or not as their owner may think: each thing once, as long
//! as it lasts, and in one line for all files that have it in common. A notice that comes again and
//! again with other files is said at growing intervals.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use millrace_types::{Lock, reason};

use crate::clock::Clock;
use crate::notice::Repeats;

use super::listing::{name_of, path_of};

/// The beginning of what is said of a directory.
const UNLISTED: &str = "cannot be listed";

/// The troubles of one look into the directories.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// Files by what is to be said of them.
    files: BTreeMap<String, Vec<String>>,
}

impl Troubles {
    /// Takes a sentence about a file, without its subject.
    pub(super) fn add(&mut self, name: String, what: impl Into<String>) {
        self.files.entry(what.into()).or_default().push(name);
    }

    /// Takes a directory that cannot be listed, or not whole.
    pub(super) fn unreadable(&mut self, directory: &Path, error: &io::Error) {
        let why = reason(error);
        self.add(
            name_of(directory),
            format!("{UNLISTED}: {why}; what is in it is not read until that changes"),
        );
    }

    /// True of what is in a directory that could not be listed, or not whole.
    pub(super) fn hide(&self, path: &Path) -> bool {
        let of_directories = self.files.iter();
        let mut of_directories = of_directories.filter(|(what, _)| what.starts_with(UNLISTED));
        of_directories.any(|(_, names)| names.iter().any(|name| path.starts_with(path_of(name))))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A line for each trouble.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |(what, names): (&String, &Vec<String>)| {
            let first = path_of(&names[0]);
            let others = match names.len() - 1 {
                0 => String::new(),
                1 => " (and so is one other)".to_owned(),
                count => format!(" (and so are {count} others)"),
            };
            format!("{} {what}{others}", first.display())
        };
        self.files.iter().map(line).collect()
    }
}

/// Says troubles as they come.
pub struct FileVoice {
    /// The name of the stream's directory.
    directory: String,
    repeats: Repeats,
    /// The notices of last time that still hold.
    said: Lock<HashSet<(String, String)>>,
}

impl FileVoice {
    pub(super) fn new(directory: &str, clock: Arc<dyn Clock>) -> FileVoice {
        FileVoice {
            directory: directory.to_owned(),
            repeats: Repeats::new(clock),
            said: Lock::default(),
        }
    }

    /// Says what is new since the last time.
    pub(super) fn say(&self, troubles: Troubles) {
        self.say_all(&self.new_of(troubles));
    }

    /// Says troubles that are not looked for again.
    pub(super) fn say_all(&self, troubles: &Troubles) {
        for ((what, names), line) in troubles.files.iter().zip(troubles.lines()) {
            // All that comes into a directory waits for it: what was said of another one a short
            // while ago does not keep this from being said.
            let own = || format!("{what}: {}", names[0]);
            match what.starts_with(UNLISTED) {
                true => self.line(&own(), line),
                false => self.line(what, line),
            }
        }
    }

    /// Says how much was left out; nothing comes any more.
    pub(super) fn end(&self) {
        let directory = &self.directory;
        self.repeats.end(format_args!("the stream of {directory}"));
    }

    /// Says a line, of which there may be many of one kind.
    pub(super) fn line(&self, kind: &str, line: impl fmt::Display) {
        self.repeats.say(kind, line);
    }

    fn new_of(&self, troubles: Troubles) -> Troubles {
        let mut said = self.said.lock();
        let (mut lasting, mut new) = (HashSet::new(), Troubles::default());
        for (what, names) in troubles.files {
            for name in names {
                let trouble = (name, what.clone());
                if !said.contains(&trouble) {
                    new.add(trouble.0.clone(), what.clone());
                }
                lasting.insert(trouble);
            }
        }
        *said = lasting;
        new
    }
}

#[cfg(test)]
impl FileVoice {
    /// One for formats that are tried alone.
    pub(super) fn quiet() -> FileVoice {
        FileVoice::new("in", Arc::new(crate::clock::ManualClock::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_said_once_while_it_lasts_and_for_all_files_at_once() {
        let voice = FileVoice::quiet();
        let say = |names: &[&str]| {
            let mut troubles = Troubles::default();
            names
                .iter()
                .for_each(|name| troubles.add((*name).to_owned(), "is ill"));
            voice.new_of(troubles).lines()
        };
        assert_eq!(say(&["a", "b"]), ["a is ill (and so is one other)"]);
        assert_eq!(say(&["a", "b"]), [""; 0]);
        assert_eq!(say(&["a", "b", "c"]), ["c is ill"]);
        assert_eq!(say(&["a"]), [""; 0]);
        assert_eq!(say(&["a", "b", "c"]).len(), 1, "they were well meanwhile");
    }
}
