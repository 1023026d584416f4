//! Which generation a run goes on from: the one whose last batch was committed last.
//!
//! Not the highest number: a start that forgot to go on makes a generation with a higher one and
//! nothing in it that counts. Not the highest time of a batch either: a run that makes up missed
//! batches has old ones. Generations take turns, and the first commit of a run takes the next
//! one; those that know nothing of turns go by the times of their batches. The end of each log is looked at and not its contents, so
//! that old generations cost nothing and damage in them hides none that is whole. A damaged generation is passed over if it
//! cannot be the newest; if it may be, whoever runs the program has to choose.

use std::cmp::Reverse;
use std::fmt::Write;
use std::path::Path;

use millrace_engine::durable::EntryReader;
use millrace_engine::error::Error;
use millrace_types::BatchTime;
use millrace_wal::{Position, SealedReader, WalError, list_segments, read_log};

use crate::notice::notice;
use crate::zone::local_time;

use super::contents::GenerationReader;
use super::directory::{Directory, END_OF_BATCH, LOG, blocks_options, log_options};
use super::record::{Base, Commit, FrameKind, Section};
use super::{Start, refused};

type Result<T, E = WalError> = std::result::Result<T, E>;

/// The epoch of the run that begins a generation.
const FIRST_EPOCH: u32 = 1;

/// A generation that can be gone on from, and the last batch that was committed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub number: u32,
    pub last: Option<Commit>,
    /// Later runs have higher ones; zero if it knows of none.
    pub turn: u64,
}

/// The generations that a run can go on from.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// The one with the newest batch first.
    pub whole: Vec<Candidate>,
    /// Generations whose last batch cannot be told, and why, in order of their numbers.
    pub(crate) damaged: Vec<(u32, WalError)>,
}

impl Candidates {
    /// Looks at the ends of all generations.
    ///
    /// # Errors
    /// If the system refuses to read; damage is no error.
    pub(crate) fn find(directory: &Directory) -> Result<Candidates> {
        let mut found = Candidates::default();
        for number in directory.all_generations()? {
            match candidate(directory, number) {
                Ok(candidate) => found.whole.push(candidate),
                Err(error @ (WalError::Damage { .. } | WalError::NewerFormat { .. })) => {
                    found.damaged.push((number, error));
                }
                Err(error) => return Err(error),
            }
        }
        // One without a batch comes after all that have any.
        let newest = |it: &Candidate| {
            let last = it.last.map(|last| last.time);
            Reverse((last.is_some(), it.turn, last, it.number))
        };
        found.whole.sort_unstable_by_key(newest);
        Ok(found)
    }

    /// A damaged generation that may have the newest batch of all.
    pub(crate) fn in_the_way(&self, directory: &Directory) -> Option<(u32, &WalError)> {
        let newest = self.whole.first().filter(|newest| newest.last.is_some());
        let is_older =
            |number| newest.is_some_and(|newest| cannot_be_newer(directory, number, newest));
        let mut damaged = self.damaged.iter().map(|(number, error)| (*number, error));
        damaged.find(|&(number, _)| !is_older(number))
    }

    /// The generations that can be gone on from beside generation `but`, in words that follow an
    /// error about that one.
    pub(crate) fn beside(&self, but: u32) -> String {
        let mut words = String::new();
        for other in self.whole.iter().filter(|other| other.number != but) {
            let Candidate { number, last, .. } = other;
            let last = last.map_or("it has no batch".to_owned(), |last| described(&last));
            // To a text that cannot fail.
            let _ = write!(
                words,
                "; generation {number} can be read ({last}): go on from it with --recover={number}"
            );
        }
        words
    }
}

/// True if a damaged generation has no batch that was committed after those of `newest`.
fn cannot_be_newer(directory: &Directory, number: u32, newest: &Candidate) -> bool {
    let known = directory.check_meta(number);
    match known.and_then(|()| directory.meta(number)) {
        Ok(meta) => meta.turn < newest.turn,
        // Its turn is not known. But one run writes at a time, so the run that began it had ended
        // before a later generation was begun; and as its log says, no other run has gone on
        // with it.
        Err(WalError::Damage { .. }) if number < newest.number => {
            let last = directory
                .check_log(number)
                .and_then(|()| last_of(directory, number));
            last.is_ok_and(|last| last.is_none_or(|last| last.epoch == FIRST_EPOCH))
        }
        Err(_) => false,
    }
}

