//! `repartition`: the same records in another number of partitions.

use std::panic::Location;

use millrace_engine::data::Data;
use millrace_engine::partition::check_count;
use millrace_engine::pipeline::Pipeline;

use super::{Computed, DStream, named};

impl<T: Data, P: Pipeline<Item = T>> DStream<T, P> {
    /// Spreads the records of every batch over `partitions` partitions (Spark: `repartition`).
    ///
    /// Where a record goes is PySpark's: every partition is cut into parcels of ten records,
    /// which are dealt out one after the other. Zero partitions are an error that `start`
    /// reports. The work of a received batch is shared by all workers without it: this is for
    /// what is seen of partitions, not for speed.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["0 1 2 3 4 5 6 7 8 9 10 11\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).repartition(2).map_partitions(|all| [all.len()])
    /// });
    /// assert_eq!(batches, [[2, 10]]);
    /// ```
    #[track_caller]
    pub fn repartition(&self, partitions: u32) -> Computed<P::Item> {
        let name = named("repartition", Location::caller());
        if let Err(error) = check_count(partitions as usize) {
            self.builder.record_error(error.within(&name));
        }
        self.transformed(name, move |rdd, _| rdd.repartition(partitions))
    }
}
