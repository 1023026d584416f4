//! A log of frames in segments: files that follow each other, of which only the last grows.
//!
//! Frames are gathered in memory and written in turn; [`SegmentLog::sync`] makes all of them
//! durable at once, so a sync costs the same for one frame and for a thousand. A segment is
//! begun only when all before it is durable, and its header holds the length of the one before.
//! So only the last can be torn, and a segment that is missing, doubled, swapped or cut short
//! is seen.
//!
//! The log starts no thread. A caller that wants frames to be appended while a sync is under way
//! splits it: [`prepare_sync`](SegmentLog::prepare_sync) and
//! [`complete_sync`](SegmentLog::complete_sync) under a lock, [`PendingSync::run`] without.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::atomic::{AtomicFile, remove_temporaries, sync_directory};
use crate::error::{Result, WalError};
use crate::failpoint::{failpoint, failpoint_is_set};
use crate::frame::{FRAME_HEADER_LEN, Frame, FrameWriter};
use crate::header::{FileHeader, HEADER_LEN};
use crate::storage::{Storage, StorageFile, write_all};

mod gate;
mod place;
mod replay;
mod sync;

use gate::Gate;

pub use place::{LogOptions, Position, segment_name};
pub use replay::{OpenLog, Replay, list_segments, read_frame, read_log};
pub use sync::{PendingSync, Synced};

/// The number of bytes that are gathered before they are written. Writing does not make them
/// durable.
const GATHERED: usize = 1 << 20;

/// A log that is open for appending.
#[derive(Debug)]
pub struct SegmentLog {
    storage: Arc<dyn Storage>,
    directory: PathBuf,
    options: LogOptions,
    gate: Arc<Gate>,
    /// The oldest segment that is still there.
    first: u64,
    /// The last segment, which grows.
    segment: u64,
    path: PathBuf,
    file: Arc<dyn StorageFile>,
    frames: FrameWriter,
    buffer: Vec<u8>,
    durable: Position,
    /// The lengths of the segments before the last, by number.
    full: BTreeMap<u64, u64>,
}

