//! Which files a batch takes: Spark's rule.
//!
//! A file belongs to the first batch at `T` with `threshold < modified <= T`, where the threshold
//! is the moment the stream was made (or none, if old files are wanted) or `T` less the remember
//! window, whichever is later. A name that was taken within the window is not taken again. So
//! every file is read once, as long as it is moved in whole and not written to later.
//!
//! The files that each batch of the window took are kept, and are durable before the batch runs:
//! one that is run again takes the same files, and a restart goes on where the stream was (law
//! 5).

use std::collections::HashMap;

use millrace_engine::durable::{Durable, EntryReader, Origin, StoreError, put};
use millrace_types::{BatchTime, Duration, Lock};

use super::super::plans::Plans;

/// The key under which the moment the stream was made is written down; batches count from one.
const BEGINNING: u64 = 0;

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Milliseconds since the epoch.
    pub(super) modified: i64,
    pub(super) path: String,
    pub(super) identity: Identity,
}

/// Which file it is, and how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) length: u64,
    pub(super) is_directory: bool,
}

/// A file as it was when it was taken.
#[derive(Debug)]
struct TakenFile {
    /// The time of its batch.
    time: i64,
    /// Nothing of a file that an earlier run took, until it is seen.
    was: Option<(i64, Identity)>,
}

/// A file stream's memory of the files that it took.
pub(super) struct Selection {
    /// Whole batches.
    remember: Duration,
    state: Lock<SelectionState>,
}

struct SelectionState {
    /// Files that were modified up to here are never read.
    ignored: i64,
    /// The files that each batch of the window has taken.
    taken: Plans<Vec<String>>,
    names: HashMap<String, TakenFile>,
}

impl SelectionState {
    fn take_names(&mut self, time: i64, files: &[String]) {
        let known = |name: &String| (name.clone(), TakenFile { time, was: None });
        self.names.extend(files.iter().map(known));
    }

    fn give_back_names(&mut self, files: Option<Vec<String>>) {
        for file in files.into_iter().flatten() {
            self.names.remove(&file);
        }
    }

    /// The stream began then. That this run made it later must not be written down either: the
    /// next run would pass over files that came in between.
    fn goes_on_from(&mut self, ignored: i64) {
        self.ignored = ignored;
        self.taken.drop_changes();
    }

    /// The entry that says when the stream was made.
    fn beginning(&self) -> Vec<u8> {
        let (mut entry, beginning) = (Vec::new(), (self.ignored, &[] as &[String]));
        put(&mut entry, &BEGINNING, BEGINNING, &beginning).expect(PLAIN);
        entry
    }
}

const REPLACED: &str = "was replaced after it was read, and the new one is not read: move each \
                        file here under a name of its own";
const GROWN: &str = "has grown since it was read, and what was added is not read: move files here \
                     when they are whole";
const CHANGED: &str = "was changed after it was read, and is not read again: move files here when \
                       they are whole";

/// Numbers and strings can be written down.
const PLAIN: &str = "numbers and strings have a form";

impl Selection {
    /// A selection that ignores files up to `ignored` and remembers for `remember`.
    pub(super) fn new(ignored: i64, remember: Duration) -> Selection {
        let state = SelectionState {
            ignored,
            taken: Plans::new(),
            names: HashMap::new(),
        };
        Selection {
            remember,
            state: Lock::new(state),
        }
    }

