//! The recovery of a keyed window: what snapshots have of its shards, and the batches since.
//!
//! A batch's input is written down as it came, and what leaves is not written at all: it is
//! arithmetic. So the window is slid again over the batches that the snapshot does not have,
//! with the same arguments to the program's functions in the same order (law 5): sums of
//! floating point numbers are the same, and a filter sees the values that it saw.
//!
//! The shards of a snapshot are of different batches, and keys are in other shards now. The keys
//! of one batch are a *part* of a shard; every part is slid by itself up to the last batch, and
//! the results are put together.

use std::collections::BTreeMap;

use crate::data::Key;
use crate::durable::StoreError;

use super::store::{Arrival, KeyedRule, WindowShard, WindowStore};

/// The value that one batch had of one key.
pub(super) struct Delta<K, C> {
    /// The batch.
    pub(super) number: u64,
    pub(super) key: K,
    pub(super) place: u64,
    pub(super) value: C,
}

/// Keys with their places and what was saved of them.
pub(super) type Saved<K, S> = Vec<(K, u64, <S as KeyedRule<K>>::Saved)>;

/// The parts that were read for one shard.
pub(super) struct Loading<K: Key, S: KeyedRule<K>> {
    /// Snapshots, by the last batch that they have.
    pub(super) parts: BTreeMap<u64, Saved<K, S>>,
    /// In the order of batches.
    pub(super) deltas: Vec<Delta<K, S::Brought>>,
}

impl<K: Key, S: KeyedRule<K>> Default for Loading<K, S> {
    fn default() -> Loading<K, S> {
        Loading {
            parts: BTreeMap::new(),
            deltas: Vec::new(),
        }
    }
}

/// Keys as batch `as_of` left them.
struct ReplayedKeys<K: Key, S: KeyedRule<K>> {
    kept: WindowShard<K, S>,
    as_of: u64,
    deltas: Vec<Delta<K, S::Brought>>,
}

impl<K: Key, S: KeyedRule<K>> WindowStore<K, S> {
    /// The shard as batch `number` left it.
    pub(super) fn replayed(
        &self,
        loading: Loading<K, S>,
        number: u64,
    ) -> Result<WindowShard<K, S>, StoreError> {
        let Loading { mut parts, deltas } = loading;
        // A key that no snapshot has comes to the oldest part, which must be older than it.
        let first = deltas.first().map_or(number, |delta| delta.number - 1);
        if parts.first_key_value().is_none_or(|(&of, _)| of > first) {
            parts.insert(first, Vec::new());
        }
        let mut parts: Vec<ReplayedKeys<K, S>> = parts
            .into_iter()
            .map(|(as_of, keys)| self.part(as_of, keys))
            .collect::<Result<_, _>>()?;
        for delta in deltas {
            let of = |part: &ReplayedKeys<K, S>| part.kept.slots.has(&delta.key);
            let at = parts.iter().skip(1).position(of).map_or(0, |at| at + 1);
            parts[at].deltas.push(delta);
        }
        let kept = parts.into_iter().map(|part| self.slid(part, number));
        let mut kept: Vec<WindowShard<K, S>> = kept.collect::<Result<_, _>>()?;
        if kept.len() > 1 {
            let saved = |kept: WindowShard<K, S>| self.rule.saved(&kept, &self.frame);
            let all = kept.drain(..).flat_map(saved).collect();
            kept.push(self.part(number, all)?.kept);
        }
        kept.pop()
            .ok_or(StoreError::Malformed("there is nothing of a shard"))
    }

    fn part(&self, as_of: u64, keys: Saved<K, S>) -> Result<ReplayedKeys<K, S>, StoreError> {
        let mut kept = WindowShard::new(&self.hasher);
        self.rule.restore(&mut kept, &self.frame, keys)?;
        let deltas = Vec::new();
        Ok(ReplayedKeys {
            kept,
            as_of,
            deltas,
        })
    }

    /// Slides a part up to batch `number`.
    fn slid(&self, part: ReplayedKeys<K, S>, number: u64) -> Result<WindowShard<K, S>, StoreError> {
        let ReplayedKeys {
            mut kept,
            as_of,
            deltas,
        } = part;
        let frame = &self.frame;
        let mut deltas = deltas.into_iter().peekable();
        for batch in frame.batch(as_of) + 1..=frame.batch(number) {
            let step = frame.step(frame.number(batch));
            self.step(&mut kept, step, None, |kept| {
                while let Some(delta) = deltas.next_if(|delta| frame.batch(delta.number) <= batch) {
                    // Skipped if no window of the new length covers this batch.
                    if step.taken {
                        let Delta {
                            key, place, value, ..
                        } = delta;
                        let sought = kept.slots.tag(&key).into();
                        let arrival = Arrival {
                            place,
                            sought,
                            key,
                            value,
                        };
                        self.enter(kept, step.batch, arrival);
                    }
                }
            })?;
        }
        Ok(kept)
    }
}
