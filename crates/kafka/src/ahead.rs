//! Which partitions of a batch may fill their queues before it is their turn.
//!
//! Workers read one partition after the other. One that is fetched only when its turn has come
//! keeps its worker waiting, and if all are fetched at once the queues of those that wait hold as
//! much as the whole budget, most of it out of the processor's caches when it is read. So a few
//! are: as many as have so many records, and whose queues the budget has room for.

use std::collections::{BTreeMap, VecDeque};

use crate::offset_range::OffsetRange;
use crate::planner::Part;

/// The records that partitions which wait for their turn should have together.
const RECORDS: u64 = 100_000;

/// The partitions of a batch whose turn has not come.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// The most partitions that may be fetched.
    most: usize,
    /// Ranges that nobody fetches yet, in the order of their turns.
    waiting: VecDeque<OffsetRange>,
    /// The number of records of each partition that is fetched.
    fetched: BTreeMap<Part, u64>,
}

impl Ahead {
    /// Ranges that nobody fetches yet, in the order of their turns, at most so many of which may
    /// wait with their records.
    pub(crate) fn of(waiting: VecDeque<OffsetRange>, most: usize) -> Ahead {
        Ahead {
            most,
            waiting,
            fetched: BTreeMap::new(),
        }
    }

    /// Takes note that a partition's turn has come.
    pub(crate) fn begin(&mut self, part: &Part) {
        if self.fetched.remove(part).is_none() {
            self.waiting
                .retain(|it| it.partition != part.1 || it.topic != part.0);
        }
    }

    /// The ranges that are to be fetched from now on, too.
    pub(crate) fn more(&mut self) -> Vec<OffsetRange> {
        let mut more = Vec::new();
        let mut records: u64 = self.fetched.values().sum();
        while records < RECORDS
            && self.fetched.len() < self.most
            && let Some(range) = self.waiting.pop_front()
        {
            records += range.count();
            let part = (range.topic.clone(), range.partition);
            self.fetched.insert(part, range.count());
            more.push(range);
        }
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(counts: &[i64]) -> Ahead {
        let ranges = counts.iter().zip(0..);
        let ranges = ranges.map(|(&count, part)| OffsetRange::new("t", part, 0, count));
        Ahead::of(ranges.collect(), 4)
    }

    fn more(ahead: &mut Ahead) -> Vec<i32> {
        ahead.more().iter().map(|range| range.partition).collect()
    }

    #[test]
    fn partitions_with_few_records_are_all_fetched_at_once() {
        let mut ahead = ahead(&[10, 0, 20, 30]);
        assert_eq!(more(&mut ahead), [0, 1, 2, 3]);
        assert!(more(&mut ahead).is_empty());
    }

    #[test]
    fn no_more_are_fetched_than_the_budget_has_room_for() {
        let mut ahead = ahead(&[10; 6]);
        assert_eq!(more(&mut ahead), [0, 1, 2, 3]);
        ahead.begin(&("t".to_owned(), 2));
        assert_eq!(more(&mut ahead), [4]);
    }

    #[test]
    fn of_large_ones_the_next_few_are() {
        let mut ahead = ahead(&[60_000; 6]);
        assert_eq!(more(&mut ahead), [0, 1]);
        ahead.begin(&("t".to_owned(), 0));
        assert_eq!(more(&mut ahead), [2]);
        // Whose turn comes before it was fetched is not fetched twice.
        ahead.begin(&("t".to_owned(), 4));
        assert!(more(&mut ahead).is_empty());
        ahead.begin(&("t".to_owned(), 1));
        ahead.begin(&("t".to_owned(), 2));
        assert_eq!(more(&mut ahead), [3, 5]);
    }
}
