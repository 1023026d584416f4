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

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use millrace_engine::durable::{Durable, EntryReader, Origin, StoreError, put, remove};
use millrace_types::{BatchTime, Duration};

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
    state: Mutex<SelectionState>,
}

struct SelectionState {
    /// Files that were modified up to here are never read.
    ignored: i64,
    /// The files that were taken, by number of the batch, with its time.
    taken: BTreeMap<u64, (i64, Vec<String>)>,
    names: HashMap<String, TakenFile>,
    /// The last batch that is in here.
    number: u64,
    /// Entries since they were last taken, if they are wanted.
    changes: Option<Vec<u8>>,
    /// The entry of the batch that is about to run.
    ahead: Option<Vec<u8>>,
}

impl SelectionState {
    fn insert(&mut self, number: u64, time: i64, files: Vec<String>) {
        let known = |name: &String| (name.clone(), TakenFile { time, was: None });
        self.names.extend(files.iter().map(known));
        self.taken.insert(number, (time, files));
    }

    /// The stream began then. That this run made it later must not be written down either: the
    /// next run would pass over files that came in between.
    fn goes_on_from(&mut self, ignored: i64) {
        self.ignored = ignored;
        if let Some(changes) = &mut self.changes {
            changes.clear();
        }
    }

    fn forget(&mut self, number: u64) {
        if let Some((_, files)) = self.taken.remove(&number) {
            files.iter().for_each(|file| {
                self.names.remove(file);
            });
        }
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
            taken: BTreeMap::new(),
            names: HashMap::new(),
            number: 0,
            changes: None,
            ahead: None,
        };
        Selection {
            remember,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, SelectionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files that batch `number` at `time` takes of those that are there, the oldest first
    /// and by name where they are of one age. A batch that has been here takes what it took.
    pub(super) fn choose(&self, number: u64, time: BatchTime, found: &[Found]) -> Vec<String> {
        let mut guard = self.state();
        let state = &mut *guard;
        if let Some(entry @ (_, files)) = state.taken.get(&number) {
            if number > state.number {
                // Planned in an earlier life: what this life commits has to hold it, too, because
                // a plan ends with the commit of its batch.
                if let Some(changes) = &mut state.changes {
                    put(changes, &number, number, entry).expect(PLAIN);
                }
                // The next batch must not take its files as left over.
                state.number = number;
            }
            return files.clone();
        }
        // What a batch was to take that was cut short and is not run again is this one's: the
        // batches that were missed may be left out.
        let left = state.taken.range(number.min(state.number + 1)..number);
        let left: Vec<u64> = left.map(|(&number, _)| number).collect();
        let mut files: Vec<String> = Vec::new();
        for left in &left {
            if let Some((_, left)) = state.taken.get(left) {
                files.extend(left.iter().cloned());
            }
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
        let mut outdated: Vec<u64> = state.taken.iter().filter_map(outdated).collect();
        outdated.extend(left);
        outdated.dedup();
        for &number in &outdated {
            state.forget(number);
        }
        if let Some(changes) = &mut state.changes {
            for number in &outdated {
                remove(changes, number).expect(PLAIN);
            }
            if !files.is_empty() {
                let mut entry = Vec::new();
                put(&mut entry, &number, number, &(time.as_millis(), &files)).expect(PLAIN);
                changes.extend_from_slice(&entry);
                state.ahead = Some(entry);
            }
        }
        if !files.is_empty() {
            state.insert(number, time.as_millis(), files.clone());
        }
        state.number = number;
        files
    }

    /// Notes what a file was when it was opened for the batch that took it.
    pub(super) fn opened(&self, file: &Found) {
        if let Some(known) = self.state().names.get_mut(&file.path) {
            known.was = Some((file.modified, file.identity));
        }
    }

    /// Says of a file that was taken, and that is there, what became of it since.
    pub(super) fn change(&self, file: &Found) -> Option<&'static str> {
        let mut state = self.state();
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
        self.state().names.contains_key(path)
    }

    /// The files that batch `number` has taken.
    pub(super) fn taken(&self, number: u64) -> Vec<String> {
        let state = self.state();
        let taken = state.taken.get(&number);
        taken.map(|(_, files)| files.clone()).unwrap_or_default()
    }

    /// A file that was modified up to here is too old for the batch at `time`.
    pub(super) fn threshold(&self, time: BatchTime) -> i64 {
        self.threshold_of(&self.state(), time)
    }

    fn threshold_of(&self, state: &SelectionState, time: BatchTime) -> i64 {
        state.ignored.max((time - self.remember).as_millis())
    }
}

impl Durable for Selection {
    fn record(&self) {
        let mut state = self.state();
        let mut changes = Vec::new();
        let beginning = (state.ignored, &[] as &[String]);
        put(&mut changes, &BEGINNING, BEGINNING, &beginning).expect(PLAIN);
        state.changes = Some(changes);
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        let changes = self.state().changes.as_mut().map(std::mem::take);
        let changes = changes.filter(|changes| !changes.is_empty());
        changes.map(|changes| (0, changes)).into_iter().collect()
    }

