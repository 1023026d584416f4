//! Reading a generation: the newest snapshot, then what the log has of the batches since.
//!
//! The steps of a recovery, which crash tests cite by number:
//!
//! 1. the newest snapshot is read whole; a damaged one is refused, an older one is never taken
//!    in its place;
//! 2. the log is read from its beginning; its torn tail is cut, damage anywhere else is refused;
//! 3. the deltas of a batch are held back until its commit is read; deltas without one are
//!    those of a batch that was cut short, and are left out;
//! 4. a delta that the snapshot has already is left out;
//! 5. what was planned for a batch that has no commit applies: the batch is run again with it.

use std::collections::HashMap;
use std::path::Path;

use millrace_engine::durable::EntryReader;
use millrace_engine::durable::StoreError;
use millrace_wal::{Frame, Position, WalError, read_sealed, segment_name};

use super::directory::{Directory, FileKind, LOG, check_header, header};
use super::record::{Base, Commit, FrameKind, Section};

type Result<T, E = WalError> = std::result::Result<T, E>;

/// Takes what a generation holds, in the order in which it applies.
pub(crate) type Sink<'a> = dyn FnMut(&Section<'_>) -> std::result::Result<(), StoreError> + 'a;

/// The contents of a generation, as reading it has shown.
#[derive(Debug, Default, Clone)]
pub(crate) struct Contents {
    /// The last batch that was committed.
    pub last: Option<Commit>,
    /// The highest epoch that wrote anything.
    pub epoch: u32,
    /// The newest snapshot.
    pub(crate) snapshot: Option<u64>,
    /// Deltas and commits that apply.
    pub batches: u64,
}

/// Reads a generation into a sink; the log is given frame by frame, by whoever opens it.
pub(crate) struct GenerationReader<'a> {
    sink: &'a mut Sink<'a>,
    pub(crate) contents: Contents,
    /// The position from which the log is to be read.
    pub from: Position,
    /// To give nothing of a batch whose entries are not all whole.
    pub(crate) careful: bool,
    /// The epoch of the snapshot, and as of which batch it has each shard.
    base: Option<u32>,
    as_of: HashMap<(u32, u32), u64>,
    /// The deltas of a batch whose commit has not been read.
    pending: Vec<Vec<u8>>,
    of_batch: Option<(u32, u64)>,
    /// The plans of batches that have no commit.
    planned: Vec<Vec<u8>>,
}

