//! The first few records of what is made record by record: `print` of a mapped state, for
//! instance. Where the parent finds its own first few without reading the rest, nobody orders
//! what nobody looks at (law 3); how many of them are needed is not known when a filter stands
//! between.

use millrace_types::Lock;

use crate::exec::Executor;

use super::{Rdd, RddSource};

/// The most that a parent is asked for before it is read as a whole: finding many in order costs
/// more than putting all in order.
const MOST: usize = 1 << 10;
/// The factor by which more are asked for when those before were not enough.
const GROWTH: usize = 8;

impl<T: Send + 'static> Rdd<T> {
    /// Hands the records to `pass` in lists, each of which begins where the last one ended, until
    /// `pass` says that it has enough or there are no more records. The first list has `count` records.
    #[doc(hidden)]
    pub fn in_growing_lists(&self, count: usize, pass: &mut dyn FnMut(Vec<T>) -> bool) {
        if count == 0 {
            return;
        }
        let (mut passed, mut asked) = (0, count);
        while asked <= MOST {
            let mut records = self.read_first(asked);
            let ended = records.len() < asked;
            records.drain(..passed.min(records.len()));
            if pass(records) || ended {
                return;
            }
            passed = asked;
            asked = asked.saturating_mul(GROWTH);
        }
        let mut records = self.read_all();
        records.drain(..passed.min(records.len()));
        pass(records);
    }

    /// Records that are read once, as one partition.
    #[doc(hidden)]
    pub fn read_once(records: Vec<T>, executor: &Executor) -> Rdd<T> {
        Rdd::new(ReadOnce(Lock::new(records)), executor.clone())
    }
}

/// Records that are moved to their first reader, without a clone.
struct ReadOnce<T>(Lock<Vec<T>>);

impl<T: Send> RddSource<T> for ReadOnce<T> {
    fn partitions(&self) -> usize {
        1
    }

    fn visit(&self, _partition: usize, _piece: usize, each: &mut dyn FnMut(T)) {
        let records = std::mem::take(&mut *self.0.lock());
        records.into_iter().for_each(each);
    }
}

/// The first `count` records, by reading pieces until there are enough, as Spark's `take` does
/// with partitions.
pub fn by_pieces<T>(source: &(impl RddSource<T> + ?Sized), count: usize) -> Vec<T> {
    let mut taken = Vec::new();
    for partition in 0..source.partitions() {
        for piece in 0..source.pieces(partition) {
            if taken.len() >= count {
                return taken;
            }
            source.visit(partition, piece, &mut |record| {
                if taken.len() < count {
                    taken.push(record);
                }
            });
        }
    }
    taken
}