    fn take_ahead(&self) -> Option<(u32, Vec<u8>)> {
        self.state().ahead.take().map(|entry| (0, entry))
    }

    fn cut_short(&self) -> Option<(u64, i64)> {
        let state = self.state();
        let mut planned = state.taken.range(state.number + 1..);
        planned.next().map(|(&number, &(time, _))| (number, time))
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let state = self.state();
        let mut out = Vec::new();
        let beginning = (state.ignored, &[] as &[String]);
        put(&mut out, &BEGINNING, BEGINNING, &beginning).expect(PLAIN);
        for (number, taken) in &state.taken {
            put(&mut out, number, *number, taken).expect(PLAIN);
        }
        Ok((out, state.number))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut state = self.state();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<u64, (i64, Vec<String>)>() {
            match entry? {
                (BEGINNING, Some((_, (ignored, _)))) => state.goes_on_from(ignored),
                (number, Some((_, (time, files)))) => state.insert(number, time, files),
                (number, None) => state.forget(number),
            }
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.state().number = number;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTERVAL: i64 = 1000;

    /// A directory that changes: names with the times of their last change.
    #[derive(Debug, Clone)]
    enum Change {
        /// The name is there from now on, modified so long before the next batch (or after it).
        Write(u8, i64),
        Remove(u8),
    }

    fn batches() -> impl Strategy<Value = Vec<Vec<Change>>> {
        let change = prop_oneof![
            4 => (0_u8..6, -1500_i64..6000).prop_map(|(name, age)| Change::Write(name, age)),
            1 => (0_u8..6).prop_map(Change::Remove),
        ];
        prop::collection::vec(prop::collection::vec(change, 0..4), 1..20)
    }

    fn at(number: u64) -> BatchTime {
        BatchTime::from_millis(10_000 + number as i64 * INTERVAL)
    }

    fn apply(there: &mut BTreeMap<u8, i64>, changes: &[Change], time: BatchTime) -> Vec<Found> {
        for change in changes {
            match *change {
                Change::Write(name, age) => {
                    there.insert(name, time.as_millis() - age);
                }
                Change::Remove(name) => {
                    there.remove(&name);
                }
            }
        }
        let found = |(name, &modified): (&u8, &i64)| Found {
            path: name.to_string(),
            modified,
            identity: Identity::default(),
        };
        there.iter().map(found).collect()
    }

    /// The entry that takes away what a batch has taken.
    fn forgotten(number: u64) -> Vec<u8> {
        let mut entry = Vec::new();
        remove(&mut entry, &number).unwrap();
        entry
    }

    proptest! {
        /// FACTS of Spark 3.5, as they are written: taken if and only if the change is later than
        /// the stream and than the window, not later than the batch, and the name was taken by no
        /// batch of the window.
        #[test]
        fn the_rule_is_sparks(batches in batches(), remember in 1_i64..5, ignored in 8_000_i64..13_000) {
            let remember = Duration::milliseconds(remember * INTERVAL);
            let selection = Selection::new(ignored, remember);
            let (mut there, mut history) = (BTreeMap::new(), Vec::<(i64, Vec<String>)>::new());
            for (changes, number) in batches.iter().zip(1..) {
                let time = at(number);
                let found = apply(&mut there, changes, time);
                let now = time.as_millis();
                // The last batch that was run has dropped what was older than its window.
                let kept = now - INTERVAL - remember.as_millis();
                let known = |path: &String| {
                    history.iter().any(|(time, files)| *time >= kept && files.contains(path))
                };
                let mut expected: Vec<&Found> = found
                    .iter()
                    .filter(|file| file.modified > ignored)
                    .filter(|file| file.modified > now - remember.as_millis())
                    .filter(|file| file.modified <= now && !known(&file.path))
                    .collect();
                expected.sort_by_key(|file| (file.modified, &file.path));
                let expected: Vec<String> =
                    expected.iter().map(|file| file.path.clone()).collect();
                prop_assert_eq!(&selection.choose(number, time, &found), &expected);
                prop_assert_eq!(&selection.choose(number, time, &[]), &expected, "run again");
                history.push((now, expected));
            }
        }

        /// Law 5: a selection that was written down and read goes on as one that never stopped.
        #[test]
        fn one_that_is_loaded_goes_on(
            batches in batches(),
            stop in any::<prop::sample::Index>(),
            snapshot in any::<prop::sample::Index>(),
        ) {
            let remember = Duration::milliseconds(3 * INTERVAL);
            let stop = stop.index(batches.len() + 1);
            let snapshot = snapshot.index(stop + 1);
            let selection = Selection::new(9_000, remember);
            selection.record();
            let (mut there, mut deltas, mut base) = (BTreeMap::new(), Vec::new(), None);
            for (number, changes) in (1..).zip(&batches[..stop]) {
                if number == snapshot as u64 + 1 {
                    base = Some(selection.snapshot(0).unwrap());
                }
                selection.choose(number, at(number), &apply(&mut there, changes, at(number)));
                deltas.push((number, selection.take_changes()));
            }
            // It is made later than the first one was.
            let second = Selection::new(99_000, remember);
            second.record();
            if let Some((entries, _)) = &base {
                second.load(Origin::Snapshot(0), entries).unwrap();
            }
            let seen = base.map_or(0, |(_, number)| number);
            for (_, entries) in deltas.iter().filter(|(number, _)| *number > seen) {
                for (_, entries) in entries {
                    second.load(Origin::Batch(0), entries).unwrap();
                }
            }
            if stop == 0 {
                second.load(Origin::Snapshot(0), &selection.snapshot(0).unwrap().0).unwrap();
            }
            second.loaded(stop as u64).unwrap();
            prop_assert_eq!(second.snapshot(0).unwrap(), selection.snapshot(0).unwrap());
            // One more restart, from what the second one has written down.
            let third = Selection::new(199_000, remember);
            third.load(Origin::Snapshot(0), &second.snapshot(0).unwrap().0).unwrap();
            for (number, changes) in (stop as u64 + 1..).zip(&batches[stop..]) {
                let found = apply(&mut there, changes, at(number));
                let taken = selection.choose(number, at(number), &found);
                prop_assert_eq!(second.choose(number, at(number), &found), taken);
            }
            for (_, entries) in second.take_changes() {
                third.load(Origin::Batch(0), &entries).unwrap();
            }
            third.loaded(batches.len() as u64).unwrap();
            second.loaded(batches.len() as u64).unwrap();
            prop_assert_eq!(third.snapshot(0).unwrap(), second.snapshot(0).unwrap());
        }

        /// Law 5: a batch that was cut short takes its files when it is run again, and the next one
        /// does not take them a second time.
        #[test]
        fn one_that_was_cut_short_is_run_once_more(batches in batches()) {
            let remember = Duration::milliseconds(30 * INTERVAL);
            let (first, mut there) = (Selection::new(8_000, remember), BTreeMap::new());
            first.record();
            let second = Selection::new(8_000, remember);
            let cut_short = batches.len() as u64;
            for (number, changes) in (1..).zip(&batches) {
                let found = apply(&mut there, changes, at(number));
                first.choose(number, at(number), &found);
                let ahead = first.take_ahead();
                for (_, entries) in first.take_changes().into_iter().filter(|_| number < cut_short) {
                    second.load(Origin::Batch(0), &entries).unwrap();
                }
                if let Some((_, entry)) = ahead.filter(|_| number == cut_short) {
                    second.load(Origin::Batch(0), &entry).unwrap();
                }
            }
            second.loaded(cut_short - 1).unwrap();
            second.record();
            let third = Selection::new(8_000, remember);
            third.load(Origin::Snapshot(0), &second.snapshot(0).unwrap().0).unwrap();
            third.load(Origin::Batch(0), &forgotten(cut_short)).unwrap();
            for number in cut_short..cut_short + 3 {
                let found = apply(&mut there, &[], at(number));
                let taken = first.choose(number, at(number), &found);
                prop_assert_eq!(second.choose(number, at(number), &found), taken, "{}", number);
            }
            // What the second life has committed is enough for a third one, without the plan.
            for (_, entries) in second.take_changes() {
                third.load(Origin::Batch(0), &entries).unwrap();
            }
            third.loaded(cut_short + 2).unwrap();
            prop_assert_eq!(third.snapshot(0).unwrap(), first.snapshot(0).unwrap());
        }
    }

    #[test]
    fn nothing_is_recorded_that_nobody_wants() {
        let selection = Selection::new(0, Duration::seconds(60));
        let file = Found {
            modified: 500,
            path: "f".to_owned(),
            identity: Identity::default(),
        };
        selection.choose(1, BatchTime::from_millis(1000), &[file]);
        assert!(selection.take_changes().is_empty());
        assert!(selection.load(Origin::Batch(1), b"\x07").is_err());
    }

    #[test]
    fn what_became_of_a_file_that_was_taken_is_seen() {
        let file = |modified, inode, length| Found {
            modified,
            path: "f".to_owned(),
            identity: Identity {
                inode,
                length,
                ..Identity::default()
            },
        };
        let selection = Selection::new(0, Duration::seconds(60));
        let taken = file(500, 1, 10);
        assert_eq!(selection.change(&taken), None, "nobody has taken it");
        selection.choose(
            1,
            BatchTime::from_millis(1000),
            std::slice::from_ref(&taken),
        );
        selection.opened(&taken);
        for (now, expected) in [
            (taken.clone(), None),
            (file(2000, 1, 12), Some(GROWN)),
            (file(500, 2, 10), Some(REPLACED)),
            (file(2000, 1, 10), Some(CHANGED)),
            (file(500, 1, 9), Some(CHANGED)),
        ] {
            assert_eq!(selection.change(&now), expected);
        }
        // An earlier run took it: it was not changed later than its batch.
        for (modified, expected) in [(500, None), (1001, Some(CHANGED))] {
            let second = Selection::new(0, Duration::seconds(60));
            let entries = selection.snapshot(0).unwrap().0;
            second.load(Origin::Snapshot(0), &entries).unwrap();
            assert_eq!(second.change(&file(modified, 3, 10)), expected);
        }
    }
}
