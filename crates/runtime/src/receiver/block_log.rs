//! The receivers' write-ahead log: a block is written down before anything can see it.
//!
//! One thread, `millrace-wal`, appends what receivers seal, syncs once for all that came
//! meanwhile (group commit), and only then hands the blocks to the tracker, in the order of the
//! log. A batch is cut by the same thread between two blocks, so that the log says which blocks
//! a batch has: after a crash it is run again with the same ones (law 5).
//!
//! The log is made when there is something to write: the first block, or the end of a batch.
//!
//! A write that fails is not tried again: the run ends, and what the log has is run next time.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millrace_engine::error::Error;
use millrace_engine::role::Role;
use millrace_types::BatchTime;
use millrace_wal::{
    Frame, LogOptions, Position, SegmentLog, Storage, WalError, failpoint, list_segments,
    segment_name,
};

use crate::checkpoint::{BLOCKS, END_OF_BATCH};
use crate::graph::Batch;
use crate::sync::{Builder, JoinHandle, Lock, Receiver, Sender, bounded, unbounded};

use super::logged::Unwritable;

/// `millrace.wal.sync`: when what was appended is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WalSync {
    /// Before a block is seen: neither a kill nor a power cut loses what was seen.
    #[default]
    Block,
    /// At the tick: a power cut loses the blocks of the batch that was open.
    Batch,
    /// Never: a kill loses nothing, a power cut what the system had not written.
    None,
}

impl WalSync {
    /// The mode of that name, as `millrace.wal.sync` takes it; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<WalSync> {
        match text {
            "block" => Some(WalSync::Block),
            "batch" => Some(WalSync::Batch),
            "none" => Some(WalSync::None),
            _ => None,
        }
    }
}

/// A sealed block on its way through the log.
pub trait Logged: Send {
    /// The kind by which a reader decodes the block; any number but zero.
    fn kind(&self) -> u8;

    /// Appends its bytes from record number `from` on, as far as one frame holds them; gives the
    /// number with which the next frame begins, if there is to be one.
    ///
    /// # Errors
    /// If a record cannot be written down.
    fn encode(&self, from: usize, out: &mut Vec<u8>) -> Result<Option<usize>, Unwritable>;

    /// Hands it to the tracker.
    fn add(self: Box<Self>);
}

enum Request {
    Block(Box<dyn Logged>),
    Cut {
        number: u64,
        time: BatchTime,
        cut: Box<dyn FnOnce() -> Batch + Send>,
        reply: Sender<(Batch, Position)>,
    },
    Release(Position),
    /// Ends the run if somebody has taken the log away.
    Check,
    /// Answered when everything before it has been handed on.
    Flush(Sender<()>),
}

/// The log, as receivers and the generator see it.
pub struct BlockLog {
    requests: Lock<Option<Sender<Request>>>,
    thread: Lock<Option<JoinHandle<()>>>,
}

/// A block that was written down by an earlier run: kind and bytes.
pub type Written = (u8, Vec<u8>);

/// A batch that an earlier run has cut and not committed.
#[derive(Debug)]
pub struct ReplayedBatch {
    /// The number of the batch.
    pub number: u64,
    /// The time of the batch.
    pub time: BatchTime,
    /// The blocks of the batch, in the order in which they were received.
    pub blocks: Vec<Written>,
    /// Behind it in the log.
    pub position: Position,
}

/// The input that an earlier run has received and not committed.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Batches that were cut, in order.
    pub batches: Vec<ReplayedBatch>,
    /// Blocks that are in no batch yet.
    pub open: Vec<Written>,
}