impl SegmentLog {
    /// Opens the log that `options` name in `directory`, and gives every frame from `from` on to
    /// `visit`, in order. A log that does not exist is made if `from` is [`Position::START`].
    ///
    /// `from` is what the caller knows to need: segments before it are removed, everything
    /// behind it has to be there. Opening goes in these steps, and only the last ones write:
    ///
    /// 1. The segments are listed; from `from` on none may be missing.
    /// 2. Each is read and judged, and its frames are visited.
    /// 3. Files that were never completed are removed.
    /// 4. A torn tail of the last segment is cut, and the segment synced: what was read is
    ///    durable from then on.
    /// 5. Segments before `from` are removed.
    ///
    /// The directory has to exist, and the caller has to hold its lock.
    ///
    /// # Errors
    /// [`WalError::Damage`] and [`WalError::NewerFormat`] if the log is not as it was written,
    /// before anything was changed; what `visit` returns; what the system refuses. Frames
    /// visited before an error do not count.
    pub fn open(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        options: LogOptions,
        from: Position,
        visit: impl FnMut(Position, Frame<'_>) -> Result<()>,
    ) -> Result<(SegmentLog, Replay)> {
        SegmentLog::open_if(storage, directory, options, from, visit, || Ok(()))
    }

    /// [`open`](SegmentLog::open) for a caller who knows only when everything was visited
    /// whether it can be used: `is_usable` is asked then, before anything is written.
    ///
    /// # Errors
    /// As [`open`](SegmentLog::open), and what `is_usable` returns.
    pub fn open_if(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        options: LogOptions,
        from: Position,
        visit: impl FnMut(Position, Frame<'_>) -> Result<()>,
        is_usable: impl FnOnce() -> Result<()>,
    ) -> Result<(SegmentLog, Replay)> {
        let replay = read_log(&**storage, directory, &options, from, visit)?;
        is_usable()?;
        failpoint("wal.open.before-act");
        remove_temporaries(&**storage, directory)?;
        let Some(last) = replay.last else {
            let log = SegmentLog::begin(storage, directory, options)?;
            return Ok((log, replay));
        };
        let path = directory.join(segment_name(&options.name, last.number));
        let file = storage
            .open_append(&path)
            .map_err(|source| WalError::io("cannot open", &path, source))?;
        if replay.torn > 0 {
            failpoint("wal.open.before-cut");
            file.truncate(replay.end.offset)
                .map_err(|source| WalError::io("cannot cut", &path, source))?;
            failpoint("wal.open.after-cut");
        }
        // Even without a cut: the last run may have been killed between a write and its sync.
        file.sync_data()
            .map_err(|source| WalError::io("cannot sync", &path, source))?;
        failpoint("wal.open.after-sync");
        sync_directory(&**storage, directory)?;
        failpoint("wal.open.after-directory-sync");
        let mut log = SegmentLog {
            storage: Arc::clone(storage),
            directory: directory.to_path_buf(),
            gate: Arc::default(),
            first: replay.first,
            segment: last.number,
            frames: FrameWriter::at(&last, replay.end.offset),
            durable: replay.end,
            buffer: Vec::new(),
            full: replay.full.clone(),
            options,
            path,
            file,
        };
        log.release(from)?;
        Ok((log, replay))
    }

    /// Begins a log of which there is nothing yet.
    fn begin(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        options: LogOptions,
    ) -> Result<SegmentLog> {
        let header = options.header(Position::START.segment, 0);
        let (path, file) = begin_segment(storage, directory, &options, &header)?;
        Ok(SegmentLog {
            storage: Arc::clone(storage),
            directory: directory.to_path_buf(),
            gate: Arc::default(),
            first: header.number,
            segment: header.number,
            frames: FrameWriter::new(&header),
            durable: Position::START,
            buffer: Vec::new(),
            full: BTreeMap::new(),
            options,
            path,
            file,
        })
    }

    /// Appends a frame and gives its position. It is in memory, or written, but not durable
    /// before the next sync. When the segment is full this begins a new one, which syncs.
    ///
    /// # Errors
    /// Any error of the file system, by which the log is poisoned, and a payload above
    /// [`MAX_PAYLOAD`](crate::MAX_PAYLOAD), by which it is not.
    pub fn append(&mut self, kind: u8, payload: &[u8]) -> Result<Position> {
        self.gate.check()?;
        let len = (FRAME_HEADER_LEN + payload.len()) as u64;
        let empty = self.frames.offset() == HEADER_LEN as u64;
        if !empty && self.frames.offset() + len > self.options.segment_bytes {
            self.roll()?;
        }
        // After a roll nothing of this segment but its header is known to be durable.
        let durable = self.durable.offset;
        let offset = self
            .frames
            .put(&mut self.buffer, &self.path, kind, durable, payload)?;
        if self.buffer.len() >= GATHERED {
            self.write()?;
        }
        Ok(Position {
            segment: self.segment,
            offset,
        })
    }

    /// Makes everything appended so far durable, and gives the position up to which that is.
    ///
    /// # Errors
    /// Any error of the file system, by which the log is poisoned: it is not known what of the
    /// frames since the last sync is durable. Opening the log again tells.
    pub fn sync(&mut self) -> Result<Position> {
        let synced = self.prepare_sync()?.run()?;
        self.complete_sync(&synced);
        Ok(self.durable)
    }

    /// The first step of a sync in steps: writes what was appended, and gives what has to run.
    ///
    /// # Errors
    /// As [`sync`](SegmentLog::sync).
    pub fn prepare_sync(&mut self) -> Result<PendingSync> {
        self.write()?;
        Ok(PendingSync {
            gate: Arc::clone(&self.gate),
            // Without anything new there is nothing to wait for.
            file: (self.end() > self.durable).then(|| Arc::clone(&self.file)),
            path: self.path.clone(),
            end: self.end(),
        })
    }

    /// The last step of a sync in steps: frames appended from now on know what is durable.
    pub fn complete_sync(&mut self, synced: &Synced) {
        self.durable = self.durable.max(synced.end);
    }

    /// Up to where the log is durable, as far as it was told.
    pub fn durable(&self) -> Position {
        self.durable
    }

    /// The position behind the last frame, durable or not.
    pub fn end(&self) -> Position {
        Position {
            segment: self.segment,
            offset: self.frames.offset(),
        }
    }

    /// Refuses to go on if the segment that grows is not there any more under its name, or has
    /// another length than was written to it, by which the log is poisoned: what is written to it
    /// nobody will ever read.
    ///
    /// # Errors
    /// [`WalError::Gone`], [`WalError::Changed`], and what the system refuses.
    pub fn check(&self) -> Result<()> {
        self.gate.check()?;
        self.gate.watch(self.check_segment())
    }

    fn check_segment(&self) -> Result<()> {
        let refused = |source| WalError::io("cannot look at", &self.path, source);
        if !self.file.is_at(&self.path).map_err(refused)? {
            return Err(WalError::gone(&self.path));
        }
        let written = self.frames.offset() - self.buffer.len() as u64;
        WalError::check_length(&self.path, written, self.file.len().map_err(refused)?)
    }

    /// [`check`](SegmentLog::check) of all segments that have not been released.
    ///
    /// # Errors
    /// As [`check`](SegmentLog::check).
    pub fn check_all(&self) -> Result<()> {
        self.check()?;
        let there = match list_segments(&*self.storage, &self.directory, &self.options) {
            Err(WalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Vec::new()
            }
            there => there?,
        };
        let mut segments = self.first..self.segment;
        let checked = segments.try_for_each(|number| self.check_full(number, &there));
        self.gate.watch(checked)
    }

    /// Checks a segment before the last, of which those in `there` have their names.
    fn check_full(&self, number: u64, there: &[u64]) -> Result<()> {
        let name = segment_name(&self.options.name, number);
        let path = self.directory.join(name);
        if !there.contains(&number) {
            return Err(WalError::gone(&path));
        }
        let Some(&written) = self.full.get(&number) else {
            return Ok(());
        };
        let found = self.storage.open_read(&path).and_then(|file| file.len());
        let found = found.map_err(|source| WalError::io("cannot look at", &path, source))?;
        WalError::check_length(&path, written, found)
    }

    /// Removes the segments that hold nothing at or behind `before`, and gives their number.
    /// The caller has to have made durable before that it opens from `before` or later.
    ///
    /// # Errors
    /// Any error of the file system, by which the log is poisoned.
    pub fn release(&mut self, before: Position) -> Result<u64> {
        self.gate.check()?;
        let end = before.segment.min(self.segment);
        let first = self.first;
        for number in first..end {
            let path = self
                .directory
                .join(segment_name(&self.options.name, number));
            failpoint("wal.release.before-remove");
            match self.storage.remove(&path) {
                // Removed by a release that a crash undid in part.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => self
                    .gate
                    .watch(result.map_err(|source| WalError::io("cannot remove", &path, source)))?,
            }
            failpoint("wal.release.after-remove");
            self.first = number + 1;
            self.full.remove(&number);
        }
        // No sync: what a crash brings back is in front of the position to open from.
        Ok(end.saturating_sub(first))
    }

    /// Begins the next segment when all before it is durable.
    fn roll(&mut self) -> Result<()> {
        self.sync()?;
        failpoint("wal.roll.before-create");
        let header = self.options.header(self.segment + 1, self.frames.offset());
        let begun = begin_segment(&self.storage, &self.directory, &self.options, &header);
        (self.path, self.file) = self.gate.watch(begun)?;
        failpoint("wal.roll.after-create");
        self.full.insert(self.segment, header.before);
        self.segment = header.number;
        self.frames = FrameWriter::new(&header);
        self.durable = self.end();
        Ok(())
    }

    /// Hands what was gathered to the system.
    fn write(&mut self) -> Result<()> {
        self.gate.check()?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.write_raw();
        self.gate
            .watch(written.map_err(|source| WalError::io("cannot write", &self.path, source)))?;
        self.buffer.clear();
        Ok(())
    }

    fn write_raw(&self) -> io::Result<()> {
        let mut rest = self.buffer.as_slice();
        failpoint("wal.append.before-write");
        if failpoint_is_set("wal.append.mid-write") {
            let (half, other) = rest.split_at(rest.len() / 2);
            write_all(&*self.file, half)?;
            failpoint("wal.append.mid-write");
            rest = other;
        }
        write_all(&*self.file, rest)?;
        failpoint("wal.append.after-write");
        Ok(())
    }
}

/// Makes a segment with nothing but its header. It has its name only when that is durable, so
/// a segment never has a torn header.
fn begin_segment(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    options: &LogOptions,
    header: &FileHeader,
) -> Result<(PathBuf, Arc<dyn StorageFile>)> {
    let name = segment_name(&options.name, header.number);
    let mut file = AtomicFile::create(storage, directory, &name)?;
    file.write(&header.encode())?;
    let path = file.path().to_path_buf();
    Ok((path, file.commit()?))
}
