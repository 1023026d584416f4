//! PySpark's order of what lies in shards: the first few records without a sort of the rest, and
//! all of them for those who read all (law 3).

use std::collections::BTreeMap;

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

/// Records of one partition, each with the place it has there.
pub(crate) type Placed<R> = Vec<(u64, R)>;

/// The records of all shards by partition, in order. `of_shard` gives those of one shard by
/// partition, in no order. `side_by_side` is for those who run on the workers: they share shards
/// and partitions.
pub(crate) fn in_order<R: Send>(
    side_by_side: bool,
    shards: usize,
    partitions: usize,
    of_shard: impl Fn(usize) -> Vec<Placed<R>> + Sync,
) -> Vec<Vec<R>> {
    let shards: Vec<Vec<Placed<R>>> = if side_by_side {
        let shards = (0..shards).into_par_iter().with_max_len(1);
        shards.map(&of_shard).collect()
    } else {
        (0..shards).map(of_shard).collect()
    };
    let mut parts: Vec<Vec<Placed<R>>> = (0..partitions).map(|_| Vec::new()).collect();
    for shard in shards {
        for (part, records) in parts.iter_mut().zip(shard) {
            part.push(records);
        }
    }
    if side_by_side {
        parts.into_par_iter().map(sorted).collect()
    } else {
        parts.into_iter().map(sorted).collect()
    }
}

/// About how many records are sorted at once: they fit into a core's own cache.
const SORTED_AT_ONCE: usize = 1 << 11;

/// Puts the records of a partition in order. Many are dealt out by the range of their places
/// first: what is sorted then stays in the cache, and needs fewer comparisons.
fn sorted<R>(parts: Vec<Placed<R>>) -> Vec<R> {
    let len: usize = parts.iter().map(Vec::len).sum();
    let places = || parts.iter().flatten().map(|&(place, _)| place);
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
    let mut ranges: Vec<Placed<R>> = counts.into_iter().map(Vec::with_capacity).collect();
    for record in parts.into_iter().flatten() {
        ranges[range_of(record.0)].push(record);
    }
    let mut records = Vec::with_capacity(len);
    let mut scratch = Scratch::default();
    for mut range in ranges {
        scratch.put_in_order(&mut range);
        records.extend(range.into_iter().map(|(_, record)| record));
    }
    records
}

/// A range has few enough places without a record if it has at most so many for each that has one.
const DENSE: u64 = 4;

/// Memory to put ranges in order with, one after the other.
#[derive(Default)]
struct Scratch {
    /// The record at each place of a range, by its number plus one; zero if there is none.
    at: Vec<u32>,
    /// The number that each record is to have.
    ranks: Vec<u32>,
}

impl Scratch {
    /// Puts the records of a range in order. Places are counted through where most of them have a
    /// record, which takes a third of the time of a sort.
    fn put_in_order<R>(&mut self, range: &mut Placed<R>) {
        if !self.rank(range) {
            range.sort_unstable_by_key(|&(place, _)| place);
            return;
        }
        for number in 0..range.len() {
            // Every swap brings one record to where it belongs.
            while self.ranks[number] as usize != number {
                let rank = self.ranks[number] as usize;
                range.swap(number, rank);
                self.ranks.swap(number, rank);
            }
        }
    }

    /// Finds the ranks of records by their places; false if that is not worth it, or if two
    /// records share a place.
    fn rank<R>(&mut self, range: &Placed<R>) -> bool {
        let places = || range.iter().map(|&(place, _)| place);
        let (Some(first), Some(last)) = (places().min(), places().max()) else {
            return false;
        };
        if (last - first) / DENSE > range.len() as u64 {
            return false;
        }
        self.at.clear();
        self.at.resize((last - first) as usize + 1, 0);
        for (number, place) in (1..).zip(places()) {
            let at = &mut self.at[(place - first) as usize];
            if std::mem::replace(at, number) != 0 {
                return false;
            }
        }
        self.ranks.resize(range.len(), 0);
        let numbers = self.at.iter().filter(|&&number| number != 0);
        for (rank, &number) in (0..).zip(numbers) {
            self.ranks[number as usize - 1] = rank;
        }
        true
    }
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
            let of_shard = |shard: usize| -> Vec<Placed<u64>> {
                let mut partitions = vec![Vec::new(), Vec::new()];
                for &(place, _) in all.iter().rev().filter(|record| record.1 == shard) {
                    partitions[(place % 2) as usize].push((place, place));
                }
                partitions
            };
            for side_by_side in [false, true] {
                let ordered = in_order(side_by_side, 3, 2, of_shard);
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