impl BlockLog {
    /// Opens the log in `directory`, reads what stands behind `from`, and starts the thread.
    /// `failed` is told when the log cannot be written any more.
    pub fn open(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        options: LogOptions,
        from: Position,
        sync: WalSync,
        failed: impl Fn(Error) + Send + 'static,
    ) -> Result<(BlockLog, Replayed), WalError> {
        let mut replayed = Replayed::default();
        let lazy = Lazy {
            storage: Arc::clone(storage),
            directory: directory.to_owned(),
            options: options.clone(),
            log: None,
        };
        let visit = |at: Position, frame: Frame<'_>| {
            if frame.kind != END_OF_BATCH {
                replayed.open.push((frame.kind, frame.payload.to_vec()));
                return Ok(());
            }
            let Some((number, time)) = decode_cut(frame.payload) else {
                let file = directory.join(segment_name(BLOCKS, at.segment));
                let what = "the end of a batch is not of this format";
                return Err(WalError::damage(&file, frame.offset, what));
            };
            let blocks = std::mem::take(&mut replayed.open);
            let position = Position {
                segment: at.segment,
                offset: frame.end(),
            };
            replayed.batches.push(ReplayedBatch {
                number,
                time,
                blocks,
                position,
            });
            Ok(())
        };
        let log = lazy.open(from, visit)?;
        let (send, receive) = unbounded();
        let thread = Builder::new()
            .name("millrace-wal".to_owned())
            .spawn(move || {
                Role::Engine.take();
                Writer { log, sync }.work(&receive, failed);
            })
            .map_err(|error| WalError::io("cannot start the thread of", directory, error))?;
        let log = BlockLog {
            requests: Lock::new(Some(send)),
            thread: Lock::new(Some(thread)),
        };
        Ok((log, replayed))
    }

    /// Says whether anybody will look at it: after a failure nobody does.
    fn request(&self, request: Request) -> bool {
        let requests = self.requests.lock();
        let sent = requests.as_ref().map(|requests| requests.send(request));
        matches!(sent, Some(Ok(())))
    }

    /// Takes a sealed block. The tracker gets the block when it is durable, after all earlier blocks.
    pub fn submit(&self, block: Box<dyn Logged>) {
        self.request(Request::Block(block));
    }

    /// Ends the open batch behind everything that was submitted before; `None` if the log has
    /// failed. The position is that behind the batch.
    pub fn close_batch(
        &self,
        number: u64,
        time: BatchTime,
        cut: impl FnOnce() -> Batch + Send + 'static,
    ) -> Option<(Batch, Position)> {
        let (reply, answer) = bounded(1);
        let cut = Box::new(cut);
        self.request(Request::Cut {
            number,
            time,
            cut,
            reply,
        });
        answer.recv().ok()
    }

    /// Has it looked at whether the log is still where it was put.
    pub fn check(&self) {
        self.request(Request::Check);
    }

    /// Lets go of what no recovery needs any more.
    pub(crate) fn release(&self, before: Position) {
        self.request(Request::Release(before));
    }

    /// Waits until the tracker has everything that was submitted before.
    pub fn flush(&self) {
        let (reply, answer) = bounded(1);
        if self.request(Request::Flush(reply)) {
            // An error: the log has failed, and the run ends for it.
            let _ = answer.recv();
        }
    }

    /// Ends the thread, when it has done what was asked of it.
    pub fn close(&self) {
        let mut requests = self.requests.lock();
        drop(requests.take());
        drop(requests);
        let mut thread = self.thread.lock();
        if let Some(thread) = thread.take() {
            // The thread has reported its errors to `failed`.
            drop(thread.join());
        }
    }
}

impl Drop for BlockLog {
    fn drop(&mut self) {
        self.close();
    }
}

/// The log, which is made when there is something to write.
struct Lazy {
    storage: Arc<dyn Storage>,
    directory: PathBuf,
    options: LogOptions,
    log: Option<SegmentLog>,
}

