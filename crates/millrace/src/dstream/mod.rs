//! Streams of batches, and what a program can do with them: one operator a file.
//!
//! Every operator is an inherent method, so that nothing has to be imported. Narrow ones nest
//! the pipeline's type; wide ones add a node to the graph and begin a new pipeline at it;
//! output operations register what every batch is run for.

mod boxed;
mod checkpoint;
mod count;
mod filter;
mod flat_map;
mod glom;
mod map;
mod map_partitions;
mod noting;
mod output;
mod pair;
mod persist;
mod reduce;
mod repartition;
mod slice;
mod transform;
mod transform_all;
mod transform_with;
mod union;
mod window;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use millrace_engine::error::Error;
use millrace_engine::pipeline::{Output, Pipeline};
use millrace_runtime::graph::{Builder, Node};

pub use noting::Notes;
pub(crate) use output::Printer;
pub use output::{PrintFormat, show};
pub use pair::{MapWithStateDStream, StateOptions, StateSpec};
pub(crate) use transform_all::TransformAll;

/// A stream of batches of `P::Item`, described by the pipeline `P`.
///
/// A `DStream` is a description: nothing runs before
/// [`StreamingContext::start`](crate::StreamingContext::start). It is cheap to clone, and one
/// stream can feed any number of others.
#[must_use = "a stream is a description: nothing of it runs before an output, such as `print`, reads it"]
pub struct DStream<P> {
    pub(crate) pipeline: Arc<P>,
    pub(crate) builder: Arc<Builder>,
    pub(crate) printer: Arc<Printer>,
}

impl<P> Clone for DStream<P> {
    fn clone(&self) -> DStream<P> {
        self.with(Arc::clone(&self.pipeline))
    }
}

impl<P> DStream<P> {
    fn with<Q>(&self, pipeline: Arc<Q>) -> DStream<Q> {
        DStream {
            pipeline,
            builder: Arc::clone(&self.builder),
            printer: Arc::clone(&self.printer),
        }
    }

    /// A stream of this stream's nodes with `pipeline` behind them, for operators that add no node.
    fn grown<Q>(&self, pipeline: Q) -> DStream<Q> {
        self.builder.check_growing();
        self.with(Arc::new(pipeline))
    }

    /// A stream of what a new node makes, an `Rdd<T>` a batch.
    fn of_node<T: Send + 'static>(
        &self,
        name: String,
        node: impl Node + 'static,
    ) -> DStream<Output<T>> {
        let node = self.builder.make(name, Box::new(node));
        self.with(Arc::new(Output::of(node)))
    }

    /// Notes a broken rule if `other` cannot be read together with this stream (Spark 3.5's
    /// rules and words); `name` is the operator that would.
    fn meets<Q: Pipeline>(&self, other: &DStream<Q>, name: &str)
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
        self.builder.break_rule(Error::illegal(format!(
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

impl<P: Pipeline> fmt::Debug for DStream<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DStream")
            .field("inputs", &self.pipeline.inputs())
            .finish()
    }
}

/// The name of an operator in reports: as Spark does, by the line that called it.
pub(crate) fn named(operator: &str, at: &Location<'_>) -> String {
    format!("{operator} at {}:{}", at.file(), at.line())
}
