//! PySpark's order of what lies in shards: the first few records without a sort of the rest, and
//! all of them for those who read all (law 3).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

/// Collects the `count` records that come first by (partition, arrival).
pub(crate) struct Earliest<R> {
    count: usize,
    records: BTreeMap<(usize, u64), R>,
    /// The place from which on records are not kept: where the last one is when there are
    /// enough.
    limit: (usize, u64),
}

/// A place that no record has: partitions are fewer.
const BEHIND_ALL: (usize, u64) = (usize::MAX, u64::MAX);

impl<R> Earliest<R> {
    pub(crate) fn new(count: usize) -> Earliest<R> {
        Earliest {
            count,
            records: BTreeMap::new(),
            limit: if count == 0 { (0, 0) } else { BEHIND_ALL },
        }
    }

    /// Offers a record. Its partition, which costs a portable hash, is asked for only if the
    /// arrival alone does not rule the record out. No two records of a partition share an
    /// arrival, save the last of a run with more keys than arrivals; of those any may win.
    #[inline]
    pub(crate) fn offer(&mut self, arrival: u64, partition: impl FnOnce() -> usize, record: R) {
        self.offer_with(arrival, partition, || record);
    }

    /// As [`offer`](Earliest::offer), for a record that is costly to make.
    #[inline]
    pub(crate) fn offer_with(
        &mut self,
        arrival: u64,
        partition: impl FnOnce() -> usize,
        record: impl FnOnce() -> R,
    ) {
        // Even in the first partition it would come behind the last one kept.
        if (0, arrival) >= self.limit {
            return;
        }
        let place = (partition(), arrival);
        if place < self.limit {
            self.keep(place, record());
        }
    }

    fn keep(&mut self, place: (usize, u64), record: R) {
        self.records.insert(place, record);
        if self.records.len() > self.count {
            self.records.pop_last();
        }
        if self.records.len() == self.count
            && let Some((&last, _)) = self.records.last_key_value()
        {
            self.limit = last;
        }
    }

    /// True if it has as many records as it may, all of the first partition.
    pub(crate) fn is_full_of_first_partition(&self) -> bool {
        let last = self.records.last_key_value();
        self.records.len() == self.count && last.is_none_or(|((partition, _), _)| *partition == 0)
    }

    /// The records, first one first.
    pub(crate) fn into_records(self) -> impl Iterator<Item = R> {
        self.records.into_values()
    }
}

/// A record of a shard: its place in the order, its partition, and its slot in the shard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    place: u64,
    partition: u32,
    slot: u32,
}

impl Placed {
    pub(crate) fn new(place: u64, partition: usize, slot: u32) -> Placed {
        let partition = partition as u32;
        Placed {
            place,
            partition,
            slot,
        }
    }
}

/// The records of all shards by partition, in order. `of_shard` gives those of one shard, in no
/// order, and `record` makes one of its place, shard and slot. `side_by_side` is for those who run
/// on the workers: they share the work.
pub(crate) fn in_order<R: Copy + Send + Sync>(
    side_by_side: bool,
    (shards, partitions): (usize, usize),
    of_shard: impl Fn(usize) -> Vec<Placed> + Sync,
    record: impl Fn(u64, usize, u32) -> R + Sync,
) -> Vec<Vec<R>> {
    let of_shard = |shard| {
        let placed = of_shard(shard);
        (Places::of(&placed), placed)
    };
    let (places, placed): (Vec<Places>, Vec<Vec<Placed>>) =
        each(side_by_side, shards, of_shard).into_iter().unzip();
    let places = places.into_iter().fold(Places::of(&[]), Places::and);
    let counted = if places.are_dense(shards, partitions) {
        places.counted(side_by_side, &placed, partitions, &record)
    } else {
        None
    };
    counted.unwrap_or_else(|| sorted(side_by_side, &placed, partitions, &record))
}

/// The results of `make` for every number, in order.
fn each<R: Send>(side_by_side: bool, count: usize, make: impl Fn(usize) -> R + Sync) -> Vec<R> {
    if side_by_side {
        let numbers = (0..count).into_par_iter().with_max_len(1);
        numbers.map(&make).collect()
    } else {
        (0..count).map(make).collect()
    }
}

/// Places are counted through if there are at most so many for each that has a record.
const DENSE: u64 = 4;

/// Places that are counted through by one task.
const COUNTED_AT_ONCE: usize = 1 << 16;

/// A word of a place that has a record: the slot, the shard, and the partition plus one above them.
const SHARD_SHIFT: u32 = 32;
const PARTITION_SHIFT: u32 = 40;