/// A batch as people know it.
#[must_use]
pub fn described(last: &Commit) -> String {
    let time = local_time(BatchTime::from_millis(last.time));
    format!("last batch {} of {time}", last.number)
}

/// A generation, and the last batch that was committed in it; nothing is read that is not needed
/// for it.
///
/// # Errors
/// Damage of what says so, and what the system refuses.
pub(crate) fn candidate(directory: &Directory, number: u32) -> Result<Candidate> {
    directory.check_meta(number)?;
    let turn = directory.meta(number)?.turn;
    directory.check_log(number)?;
    let last = last_of(directory, number)?;
    Ok(Candidate { number, last, turn })
}

fn last_of(directory: &Directory, number: u32) -> Result<Option<Commit>> {
    let base = base_of(directory, number)?;
    let from = base.map_or(Position::START, |base| base.position);
    let path = directory.log(number);
    let options = log_options(number);
    let segments = list_segments(&*directory.storage, &path, &options)?;
    let behind = segments.into_iter().filter(|&it| it > from.segment);
    let starts = behind.rev().map(|segment| Position {
        segment,
        ..Position::START
    });
    for start in starts.chain([from]) {
        let mut last = None;
        read_log(&*directory.storage, &path, &options, start, |_, frame| {
            if frame.kind == FrameKind::Commit as u8 {
                let commit = Commit::decode(frame.payload);
                let file = path.join(millrace_wal::segment_name(LOG, start.segment));
                let damage = |it: super::record::Malformed| {
                    WalError::damage(&file, frame.offset, it.to_string())
                };
                last = Some(commit.map_err(damage)?);
            }
            Ok(())
        })?;
        if last.is_some() {
            return Ok(last);
        }
    }
    Ok(base.map(|base| base.commit))
}

/// The head of the newest snapshot of a generation, if there is one.
fn base_of(directory: &Directory, number: u32) -> Result<Option<Base>> {
    let Some((_, path)) = directory.snapshots(number)?.pop() else {
        return Ok(None);
    };
    base(&*directory.storage, &path).map(Some)
}

fn base(storage: &dyn millrace_wal::Storage, path: &Path) -> Result<Base> {
    let reader = SealedReader::open(storage, path)?;
    let mut payload = Vec::new();
    if let Some(first) = reader.first()?
        && first.kind == FrameKind::Base as u8
    {
        reader.read(&first, &mut payload)?;
        return Base::decode(&payload)
            .map_err(|error| WalError::damage(path, first.offset, error.to_string()));
    }
    let what = "its first frame does not say which batches are in it";
    Err(WalError::damage(path, 0, what))
}

/// The generation to go on from, if there is to be one, and those with a higher number that are
/// passed over for it. Says what the user may not expect.
pub(crate) fn choose(
    directory: &Directory,
    start: Start,
) -> millrace_engine::error::Result<(Option<Candidate>, Vec<Candidate>)> {
    let root = directory.root.display();
    if let Start::RecoverFrom(number) = start {
        if !directory
            .all_generations()
            .map_err(refused)?
            .contains(&number)
        {
            return Err(Error::illegal(format!(
                "{root} has no generation {number}; `millrace-state ls {root}` shows what it has"
            )));
        }
        let chosen = candidate(directory, number);
        let chosen = chosen.map_err(|error| damaged(directory, number, error))?;
        return Ok((Some(chosen), Vec::new()));
    }
    let found = Candidates::find(directory).map_err(refused)?;
    if start == Start::Anew {
        say_what_stays(directory, &found);
        return Ok((None, Vec::new()));
    }
    match unusable(directory, &found, start) {
        Some((number, error)) if start == Start::RecoverOrAnew => {
            notice(format_args!(
                "generation {number} is left as it is and this run starts anew: {error}"
            ));
            return Ok((None, Vec::new()));
        }
        Some((_, error)) => return Err(error),
        None => {}
    }
    let Some(chosen) = found.whole.first().copied() else {
        notice(format_args!(
            "there is nothing to go on from in {root}: this run starts anew"
        ));
        return Ok((None, Vec::new()));
    };
    for (number, error) in &found.damaged {
        let newer = chosen.number;
        notice(format_args!(
            "generation {number} is passed over, and generation {newer} is newer: {error}"
        ));
    }
    let later = |other: &Candidate| other.number > chosen.number;
    let passed_over = found.whole.into_iter().filter(later).collect();
    Ok((Some(chosen), passed_over))
}