impl Lazy {
    /// Reads what there is behind `from`.
    fn open(
        mut self,
        from: Position,
        visit: impl FnMut(Position, Frame<'_>) -> Result<(), WalError>,
    ) -> Result<Lazy, WalError> {
        let (storage, directory, options) = (&self.storage, &self.directory, &self.options);
        let there = match list_segments(&**storage, directory, options) {
            Err(WalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => false,
            there => !there?.is_empty(),
        };
        if there {
            let (log, _) = SegmentLog::open(storage, directory, options.clone(), from, visit)?;
            self.log = Some(log);
        } else if from != Position::START {
            let missing = directory.join(segment_name(BLOCKS, from.segment));
            return Err(WalError::damage(&missing, 0, "this segment is missing"));
        }
        Ok(self)
    }

    fn log(&mut self) -> Result<&mut SegmentLog, WalError> {
        let log = match self.log.take() {
            Some(log) => log,
            None => self.make()?,
        };
        Ok(self.log.insert(log))
    }

    fn make(&self) -> Result<SegmentLog, WalError> {
        let (storage, path) = (&self.storage, &self.directory);
        storage
            .create_directory(path)
            .map_err(|error| WalError::io("cannot create", path, error))?;
        failpoint("checkpoint.blocks.after-create");
        if let Some(parent) = path.parent() {
            storage
                .sync_directory(parent)
                .map_err(|error| WalError::io("cannot sync", parent, error))?;
        }
        failpoint("checkpoint.blocks.after-directory-sync");
        let options = self.options.clone();
        let made = SegmentLog::open(storage, path, options, Position::START, |_, _| Ok(()));
        made.map(|(log, _)| log)
    }
}

/// The thread's side.
struct Writer {
    log: Lazy,
    sync: WalSync,
}

impl Writer {
    fn work(mut self, requests: &Receiver<Request>, failed: impl Fn(Error)) {
        let mut payload = Vec::new();
        while let Ok(first) = requests.recv() {
            let more = requests.try_iter();
            if let Err(error) = self.group(std::iter::once(first).chain(more), &mut payload) {
                failed(error);
                return;
            }
        }
    }

    fn group(
        &mut self,
        requests: impl Iterator<Item = Request>,
        payload: &mut Vec<u8>,
    ) -> Result<(), Error> {
        // Appended and not yet to be seen.
        let mut waiting: Vec<Box<dyn Logged>> = Vec::new();
        for request in requests {
            match request {
                Request::Block(block) => {
                    let log = self.log.log().map_err(refused)?;
                    let mut from = Some(0);
                    while let Some(next) = from {
                        payload.clear();
                        from = block.encode(next, payload).map_err(unwritable)?;
                        log.append(block.kind(), payload).map_err(refused)?;
                    }
                    failpoint("wal.block.after-append");
                    if self.sync == WalSync::Block {
                        waiting.push(block);
                    } else {
                        // With the system, so that the end of the process loses nothing.
                        log.prepare_sync().map(drop).map_err(refused)?;
                        block.add();
                    }
                }
                Request::Cut {
                    number,
                    time,
                    cut,
                    reply,
                } => {
                    let log = self.log.log().map_err(refused)?;
                    log.append(END_OF_BATCH, &encode_cut(number, time))
                        .map_err(refused)?;
                    let end = log.end();
                    failpoint("wal.cut.after-append");
                    self.make_durable()?;
                    waiting.drain(..).for_each(|block| block.add());
                    failpoint("wal.cut.after-sync");
                    self.check(SegmentLog::check)?;
                    // A generator that waits no more has ended with an error.
                    drop(reply.send((cut(), end)));
                }
                Request::Release(before) => {
                    failpoint("wal.blocks.before-release");
                    if let Some(log) = &mut self.log.log {
                        log.release(before).map_err(refused)?;
                    }
                    failpoint("wal.blocks.after-release");
                }
                Request::Check => self.check(SegmentLog::check_all)?,
                Request::Flush(reply) => {
                    self.make_durable()?;
                    waiting.drain(..).for_each(|block| block.add());
                    let _ = reply.send(());
                }
            }
        }
        if !waiting.is_empty() {
            self.make_durable()?;
            failpoint("wal.block.after-sync");
            waiting.drain(..).for_each(|block| block.add());
        }
        Ok(())
    }

    fn make_durable(&mut self) -> Result<(), Error> {
        let Some(log) = &mut self.log.log else {
            return Ok(());
        };
        match self.sync {
            WalSync::Block | WalSync::Batch => log.sync().map(drop).map_err(refused),
            WalSync::None => log.prepare_sync().map(drop).map_err(refused),
        }
    }

    fn check(&self, check: impl Fn(&SegmentLog) -> Result<(), WalError>) -> Result<(), Error> {
        self.log.log.as_ref().map_or(Ok(()), check).map_err(refused)
    }
}

fn refused(error: WalError) -> Error {
    crate::checkpoint::refused(error)
}

fn unwritable(what: Unwritable) -> Error {
    Error::new(millrace_engine::error::ErrorKind::Task, what.to_string())
}

fn encode_cut(number: u64, time: BatchTime) -> [u8; 16] {
    let mut payload = [0; 16];
    payload[..8].copy_from_slice(&number.to_le_bytes());
    payload[8..].copy_from_slice(&time.as_millis().to_le_bytes());
    payload
}

fn decode_cut(payload: &[u8]) -> Option<(u64, BatchTime)> {
    let (number, time) = payload.split_first_chunk::<8>()?;
    let time: [u8; 8] = time.try_into().ok()?;
    let time = BatchTime::from_millis(i64::from_le_bytes(time));
    Some((u64::from_le_bytes(*number), time))
}

impl fmt::Debug for BlockLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockLog").finish_non_exhaustive()
    }
}
