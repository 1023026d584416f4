//! The batch log: one delta per batch, and the word that it is complete.

use std::sync::Arc;
use std::time::{Duration, Instant};

use millrace_engine::durable::{Durable, TooLong, pieces};
use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_types::Lock;
use millrace_wal::{Position, SegmentLog, WalError, failpoint};

use super::record::{Commit, FrameKind, MOST_ENTRIES, Section};
use super::refused;

/// Writes batches down, one after the other.
pub(crate) struct BatchLog {
    log: Lock<SegmentLog>,
    stores: Vec<Arc<dyn Durable>>,
    /// The operator of each store.
    operators: Vec<String>,
    epoch: u32,
}

/// A commit and its position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committed {
    pub(crate) commit: Commit,
    /// Behind it.
    pub position: Position,
    /// Payload bytes of the batch.
    pub bytes: u64,
    /// The time that the disk took: the sync, and the segments that were begun.
    pub sync: Duration,
}

impl BatchLog {
    pub(crate) fn new(
        log: SegmentLog,
        stores: Vec<Arc<dyn Durable>>,
        operators: Vec<String>,
        epoch: u32,
    ) -> BatchLog {
        BatchLog {
            log: Lock::new(log),
            stores,
            operators,
            epoch,
        }
    }

    /// Entries of a store in pieces that fit into sections.
    ///
    /// # Errors
    /// If one entry alone does not, or the store's entries belong together.
    pub(crate) fn pieces<'e>(&self, store: u32, entries: &'e [u8]) -> Result<Vec<&'e [u8]>> {
        let index = store as usize;
        let is_divisible = self.stores.get(index).is_some_and(|it| it.is_divisible());
        if !is_divisible && entries.len() > MOST_ENTRIES {
            return Err(self.too_long(index, "what one part of it keeps", entries.len()));
        }
        pieces(entries, MOST_ENTRIES).map_err(|TooLong(bytes)| {
            self.too_long(index, "one key with what is kept of it", bytes)
        })
    }

    fn too_long(&self, store: usize, what: &str, bytes: usize) -> Error {
        let operator = self.operators.get(store);
        let operator = operator.map_or("a store", String::as_str);
        Error::new(
            ErrorKind::Task,
            format!(
                "{operator}: {what} takes {bytes} bytes, and the checkpoint has room for \
                 {MOST_ENTRIES}: keep less under one key, or shorter windows"
            ),
        )
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
        let mut log = self.log.lock();
        let mut planned = false;
        for (store, durable) in (0..).zip(&self.stores) {
            let Some((shard, entries)) = durable.take_ahead() else {
                continue;
            };
            for entries in self.pieces(store, &entries)? {
                let payload = self.section(store, shard, number, entries);
                log.append(FrameKind::Plan as u8, &payload)
                    .map_err(refused)?;
            }
            planned = true;
        }
        if planned {
            let synced = log.prepare_sync().and_then(|pending| pending.run());
            log.complete_sync(&synced.map_err(refused)?);
        }
        Ok(())
    }

    /// Makes what a batch has changed durable. The receivers' log goes on at `blocks`.
    pub(crate) fn commit(&self, number: u64, time: i64, blocks: Position) -> Result<Committed> {
        let mut log = self.log.lock();
        let (mut bytes, mut sync) = (0, Duration::ZERO);
        for (store, durable) in (0..).zip(&self.stores) {
            for (shard, entries) in durable.take_changes() {
                for entries in self.pieces(store, &entries)? {
                    let payload = self.section(store, shard, number, entries);
                    bytes += payload.len() as u64;
                    let (segment, started) = (log.end().segment, Instant::now());
                    log.append(FrameKind::Delta as u8, &payload)
                        .map_err(refused)?;
                    if log.end().segment != segment {
                        sync += started.elapsed();
                    }
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
        let appended = log.append(FrameKind::Commit as u8, &commit.encode());
        appended.map_err(refused)?;
        failpoint("checkpoint.commit.after-append");
        let pending = log.prepare_sync().map_err(refused)?;
        let started = Instant::now();
        let synced = pending.run().map_err(refused)?;
        sync += started.elapsed();
        log.complete_sync(&synced);
        failpoint("checkpoint.commit.after-sync");
        log.check().map_err(refused)?;
        Ok(Committed {
            commit,
            position: synced.end(),
            bytes,
            sync,
        })
    }

    /// Lets go of what stores have planned and what was changed.
    pub(crate) fn leave_out(&self) {
        for store in &self.stores {
            drop((store.take_ahead(), store.take_changes()));
        }
    }

    /// Refuses to go on if a segment of the log is gone.
    pub(crate) fn check(&self) -> Result<(), WalError> {
        self.log.lock().check_all()
    }

    /// Lets go of what a snapshot has.
    pub(crate) fn release(&self, before: Position) -> Result<(), WalError> {
        self.log.lock().release(before).map(drop)
    }
}

impl std::fmt::Debug for BatchLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchLog")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
