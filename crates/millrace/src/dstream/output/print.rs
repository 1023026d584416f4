//! `print`: the first records of every batch, as PySpark's `pprint` shows them.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::error::ErrorKind;
use millrace_engine::pipeline::Pipeline;
use millrace_runtime::graph::Shown;
use millrace_runtime::zone;
use serde::Serialize;

use super::super::{DStream, named};

impl<T: Serialize + Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Prints the first ten records of every batch on standard output, byte for byte as PySpark
    /// 3.5's `pprint()` does (Spark: `print`, `pprint`). `millrace.print.num` changes the
    /// number, `millrace.print.format` the format.
    ///
    /// A record prints as its Python equivalent: a `(Text, i64)` as `('word', 1)`. The whole
    /// block of a batch is written at once.
    ///
    /// ```
    /// let printed = millrace::testing::run_printed(&["hello world\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).map(|word| (word, 1_i64)).print();
    /// });
    /// assert_eq!(printed, "\
    /// -------------------------------------------
    /// Time: 1970-01-01 00:00:01
    /// -------------------------------------------
    /// ('hello', 1)
    /// ('world', 1)
    ///
    /// ");
    /// ```
    #[track_caller]
    pub fn print(&self) {
        self.print_first(
            named("print", Location::caller()),
            self.printer.default_num(),
        );
    }

    /// [`print`](DStream::print) with a number of records of its own.
    ///
    /// As in PySpark, a number of zero shows only whether there are records, and a negative one
    /// shows `...` always.
    ///
    /// ```
    /// let printed = millrace::testing::run_printed(&["a\nb\n"], |lines| lines.print_num(1));
    /// assert!(printed.ends_with("\na\n...\n\n"));
    /// ```
    #[track_caller]
    pub fn print_num(&self, num: i64) {
        self.print_first(named("print", Location::caller()), num);
    }

    /// PySpark's name for [`print`](DStream::print).
    ///
    /// ```
    /// let printed = millrace::testing::run_printed(&["a\nb\n"], |lines| lines.pprint());
    /// assert!(printed.ends_with("\na\nb\n\n"));
    /// ```
    #[track_caller]
    pub fn pprint(&self) {
        self.print_first(
            named("pprint", Location::caller()),
            self.printer.default_num(),
        );
    }

    fn print_first(&self, name: String, num: i64) {
        let (pipeline, printer) = (Arc::clone(&self.pipeline), Arc::clone(&self.printer));
        let at = name.clone();
        let shown = Arc::new(Shown::default());
        let keeps = Arc::clone(&shown);
        // One more than is shown tells whether there are more.
        let wanted = usize::try_from(num.saturating_add(1)).unwrap_or(0);
        let run = move |batch: &millrace_runtime::graph::BatchRun<'_>| {
            let mut records = batch.rdd(&pipeline)?.read_first(wanted);
            let more = i64::try_from(records.len()).unwrap_or(i64::MAX) > num;
            records.truncate(usize::try_from(num).unwrap_or(0));
            let printed = printer.print(batch.time(), &records, more, &keeps);
            printed.map_err(|error| match error.kind() {
                ErrorKind::Task => {
                    error.within(format_args!("{}, {at}", zone::batch(batch.time())))
                }
                _ => error,
            })
        };
        let inputs = self.pipeline.inputs();
        self.builder
            .output_that_shows(name, inputs, Box::new(run), Some(shown));
    }
}
