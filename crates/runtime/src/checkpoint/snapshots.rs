//! Snapshots: everything that is kept, written in the background, shard by shard.
//!
//! Batches go on meanwhile, so the shards of one snapshot are of different batches; each says of
//! which. A snapshot gets its name when the newest of these batches is durable in the log: state
//! from the future must not survive a crash. The log before it is let go then.

use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use millrace_engine::error::Error;
use millrace_engine::role::Role;
use millrace_types::{Lock, Wakeup};
use millrace_wal::{DirectoryLock, SealedWriter, WalError, failpoint};

use crate::clock::Clock;
use crate::notice::Repeats;

use super::directory::{Directory, FileKind, Seen, header};
use super::record::{Base, FrameKind, Section};
use super::refused;
use super::writer::{BatchLog, Committed};

type Result<T, E = WalError> = std::result::Result<T, E>;

/// The interval at which the disk is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Looks at something, and tells whoever has to know that it is not as it should be.
pub(crate) type Watch = Box<dyn Fn() + Send + Sync>;

/// Told of what ends the run.
pub(crate) type Failed = Box<dyn Fn(Error) + Send + Sync>;

/// The lock of the directory, until the run lets go of it.
pub(crate) type SharedLock = Arc<Lock<Option<DirectoryLock>>>;

/// The other things that are looked at once per second, and who is told.
pub(crate) struct Watched {
    pub lock: SharedLock,
    pub failed: Failed,
    /// Something that is known later.
    pub watch: OnceLock<Watch>,
    /// Measures the pauses between lines about snapshots that fail.
    pub clock: Arc<dyn Clock>,
}

impl Watched {
    fn check_lock(&self) -> Result<()> {
        let lock = self.lock.lock();
        lock.as_ref().map_or(Ok(()), DirectoryLock::check)
    }
}

/// The thread that writes snapshots, and what it waits for.
pub(crate) struct Snapshots {
    shared: Arc<SharedSnapshots>,
    thread: Option<JoinHandle<()>>,
}

struct SharedSnapshots {
    directory: Directory,
    generation: u32,
    log: Arc<BatchLog>,
    /// A snapshot is written when the log has grown by so many bytes, or by twice the last
    /// snapshot if that is more.
    log_bytes: u64,
    state: Lock<SnapshotState>,
    changed: Wakeup,
    watched: Watched,
}

#[derive(Default)]
struct SnapshotState {
    committed: Option<Committed>,
    /// Since the last snapshot began.
    bytes: u64,
    last_snapshot_bytes: u64,
    next: u64,
    closed: bool,
}

impl Snapshots {
    /// Starts the thread. `next` is the number of the next snapshot.
    pub(crate) fn start(
        directory: Directory,
        generation: u32,
        log: Arc<BatchLog>,
        log_bytes: u64,
        next: u64,
        watched: Watched,
    ) -> std::io::Result<Snapshots> {
        let state = SnapshotState {
            next,
            ..SnapshotState::default()
        };
        let shared = Arc::new(SharedSnapshots {
            directory,
            generation,
            log,
            log_bytes,
            state: Lock::new(state),
            changed: Wakeup::default(),
            watched,
        });
        let own = Arc::clone(&shared);
        let thread = Builder::new()
            .name("millrace-checkpoint".to_owned())
            .spawn(move || {
                Role::Engine.take();
                own.work();
            })?;
        Ok(Snapshots {
            shared,
            thread: Some(thread),
        })
    }

    /// Says that a batch is durable.
    pub(crate) fn committed(&self, committed: Committed) {
        let mut state = self.shared.state.lock();
        state.bytes += committed.bytes;
        state.committed = Some(committed);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Has something else looked at once per second.
    pub(crate) fn watch(&self, watch: Watch) {
        // A context does it once.
        drop(self.shared.watched.watch.set(watch));
    }

    /// Refuses to go on if the directory is not the one that was locked.
    pub(crate) fn check_lock(&self) -> Result<()> {
        self.shared.watched.check_lock()
    }

    /// Ends the thread; a snapshot that is being written is given up.
    pub(crate) fn close(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread has reported its errors itself.
            drop(thread.join());
        }
    }
}

impl Drop for Snapshots {
    fn drop(&mut self) {
        self.close();
    }
}

