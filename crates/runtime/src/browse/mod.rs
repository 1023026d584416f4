//! Looking at the state of a running program: one key, keys by their beginning, the greatest
//! values.
//!
//! A checkpoint tells how the state was after a batch, and to a tool. This tells how it is, while
//! batches change it, and law 8 holds: a batch that wants a shard waits for one step of
//! [`STEP`](millrace_engine::durable::STEP) slots, a search gives up at its time, and it takes at most half
//! of the time of one thread.

mod best;
mod compare;
mod generation;
mod search;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use millrace_engine::durable::{AnyValue, Durable, EntryReader, Look, write_json};
use millrace_types::{KeptRecord, StoreFigures};

/// Slots that the length of entries is estimated from, each time it is asked for.
const SAMPLE: usize = 256;

/// Entries that are enough for an estimate.
const ENOUGH: u64 = 32;

/// Something with keys that a program keeps.
pub struct Store {
    operator: String,
    name: &'static str,
    durable: Arc<dyn Durable>,
    /// Which shard the next estimate is from.
    turn: AtomicU64,
    /// Entries that were measured and their bytes, lately.
    measured: AtomicU64,
    bytes: AtomicU64,
}

impl Store {
    /// The store of an operator, if it has keys.
    pub fn of(operator: &str, name: &'static str, durable: Arc<dyn Durable>) -> Option<Store> {
        durable.keys()?;
        Some(Store {
            operator: operator.to_owned(),
            name,
            durable,
            turn: AtomicU64::new(0),
            measured: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// The number of keys, and their bytes or an estimate of them.
    pub fn figures(&self) -> StoreFigures {
        let keys = self.durable.keys().unwrap_or_default();
        StoreFigures {
            operator: self.operator.clone(),
            name: self.name.to_owned(),
            keys,
            bytes: self.durable.bytes().unwrap_or_else(|| self.estimate(keys)),
        }
    }

    fn estimate(&self, keys: u64) -> u64 {
        self.measure();
        let measured = self.measured.load(Ordering::Relaxed).max(1);
        let bytes = u128::from(keys) * u128::from(self.bytes.load(Ordering::Relaxed));
        u64::try_from(bytes / u128::from(measured)).unwrap_or(u64::MAX)
    }

    /// Measures some entries, of as many shards as it takes to have enough of them. Old measurements count less
    /// and less.
    fn measure(&self) {
        let shards = u64::from(self.durable.shards()).max(1);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut entries = Vec::new();
        let (mut count, mut length) = (0, 0);
        for shard in turn..turn + shards {
            let shard = (shard % shards) as u32;
            entries.clear();
            self.durable
                .look(shard, Look::default(), SAMPLE, &mut entries);
            length += entries.len() as u64;
            let mut reader = EntryReader::new(&entries);
            while let Some(Ok(_)) = reader.next_raw() {
                count += 1;
            }
            if count >= ENOUGH {
                break;
            }
        }
        let (measured, bytes) = (
            self.measured.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
        );
        let halved = u64::from(measured > 64 * SAMPLE as u64);
        self.measured
            .store((measured >> halved) + count, Ordering::Relaxed);
        self.bytes
            .store((bytes >> halved) + length, Ordering::Relaxed);
    }

    /// The record of a key that reads as `key`, either as the text itself or as JSON.
    pub fn find(&self, key: &str) -> Option<KeptRecord> {
        let text = serde_json::Value::String(key.to_owned());
        let json = serde_json::from_str::<serde_json::Value>(key).ok();
        [Some(text), json].into_iter().flatten().find_map(|wanted| {
            let written = rmp_serde::to_vec_named(&wanted).ok()?;
            let mut value = Vec::new();
            self.durable
                .find(&written, &mut value)
                .then(|| record(&written, &value))?
        })
    }
}

/// A key and its value as JSON text; `None` if the bytes are none.
fn record(key: &[u8], value: &[u8]) -> Option<KeptRecord> {
    let json = |bytes: &[u8]| {
        let mut out = Vec::new();
        write_json(bytes, &mut out).ok()?;
        String::from_utf8(out).ok()
    };
    Some(KeptRecord {
        key: json(key)?,
        value: json(value)?,
    })
}

/// A value that somebody has written down.
fn value_of(bytes: &[u8]) -> Option<serde_json::Value> {
    AnyValue::read(bytes).ok().map(|value| value.0)
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("operator", &self.operator)
            .finish_non_exhaustive()
    }
}
