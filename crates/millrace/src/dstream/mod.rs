//! Streams of batches, and what a program can do with them: one operator per file.
//!
//! Every operator is an inherent method, so that nothing has to be imported. Narrow ones nest
//! the pipeline's type; wide ones add a node to the graph and begin a new pipeline at it;
//! output operations register what every batch is run for.

mod checkpoint;
mod count;
mod erased;
mod filter;
mod flat_map;
mod glom;
mod map;
mod map_partitions;
mod noting;
mod output;
mod pair;
mod persist;
mod place;
mod reduce;
mod repartition;
mod slice;
mod transform;
mod transform_all;
mod transform_with;
mod union;
mod window;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use millrace_engine::error::Error;
use millrace_engine::pipeline::{Erased, Output, Pipeline};
use millrace_runtime::graph::{Builder, Node};

pub use noting::Notes;
pub(crate) use output::Printer;
pub use output::{OutputReport, PrintFormat, append_line, show};
pub use pair::{MapWithStateDStream, StateOptions, StateSpec};
pub use place::called_at;
pub(crate) use place::named;
pub(crate) use transform_all::TransformAll;

/// A stream of batches of records `T`, described by the pipeline `P`.
///
/// A stream that is named says its records only: `DStream<Text>`. The pipeline is the chain of
/// narrow operators that are run as one loop; [`erased`](DStream::erased) forgets it. Before that
/// it is part of the type, and nobody has to write it down.
///
/// A `DStream` is a description: nothing runs before
/// [`StreamingContext::start`](crate::StreamingContext::start). It is cheap to clone, and one
/// stream can feed any number of others.
#[must_use = "a stream is a description: nothing of it runs before an output, such as `print`, reads it"]
pub struct DStream<T, P = Erased<T>> {
    pub(crate) pipeline: Arc<P>,
    pub(crate) builder: Arc<Builder>,
    pub(crate) printer: Arc<Printer>,
    record: PhantomData<fn() -> T>,
}

/// A stream that a source of datasets or a wide operator, such as
/// [`reduce_by_key`](DStream::reduce_by_key), makes: nothing is fused to it yet.
///
/// ```
/// use millrace::dstream::Computed;
/// use millrace::pipeline::Lines;
/// use millrace::{DStream, Text};
///
/// fn counts(lines: &DStream<Text, Lines>) -> Computed<(Text, i64)> {
///     lines.count_by_value()
/// }
/// assert_eq!(millrace::testing::run_batches(&["a\na\n"], counts)[0][0].1, 2);
/// ```
pub type Computed<T> = DStream<T, Output<T>>;

impl<T, P> Clone for DStream<T, P> {
    fn clone(&self) -> DStream<T, P> {
        self.with(Arc::clone(&self.pipeline))
    }
}

impl<T, P> DStream<T, P> {
    pub(crate) fn new(
        pipeline: Arc<P>,
        builder: &Arc<Builder>,
        printer: &Arc<Printer>,
    ) -> DStream<T, P> {
        DStream {
            pipeline,
            builder: Arc::clone(builder),
            printer: Arc::clone(printer),
            record: PhantomData,
        }
    }

    fn with<U, Q>(&self, pipeline: Arc<Q>) -> DStream<U, Q> {
        DStream::new(pipeline, &self.builder, &self.printer)
    }

    /// A stream of this stream's nodes with `pipeline` behind them, for operators that add no node.
    fn grown<Q: Pipeline>(&self, pipeline: Q) -> DStream<Q::Item, Q> {
        self.builder.check_growing();
        self.with(Arc::new(pipeline))
    }

    /// A stream of what a new node makes, an `Rdd<U>` a batch.
    fn of_node<U: Send + 'static>(&self, name: String, node: impl Node + 'static) -> Computed<U> {
        let node = self.builder.make(name, Box::new(node));
        self.with(Arc::new(Output::of(node)))
    }

    /// Notes a broken rule if `other` cannot be read together with this stream (Spark 3.5's
    /// rules and words); `name` is the operator that would.
    fn meets<U, Q: Pipeline>(&self, other: &DStream<U, Q>, name: &str)
    where
        P: Pipeline,
    {
        let rule = if !Arc::ptr_eq(&self.builder, &other.builder) {
            "contexts"
        } else if self.slide() == other.slide() {
            return;
        } else {
            "slide durations"
        };
        self.builder.record_error(Error::illegal(format!(
            "{name}: Some of the DStreams have different {rule}"
        )));
    }

    /// The stream is due in every so many batches.
    fn slide(&self) -> u64
    where
        P: Pipeline,
    {
        self.builder.slide(&self.pipeline.inputs()).unwrap_or(1)
    }
}

impl<T, P: Pipeline> fmt::Debug for DStream<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DStream")
            .field("inputs", &self.pipeline.inputs())
            .finish()
    }
}