impl SharedSnapshots {
    fn work(&self) {
        let repeats = Repeats::new(Arc::clone(&self.watched.clock));
        // What is wrong already is said when it is looked at.
        let mut seen = self.check_there(&Seen::new()).unwrap_or_default();
        loop {
            let idle = |state: &mut SnapshotState| {
                let due = self.log_bytes.max(2 * state.last_snapshot_bytes);
                !state.closed && (state.bytes < due || state.committed.is_none())
            };
            let (mut state, timed_out) =
                self.changed
                    .wait_timeout_while(self.state.lock(), LOOK, idle);
            if state.closed {
                drop(state);
                repeats.end("snapshots");
                return;
            }
            let from = state.committed.filter(|_| !timed_out);
            let Some(from) = from else {
                drop(state);
                match self.look(&seen) {
                    Ok(now) => seen = now,
                    Err(error) => return (self.watched.failed)(refused(error)),
                }
                continue;
            };
            state.bytes = 0;
            let number = state.next;
            drop(state);
            match self.write(number, from) {
                Ok(Some(bytes)) => {
                    let mut state = self.state.lock();
                    state.next += 1;
                    state.last_snapshot_bytes = bytes;
                }
                Ok(None) => return,
                // The log has everything all the same: it only grows.
                Err(error) => repeats.say(
                    "snapshot",
                    format_args!(
                        "no snapshot could be written, so the log goes on growing: {error}"
                    ),
                ),
            }
        }
    }

    /// Checks that every file that a recovery needs is still there, and gives the files that are
    /// written as a whole; `before` are those of the last check.
    fn look(&self, before: &Seen) -> Result<Seen> {
        self.watched.check_lock()?;
        self.log.check()?;
        let seen = self.check_there(before)?;
        if let Some(watch) = self.watched.watch.get() {
            watch();
        }
        Ok(seen)
    }

    fn check_there(&self, before: &Seen) -> Result<Seen> {
        let newest = self.state.lock().next - 1;
        self.directory.check_there(self.generation, newest, before)
    }

    /// Writes one snapshot; gives its size, or nothing if the run ended meanwhile.
    fn write(&self, number: u64, from: Committed) -> Result<Option<u64>> {
        let path = self.directory.generation(self.generation);
        let name = Directory::snapshot_name(number);
        let header = header(FileKind::Snapshot, self.generation, number);
        let mut file = SealedWriter::create(&self.directory.storage, &path, &name, header)?;
        let base = Base {
            commit: from.commit,
            position: from.position,
        };
        file.append(FrameKind::Base as u8, &base.encode())?;
        let (mut bytes, mut newest) = (0, from.commit.number);
        for (store, durable) in (0..).zip(self.log.stores()) {
            for shard in 0..durable.shards() {
                if self.state.lock().closed {
                    return Ok(None);
                }
                let written = durable.snapshot(shard);
                let (entries, as_of) = written.map_err(|what| {
                    WalError::io(
                        "cannot write",
                        &path.join(&name),
                        std::io::Error::other(what),
                    )
                })?;
                // What was durable when this began is in every shard, touched or not.
                let as_of = as_of.max(from.commit.number);
                newest = newest.max(as_of);
                let pieces = self.log.pieces(store, &entries).map_err(|error| {
                    WalError::io(
                        "cannot write",
                        &path.join(&name),
                        std::io::Error::other(error),
                    )
                })?;
                for entries in pieces {
                    let section = Section {
                        epoch: self.log.epoch(),
                        store,
                        shard,
                        number: as_of,
                        entries,
                    };
                    let payload = section.encode();
                    bytes += payload.len() as u64;
                    file.append(FrameKind::Shard as u8, &payload)?;
                }
                failpoint("checkpoint.snapshot.after-shard");
            }
        }
        let not_yet = |state: &mut SnapshotState| {
            let last = state.committed.map_or(0, |last| last.commit.number);
            !state.closed && last < newest
        };
        let closed = self.changed.wait_while(self.state.lock(), not_yet).closed;
        if closed {
            return Ok(None);
        }
        failpoint("checkpoint.snapshot.before-commit");
        file.commit()?;
        failpoint("checkpoint.snapshot.after-commit");
        self.clean(number)?;
        failpoint("checkpoint.snapshot.before-release");
        self.log.release(from.position)?;
        failpoint("checkpoint.snapshot.after-release");
        Ok(Some(bytes))
    }

    /// Removes the snapshots before number `newest`: no recovery needs them.
    fn clean(&self, newest: u64) -> Result<()> {
        for (number, path) in self.directory.snapshots(self.generation)? {
            if number < newest {
                let removed = self.directory.storage.remove(&path);
                removed.map_err(|error| WalError::io("cannot remove", &path, error))?;
                failpoint("checkpoint.snapshot.after-remove");
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots")
            .field("generation", &self.shared.generation)
            .finish_non_exhaustive()
    }
}