    /// The files that batch `number` at `time` takes of the files `found`, the oldest first, and those
    /// of one age by name. A batch that has been here takes what it took.
    pub(super) fn choose(&self, number: u64, time: BatchTime, found: &[Found]) -> Vec<String> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        if let Some((_, files)) = state.taken.known().get(&number) {
            let files = files.clone();
            if number > state.taken.number {
                // The commit of this batch has to hold the plan, which an earlier life wrote.
                state.taken.commit_again(number).expect(PLAIN);
                // The next batch must not take its files as left over.
                state.taken.number = number;
            }
            return files;
        }
        // What a batch was to take that was cut short and is not run again is this one's: the
        // batches that were missed may be left out.
        let first = number.min(state.taken.number + 1);
        let (mut left, mut files) = (Vec::new(), Vec::new());
        for (&batch, (_, its_files)) in state.taken.known().range(first..number) {
            left.push(batch);
            files.extend(its_files.iter().cloned());
        }
        let threshold = self.threshold_of(state, time);
        let within = |file: &&Found| {
            threshold < file.modified
                && file.modified <= time.as_millis()
                && !state.names.contains_key(&file.path)
        };
        let mut new: Vec<&Found> = found.iter().filter(within).collect();
        new.sort_unstable();
        files.extend(new.into_iter().map(|file| file.path.clone()));
        // As Spark does it, behind the choice: what has just left the window was still known.
        let oldest = (time - self.remember).as_millis();
        let outdated = |(&number, &(time, _)): (&u64, &(i64, _))| (time < oldest).then_some(number);
        let mut outdated: Vec<u64> = state.taken.known().iter().filter_map(outdated).collect();
        outdated.extend(left);
        outdated.dedup();
        for number in outdated {
            let forgotten = state.taken.forget(number).expect(PLAIN);
            state.give_back_names(forgotten);
        }
        if !files.is_empty() {
            let time = time.as_millis();
            state.take_names(time, &files);
            state.taken.plan(number, time, files.clone()).expect(PLAIN);
        }
        state.taken.number = number;
        files
    }

    /// Notes a file's identity at the moment at which it was opened for the batch that took it.
    pub(super) fn opened(&self, file: &Found) {
        if let Some(known) = self.state.lock().names.get_mut(&file.path) {
            known.was = Some((file.modified, file.identity));
        }
    }

    /// The change that a file which was taken, and is still there, has undergone since.
    pub(super) fn change(&self, file: &Found) -> Option<&'static str> {
        let mut state = self.state.lock();
        let known = state.names.get_mut(&file.path)?;
        let now = file.identity;
        let Some((modified, was)) = known.was else {
            known.was = Some((file.modified, now));
            // It was taken because it was not changed later than its batch.
            return (file.modified > known.time).then_some(CHANGED);
        };
        if (was.device, was.inode) != (now.device, now.inode) {
            Some(REPLACED)
        } else if was.length < now.length && !now.is_directory {
            Some(GROWN)
        } else {
            ((modified, was.length) != (file.modified, now.length)).then_some(CHANGED)
        }
    }

    /// True if a batch of the window has taken the path.
    pub(super) fn has_taken(&self, path: &str) -> bool {
        self.state.lock().names.contains_key(path)
    }

    /// The files that batch `number` has taken.
    pub(super) fn taken(&self, number: u64) -> Vec<String> {
        let state = self.state.lock();
        let taken = state.taken.known().get(&number);
        taken.map(|(_, files)| files.clone()).unwrap_or_default()
    }

    /// A file that was modified up to here is too old for the batch at `time`.
    pub(super) fn threshold(&self, time: BatchTime) -> i64 {
        self.threshold_of(&self.state.lock(), time)
    }

    fn threshold_of(&self, state: &SelectionState, time: BatchTime) -> i64 {
        state.ignored.max((time - self.remember).as_millis())
    }
}

impl Durable for Selection {
    fn record(&self) {
        let mut state = self.state.lock();
        let beginning = state.beginning();
        state.taken.record(beginning);
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.state.lock().taken.take_changes()
    }

    fn take_ahead(&self) -> Option<(u32, Vec<u8>)> {
        self.state.lock().taken.take_ahead()
    }

    fn cut_short(&self) -> Option<(u64, i64)> {
        self.state.lock().taken.cut_short()
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let state = self.state.lock();
        let mut out = state.beginning();
        let number = state.taken.snapshot(&mut out)?;
        Ok((out, number))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<u64, (i64, Vec<String>)>() {
            match entry? {
                (BEGINNING, Some((_, (ignored, _)))) => state.goes_on_from(ignored),
                (number, Some((_, (time, files)))) => {
                    state.take_names(time, &files);
                    state.taken.restore(number, time, files);
                }
                (number, None) => {
                    let forgotten = state.taken.remove(number);
                    state.give_back_names(forgotten);
                }
            }
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.state.lock().taken.number = number;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