/// Says which state a run leaves alone that starts anew.
fn say_what_stays(directory: &Directory, found: &Candidates) {
    let root = directory.root.display();
    if let Some(Candidate { number, .. }) = found.whole.first() {
        notice(format_args!(
            "{root} has the state of an earlier run (generation {number}), which stays as it is; \
             this run starts anew. To go on from it, run with --recover={number}"
        ));
    }
    if let Some((number, error)) = found.in_the_way(directory) {
        notice(format_args!(
            "generation {number} in {root} may be the newest, and stays as it is: {error}"
        ));
    }
}

/// The generation that a run cannot go on from although it may be the newest, with the reason. A run
/// that may start anew instead reads all of its generation now, while it can still choose.
fn unusable(directory: &Directory, found: &Candidates, start: Start) -> Option<(u32, Error)> {
    match found.in_the_way(directory) {
        None if start == Start::RecoverOrAnew => {
            let chosen = found.whole.first()?;
            let error = check(directory, chosen).err()?;
            Some((chosen.number, error))
        }
        damaged => damaged.map(|(number, error)| {
            let message = said_with(error, directory, found, number);
            (number, Error::new(crate::error::kind_of(error), message))
        }),
    }
}

/// Reads all of a generation, without a program.
fn check(directory: &Directory, chosen: &Candidate) -> millrace_engine::error::Result<()> {
    let number = chosen.number;
    let checked = || {
        let mut nothing = |section: &Section<'_>| {
            let mut entries = EntryReader::new(section.entries);
            while let Some(entry) = entries.next_raw() {
                entry?;
            }
            Ok(())
        };
        let mut reading = GenerationReader::snapshot(directory, number, &mut nothing)?;
        let (path, from) = (directory.log(number), reading.from);
        let options = log_options(number);
        read_log(
            &*directory.storage,
            &path,
            &options,
            from,
            |position, frame| reading.frame(&path, position, &frame),
        )?;
        let from = chosen.last.map_or(Position::START, |last| last.blocks);
        count_blocks(directory, number, from).map(drop)
    };
    checked().map_err(refused)
}

pub(crate) fn count_blocks(directory: &Directory, generation: u32, from: Position) -> Result<u64> {
    let (path, storage) = (directory.blocks(generation), &*directory.storage);
    let there = storage.list(&path).is_ok_and(|names| !names.is_empty());
    let mut found = 0;
    if there {
        let options = blocks_options(generation);
        read_log(storage, &path, &options, from, |_, frame| {
            found += u64::from(frame.kind != END_OF_BATCH);
            Ok(())
        })?;
    }
    Ok(found)
}

/// An error about a generation. Of damage it says what else can be gone on from.
pub(crate) fn damaged(directory: &Directory, number: u32, error: WalError) -> Error {
    match Candidates::find(directory) {
        Ok(found) => crate::error::storage(said_with(&error, directory, &found, number), error),
        Err(_) => refused(error),
    }
}

/// The way to what can still be read of a damaged generation, in words that follow its error.
fn what_is_whole(directory: &Directory, number: u32) -> String {
    let root = directory.root.display();
    format!(
        "; `millrace-state export --before-damage --generation={number} {root}` prints what is \
         whole of it"
    )
}

/// The way on from a generation of which the receivers' log alone is damaged, in words that follow
/// its error.
fn without_received(directory: &Directory, number: u32) -> String {
    let root = directory.root.display();
    format!(
        "; `millrace-state drop-received --generation={number} {root}` puts that log aside, and the \
         program goes on without what was received and not run"
    )
}

/// The message of an error about a generation, with what of it and what else can be gone on from.
fn said_with(error: &WalError, directory: &Directory, found: &Candidates, number: u32) -> String {
    let is_of_blocks = |file: &Path| file.starts_with(directory.blocks(number));
    let (beside, of_it) = match error {
        WalError::Damage { file, .. } if is_of_blocks(file) => {
            (found.beside(number), without_received(directory, number))
        }
        WalError::Damage { .. } => (found.beside(number), what_is_whole(directory, number)),
        WalError::NewerFormat { .. } => (found.beside(number), String::new()),
        _ => Default::default(),
    };
    format!("{error}{of_it}{beside}")
}
