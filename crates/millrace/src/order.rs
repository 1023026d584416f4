//! The first few records in PySpark's order, without a sort of the rest.

use std::collections::BTreeMap;

/// Collects the `count` records that come first by (partition, arrival).
pub(crate) struct Earliest<R> {
    count: usize,
    records: BTreeMap<(usize, u64), R>,
}

impl<R> Earliest<R> {
    pub(crate) fn new(count: usize) -> Earliest<R> {
        Earliest {
            count,
            records: BTreeMap::new(),
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
        if self.records.len() >= self.count {
            // Nothing is kept if nothing was asked for.
            let Some((&last, _)) = self.records.last_key_value() else {
                return;
            };
            // Even in the first partition it would come behind the last one kept.
            if (0, arrival) >= last {
                return;
            }
            let place = (partition(), arrival);
            if place < last {
                self.records.pop_last();
                self.records.insert(place, record());
            }
            return;
        }
        self.records.insert((partition(), arrival), record());
    }

    /// Whether it has as many records as it may, all of the first partition.
    pub(crate) fn is_full_of_first_partition(&self) -> bool {
        let last = self.records.last_key_value();
        self.records.len() == self.count && last.is_none_or(|((partition, _), _)| *partition == 0)
    }

    /// The records, first one first.
    pub(crate) fn into_records(self) -> impl Iterator<Item = R> {
        self.records.into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
