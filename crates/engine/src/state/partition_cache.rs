//! The partitions of keys that come again and again.
//!
//! A portable hash costs as much as the rest of a record. A key that has a state is known by its
//! place, which no other key has; so a few slots remember what was computed last.

use crate::partition::Partitioner;

const SLOTS: usize = 1 << 10;

/// Asks the partitioner as rarely as it can.
pub(super) struct PartitionCache<'a, K> {
    partitioner: &'a dyn Partitioner<K>,
    /// A place and its partition; places are odd here, so that nothing is zero.
    slots: Vec<(u64, u32)>,
    single: bool,
}

impl<'a, K: 'static> PartitionCache<'a, K> {
    /// For so many records.
    pub(super) fn new(
        partitioner: &'a dyn Partitioner<K>,
        records: usize,
    ) -> PartitionCache<'a, K> {
        let single = partitioner.partitions() == 1;
        let slots = if single {
            0
        } else {
            records.next_power_of_two().min(SLOTS)
        };
        PartitionCache {
            partitioner,
            slots: vec![(0, 0); slots],
            single,
        }
    }

    /// The partition of the key with this place.
    pub(super) fn of(&mut self, place: u64, key: &K) -> u32 {
        if self.single {
            return 0;
        }
        let tag = place << 1 | 1;
        let slot = place as usize & (self.slots.len() - 1);
        let (known, partition) = &mut self.slots[slot];
        if *known != tag {
            *partition = self.partitioner.partition(key) as u32;
            *known = tag;
        }
        *partition
    }
}
