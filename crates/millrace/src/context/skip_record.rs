//! Skipping records on behalf of functions that the engine does not call itself.

use millrace_engine::error::{Error, Result};
use millrace_engine::poison::{At, shown_as};
use serde::Serialize;

use super::StreamingContext;

impl StreamingContext {
    /// Notes that a record was skipped in the batch that runs, by code in another language that
    /// the program calls for its records. The record is written down and counted as those are
    /// that functions of the engine's operators panic at (`millrace.onRecordError`).
    ///
    /// `place` is the number of a dataset, a partition of it and the number of the record there: a
    /// record that is read twice counts once.
    ///
    /// # Errors
    /// If there were more than `millrace.maxRecordErrors`, which also ends the run, or the
    /// setting does not ask for records to be skipped.
    ///
    /// ```
    /// use millrace::testing::Setup;
    /// Setup::default().run_stream(&["a\n"], |ssc, lines| {
    ///     assert!(ssc.skip_record((1, 0, 0), "map", "no number".to_owned(), &"a").is_err());
    ///     lines.print();
    /// });
    /// ```
    pub fn skip_record<T: Serialize>(
        &self,
        place: (u64, usize, u64),
        operator: &str,
        message: String,
        record: &T,
    ) -> Result<()> {
        let (dataset, part, number) = place;
        // No reader of the engine has such a number.
        let reader = dataset | 1 << 63;
        let operator = operator.into();
        let Some(skipping) = self.builder.executor.skipping(reader, &operator) else {
            return Err(Error::illegal("millrace.onRecordError is not skip"));
        };
        let at = At {
            part,
            ..At::default()
        };
        let skipped = skipping.try_skip((at, false), number, message, shown_as(record));
        skipped.inspect_err(|error| self.fail()(Error::new(error.kind(), error.to_string())))
    }
}