impl<'a> GenerationReader<'a> {
    /// For a log that is read from its beginning, unless [`begin`](GenerationReader::begin) is called.
    pub(crate) fn behind(sink: &'a mut Sink<'a>) -> GenerationReader<'a> {
        GenerationReader {
            sink,
            contents: Contents::default(),
            careful: false,
            from: Position::START,
            base: None,
            as_of: HashMap::new(),
            pending: Vec::new(),
            of_batch: None,
            planned: Vec::new(),
        }
    }

    /// Begins with the newest snapshot: `epoch` is that of its shards, if it has any, and `as_of` has
    /// for each shard the last batch whose changes are in it.
    pub(crate) fn begin(
        &mut self,
        snapshot: u64,
        base: &Base,
        epoch: Option<u32>,
        as_of: HashMap<(u32, u32), u64>,
    ) {
        self.contents.snapshot = Some(snapshot);
        self.contents.last = Some(base.commit);
        self.contents.epoch = epoch.unwrap_or_default();
        self.from = base.position;
        self.base = epoch;
        self.as_of = as_of;
    }

    /// Step 1.
    pub(crate) fn snapshot(
        directory: &Directory,
        generation: u32,
        sink: &'a mut Sink<'a>,
    ) -> Result<GenerationReader<'a>> {
        let mut reading = GenerationReader::behind(sink);
        let Some((number, path)) = directory.snapshots(generation)?.pop() else {
            return Ok(reading);
        };
        reading.contents.snapshot = Some(number);
        let found = read_sealed(&*directory.storage, &path, |frame| {
            let damage = |what: String| WalError::damage(&path, frame.offset, what);
            if frame.kind == FrameKind::Base as u8 {
                let base = Base::decode(frame.payload).map_err(|e| damage(e.to_string()))?;
                reading.contents.last = Some(base.commit);
                reading.from = base.position;
                return Ok(());
            }
            if frame.kind != FrameKind::Shard as u8 {
                return Err(damage(format!(
                    "a snapshot has a frame of kind {}",
                    frame.kind
                )));
            }
            let section = Section::decode(frame.payload).map_err(|e| damage(e.to_string()))?;
            reading.base = Some(section.epoch);
            reading.contents.epoch = section.epoch;
            let shard = (section.store, section.shard);
            reading.as_of.insert(shard, section.number);
            (reading.sink)(&section).map_err(|error| damage(error.to_string()))
        })?;
        check_header(
            &path,
            &found,
            &header(FileKind::Snapshot, generation, number),
        )?;
        Ok(reading)
    }

    /// Steps 2 to 4, for one frame of the log.
    pub(crate) fn frame(&mut self, log: &Path, at: Position, frame: &Frame<'_>) -> Result<()> {
        let file = log.join(segment_name(LOG, at.segment));
        let damage = |what: String| WalError::damage(&file, frame.offset, what);
        if frame.kind == FrameKind::Delta as u8 {
            let delta = Section::decode(frame.payload).map_err(|e| damage(e.to_string()))?;
            let batch = Some((delta.epoch, delta.number));
            // An epoch that committed nothing has had its number all the same.
            self.contents.epoch = self.contents.epoch.max(delta.epoch);
            if self.of_batch != batch {
                self.pending.clear();
                self.of_batch = batch;
            }
            self.pending.push(frame.payload.to_vec());
            return Ok(());
        }
        if frame.kind == FrameKind::Plan as u8 {
            let plan = Section::decode(frame.payload).map_err(|e| damage(e.to_string()))?;
            self.contents.epoch = self.contents.epoch.max(plan.epoch);
            self.planned.push(frame.payload.to_vec());
            return Ok(());
        }
        if frame.kind != FrameKind::Commit as u8 {
            return Err(damage(format!(
                "the log has a frame of kind {}",
                frame.kind
            )));
        }
        let commit = Commit::decode(frame.payload).map_err(|e| damage(e.to_string()))?;
        let pending = std::mem::take(&mut self.pending);
        let whole = self.of_batch.take() == Some((commit.epoch, commit.number));
        for payload in pending.iter().filter(|_| whole && self.careful) {
            let delta = Section::decode(payload).map_err(|e| damage(e.to_string()))?;
            let mut entries = EntryReader::new(delta.entries);
            while let Some(entry) = entries.next_raw() {
                entry.map_err(|e| damage(e.to_string()))?;
            }
        }
        for payload in pending.iter().filter(|_| whole) {
            let delta = Section::decode(payload).map_err(|e| damage(e.to_string()))?;
            if !self.is_in_snapshot(&delta) {
                (self.sink)(&delta).map_err(|error| damage(error.to_string()))?;
            }
        }
        self.planned.retain(|payload| {
            Section::decode(payload).is_ok_and(|plan| plan.number > commit.number)
        });
        let contents = &mut self.contents;
        contents.epoch = contents.epoch.max(commit.epoch);
        contents.batches += 1;
        if contents
            .last
            .is_none_or(|last| last.number <= commit.number)
        {
            contents.last = Some(commit);
        }
        Ok(())
    }

    /// Step 5, when the log is read: what was planned for the batch that was cut short.
    pub(crate) fn planned(&self) -> impl Iterator<Item = Section<'_>> {
        let sections = self.planned.iter();
        sections.filter_map(|payload| Section::decode(payload).ok())
    }

    fn is_in_snapshot(&self, delta: &Section<'_>) -> bool {
        let Some(base) = self.base else { return false };
        match delta.epoch.cmp(&base) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => self
                .as_of
                .get(&(delta.store, delta.shard))
                .is_some_and(|&as_of| delta.number <= as_of),
        }
    }
}