/// The places that records have.
struct Places {
    first: u64,
    last: u64,
    records: usize,
}

impl Places {
    /// The places of these records.
    fn of(placed: &[Placed]) -> Places {
        let places = || placed.iter().map(|record| record.place);
        Places {
            first: places().min().unwrap_or(u64::MAX),
            last: places().max().unwrap_or(0),
            records: placed.len(),
        }
    }

    /// The places of both.
    fn and(self, others: Places) -> Places {
        Places {
            first: self.first.min(others.first),
            last: self.last.max(others.last),
            records: self.records + others.records,
        }
    }

    /// True if there are few enough places for their records, and a word has room for a record.
    fn are_dense(&self, shards: usize, partitions: usize) -> bool {
        let has_room = shards <= 1 << (PARTITION_SHIFT - SHARD_SHIFT)
            && partitions < 1 << (u64::BITS - PARTITION_SHIFT);
        let places = self.last.checked_sub(self.first);
        has_room && places.is_some_and(|places| places / DENSE < self.records as u64)
    }

    /// Puts every record where its place is among all, and then goes through the places. `None` if two
    /// records share a place.
    fn counted<R: Copy + Send + Sync>(
        &self,
        side_by_side: bool,
        placed: &[Vec<Placed>],
        partitions: usize,
        record: &(impl Fn(u64, usize, u32) -> R + Sync),
    ) -> Option<Vec<Vec<R>>> {
        let count = (self.last - self.first) as usize + 1;
        let tasks = count.div_ceil(COUNTED_AT_ONCE);
        // Made by the tasks: whoever touches new memory first has its pages cleared.
        let words: Vec<Vec<AtomicU64>> = each(side_by_side, tasks, |task| {
            let left = count - task * COUNTED_AT_ONCE;
            let words = (0..left.min(COUNTED_AT_ONCE)).map(|_| AtomicU64::new(0));
            words.collect()
        });
        each(side_by_side, placed.len(), |shard| {
            for record in &placed[shard] {
                let at = (record.place - self.first) as usize;
                let word = (u64::from(record.partition) + 1) << PARTITION_SHIFT
                    | (shard as u64) << SHARD_SHIFT
                    | u64::from(record.slot);
                words[at / COUNTED_AT_ONCE][at % COUNTED_AT_ONCE].store(word, Ordering::Relaxed);
            }
        });
        let parts: Vec<Vec<Vec<R>>> = each(side_by_side, tasks, |task| {
            let room = words[task].len().min(self.records) / partitions / 8 * 9;
            let mut parts: Vec<Vec<R>> =
                (0..partitions).map(|_| Vec::with_capacity(room)).collect();
            let first = self.first + (task * COUNTED_AT_ONCE) as u64;
            for (place, word) in (first..).zip(&words[task]) {
                let word = word.load(Ordering::Relaxed);
                if word != 0 {
                    let partition = (word >> PARTITION_SHIFT) as usize - 1;
                    let shard = (word >> SHARD_SHIFT) as u8;
                    parts[partition].push(record(place, usize::from(shard), word as u32));
                }
            }
            parts
        });
        let counted = parts.iter().flatten().map(Vec::len).sum::<usize>();
        (counted == self.records).then(|| {
            each(side_by_side, partitions, |partition| {
                let parts: Vec<&[R]> = parts.iter().map(|parts| &*parts[partition]).collect();
                parts.concat()
            })
        })
    }
}

/// About how many records are sorted at once: they fit into a core's own cache.
const SORTED_AT_ONCE: usize = 1 << 11;

/// Puts the records of every partition in order.
fn sorted<R: Copy + Send + Sync>(
    side_by_side: bool,
    placed: &[Vec<Placed>],
    partitions: usize,
    record: &(impl Fn(u64, usize, u32) -> R + Sync),
) -> Vec<Vec<R>> {
    let parts: Vec<Vec<Vec<(u64, R)>>> = each(side_by_side, placed.len(), |shard| {
        let room = placed[shard].len() / partitions / 8 * 9;
        let mut parts: Vec<_> = (0..partitions).map(|_| Vec::with_capacity(room)).collect();
        for at in &placed[shard] {
            let record = record(at.place, shard, at.slot);
            parts[at.partition as usize].push((at.place, record));
        }
        parts
    });
    each(side_by_side, partitions, |partition| {
        let parts: Vec<&[(u64, R)]> = parts.iter().map(|parts| &*parts[partition]).collect();
        sorted_parts(&parts)
    })
}

