//! The records of a batch by the shard of their keys, and what came of them put back in order.
//!
//! Keys do not know of each other, so the shards of a state can be worked on side by side, each
//! with its records in arrival order. Their results are put back into the order of the batch by
//! the list of shards that the records of a piece went to: nothing is sorted.

use crate::data::Key;
use crate::rdd::{Rdd, RddSource};
use crate::shuffle::{KeyHasher, SHARDS, shard_of};

/// A record with its number within its piece.
pub(super) type NumberedPair<K, V> = (u32, K, V);

/// The result of a record: the partition of its key, and a record if there is one.
pub(super) type Emitted<M> = (u32, Option<M>);

/// The records of one piece of a batch.
pub(super) struct Scattered<K, V> {
    pub(super) shards: Vec<Vec<NumberedPair<K, V>>>,
    /// The shard of every record.
    pub(super) route: Vec<u8>,
}

const _: () = assert!(SHARDS <= 1 << u8::BITS);

/// Scatters the pieces of a batch, on the workers.
pub(super) fn scattered<K: Key, V: Send + 'static>(
    rdd: &Rdd<(K, V)>,
    hasher: &KeyHasher,
) -> Vec<Scattered<K, V>> {
    rdd.on_pieces(rdd.pieces(), |partition, piece| {
        let mut scattered = Scattered {
            shards: (0..SHARDS).map(|_| Vec::new()).collect(),
            route: Vec::new(),
        };
        rdd.visit(partition, piece, &mut |(key, value)| {
            let shard = shard_of(hasher.hash(&key));
            scattered.shards[shard].push((scattered.route.len() as u32, key, value));
            scattered.route.push(shard as u8);
        });
        scattered
    })
}

/// Puts what came of the records of a piece back into their order, by partition.
pub(super) fn gathered<M>(
    route: &[u8],
    shards: Vec<Vec<Emitted<M>>>,
    partitions: usize,
) -> Vec<Vec<M>> {
    let mut shards: Vec<_> = shards.into_iter().map(Vec::into_iter).collect();
    let mut gathered: Vec<Vec<M>> = (0..partitions).map(|_| Vec::new()).collect();
    if let [only] = gathered.as_mut_slice() {
        only.reserve(route.len());
    }
    for &shard in route {
        if let Some((partition, Some(record))) = shards[usize::from(shard)].next() {
            gathered[partition as usize].push(record);
        }
    }
    gathered
}

/// The records that `map_with_state` gives in a batch: piece by piece, and last what timed out.
pub(super) struct Gathered<M> {
    /// By piece, then by partition.
    pub(super) pieces: Vec<Vec<Vec<M>>>,
    pub(super) partitions: usize,
}

impl<M: Clone + Send + Sync + 'static> RddSource<M> for Gathered<M> {
    fn partitions(&self) -> usize {
        self.partitions
    }

    fn pieces(&self, _partition: usize) -> usize {
        self.pieces.len()
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(M)) {
        self.pieces[piece][partition].iter().cloned().for_each(each);
    }

    fn is_materialized(&self) -> bool {
        true
    }

    fn take(&self, count: usize) -> Vec<M> {
        let records = (0..self.partitions)
            .flat_map(|partition| self.pieces.iter().flat_map(move |piece| &piece[partition]));
        records.take(count).cloned().collect()
    }

    fn known_count(&self) -> Option<u64> {
        let counts = self.pieces.iter().flatten().map(|part| part.len() as u64);
        Some(counts.sum())
    }
}
