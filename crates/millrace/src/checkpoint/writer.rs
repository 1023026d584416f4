//! The batch log: one delta a batch, and the word that it is complete.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use millrace_wal::{Position, SegmentLog, WalError, failpoint};

use crate::durable::Durable;

use super::record::{Commit, Kind, Section};

type Result<T, E = WalError> = std::result::Result<T, E>;

/// Writes batches down, one after the other.
pub(crate) struct BatchLog {
    log: Mutex<SegmentLog>,
    stores: Vec<Arc<dyn Durable>>,
    epoch: u32,
}

/// A commit and its position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committed {
    pub(crate) commit: Commit,
    /// Behind it.
    pub(crate) position: Position,
    /// Payload bytes of the batch.
    pub(crate) bytes: u64,
    /// The time that the disk took: the sync, and the segments that were begun.
    pub(crate) sync: Duration,
}

impl BatchLog {
    pub(crate) fn new(log: SegmentLog, stores: Vec<Arc<dyn Durable>>, epoch: u32) -> BatchLog {
        let log = Mutex::new(log);
        BatchLog { log, stores, epoch }
    }

    fn log(&self) -> std::sync::MutexGuard<'_, SegmentLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stores(&self) -> &[Arc<dyn Durable>] {
        &self.stores
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The payload of what a batch has of a shard.
    fn section(&self, store: u32, shard: u32, number: u64, entries: &[u8]) -> Vec<u8> {
        let section = Section {
            epoch: self.epoch,
            store,
            shard,
            number,
            entries,
        };
        section.encode()
    }

    /// Makes durable what stores have planned for a batch, before it runs.
    pub(crate) fn plan(&self, number: u64) -> Result<()> {
        let mut log = self.log();
        let mut planned = false;
        for (store, durable) in (0..).zip(&self.stores) {
            let Some((shard, entries)) = durable.take_ahead() else {
                continue;
            };
            let payload = self.section(store, shard, number, &entries);
            log.append(Kind::Plan as u8, &payload)?;
            planned = true;
        }
        if planned {
            let synced = log.prepare_sync()?.run()?;
            log.complete_sync(&synced);
        }
        Ok(())
    }

    /// Makes what a batch has changed durable. The receivers' log goes on at `blocks`.
    pub(crate) fn commit(&self, number: u64, time: i64, blocks: Position) -> Result<Committed> {
        let mut log = self.log();
        let (mut bytes, mut sync) = (0, Duration::ZERO);
        for (store, durable) in (0..).zip(&self.stores) {
            for (shard, entries) in durable.take_changes() {
                let payload = self.section(store, shard, number, &entries);
                bytes += payload.len() as u64;
                let (segment, started) = (log.end().segment, Instant::now());
                log.append(Kind::Delta as u8, &payload)?;
                if log.end().segment != segment {
                    sync += started.elapsed();
                }
            }
        }
        failpoint("checkpoint.commit.before-append");
        let commit = Commit {
            epoch: self.epoch,
            number,
            time,
            blocks,
        };
        log.append(Kind::Commit as u8, &commit.encode())?;
        failpoint("checkpoint.commit.after-append");
        let pending = log.prepare_sync()?;
        let started = Instant::now();
        let synced = pending.run()?;
        sync += started.elapsed();
        log.complete_sync(&synced);
        failpoint("checkpoint.commit.after-sync");
        log.check()?;
        Ok(Committed {
            commit,
            position: synced.end(),
            bytes,
            sync,
        })
    }

    /// Refuses to go on if a segment of the log is gone.
    pub(crate) fn check(&self) -> Result<()> {
        self.log().check_all()
    }

    /// Lets go of what a snapshot has.
    pub(crate) fn release(&self, before: Position) -> Result<()> {
        self.log().release(before).map(drop)
    }
}

impl std::fmt::Debug for BatchLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchLog")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