/// Puts the records of a partition in order. Many are dealt out by the range of their places
/// first: what is sorted then stays in the cache, and needs fewer comparisons.
fn sorted_parts<R: Copy>(parts: &[&[(u64, R)]]) -> Vec<R> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let places = || parts.iter().copied().flatten().map(|&(place, _)| place);
    let (Some(first), Some(last)) = (places().min(), places().max()) else {
        return Vec::new();
    };
    let ranges = len.div_ceil(SORTED_AT_ONCE) as u64;
    let shift = (0..u64::BITS)
        .find(|&shift| (last - first) >> shift < ranges)
        .unwrap_or(0);
    let range_of = |place: u64| ((place - first) >> shift) as usize;
    let mut counts = vec![0; range_of(last) + 1];
    places().for_each(|place| counts[range_of(place)] += 1);
    let mut ranges: Vec<Vec<(u64, R)>> = counts.into_iter().map(Vec::with_capacity).collect();
    for record in parts.iter().copied().flatten() {
        ranges[range_of(record.0)].push(*record);
    }
    let mut records = Vec::with_capacity(len);
    for mut range in ranges {
        range.sort_unstable_by_key(|&(place, _)| place);
        records.extend(range.into_iter().map(|(_, record)| record));
    }
    records
}

/// Records that one task reads of what is in order, about; and the most pieces of a partition.
const PIECE: usize = 1 << 14;
const PIECES: usize = 64;

/// The number of pieces of a partition of about `len` records.
pub(crate) fn pieces(len: usize) -> usize {
    (len / PIECE + 1).min(PIECES)
}

/// Which of a partition's records are in a piece.
pub(crate) fn piece<R>(records: &[R], piece: usize, pieces: usize) -> &[R] {
    let bound = |piece| records.len() * piece / pieces;
    &records[bound(piece)..bound(piece + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_that_share_a_place_are_all_there() {
        let places = [[3, 1, 2], [2, 4, 5]];
        let of_shard = |shard: usize| -> Vec<Placed> {
            let own = (0..).zip(places[shard]);
            own.map(|(slot, place)| Placed::new(place, 0, slot))
                .collect()
        };
        for side_by_side in [false, true] {
            let ordered = in_order(side_by_side, (2, 1), of_shard, |place, _, _| place);
            assert_eq!(ordered, [[1, 2, 2, 3, 4, 5]]);
        }
    }

    proptest! {
        #[test]
        fn all_in_order_equals_a_sort(
            records in proptest::collection::btree_map(any::<u64>(), 0_usize..3, 0..60),
            far in any::<bool>(),
            many in 0_u64..10_000,
        ) {
            let few = records.into_iter().map(|(place, shard)| (place >> 1, shard));
            let dense = (0..many).map(|n| (n * 7_919 % 10_007 + (u64::from(far) << 63), n as usize % 3));
            let all: Vec<(u64, usize)> = few.chain(dense).collect();
            let of_shard = |shard: usize| -> Vec<Placed> {
                let own = all.iter().rev().filter(|record| record.1 == shard);
                own.map(|&(place, _)| Placed::new(place, (place % 2) as usize, place as u32)).collect()
            };
            let record = |place: u64, shard: usize, slot: u32| {
                assert!(slot == place as u32 && shard < 3);
                place
            };
            for side_by_side in [false, true] {
                let ordered = in_order(side_by_side, (3, 2), of_shard, record);
                for (partition, records) in ordered.iter().enumerate() {
                    let mut expected: Vec<u64> = all.iter().map(|&(place, _)| place).collect();
                    expected.retain(|place| place % 2 == partition as u64);
                    expected.sort_unstable();
                    prop_assert_eq!(records, &expected);
                    let pieces = pieces(records.len());
                    let joined: Vec<u64> = (0..pieces)
                        .flat_map(|number| piece(records, number, pieces).to_vec())
                        .collect();
                    prop_assert_eq!(records, &joined);
                }
            }
        }

        #[test]
        fn equals_a_sort(partitions in proptest::collection::vec(0_usize..4, 0..60), count in 0_usize..15) {
            let mut all: Vec<(usize, u64)> = partitions.iter().copied().zip(0..).collect();
            let mut earliest = Earliest::new(count);
            for &(partition, arrival) in all.iter().rev() {
                earliest.offer(arrival, || partition, (partition, arrival));
            }
            all.sort_unstable();
            all.truncate(count);
            prop_assert_eq!(earliest.into_records().collect::<Vec<_>>(), all);
        }
    }
}
