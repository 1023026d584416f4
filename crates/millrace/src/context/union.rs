//! `union` of any number of streams.

use std::panic::Location;
use std::sync::Arc;

use crate::dstream::{DStream, named};
use crate::error::Error;
use crate::pipeline::{Pipeline, UnionAll};

use super::StreamingContext;

impl StreamingContext {
    /// The partitions of all streams, one stream after the other (Spark: `union`).
    ///
    /// The streams must be of one type ([`boxed`](DStream::boxed) forgets what they were), have
    /// the same slide, and be of this context; there must be one at least. Otherwise `start`
    /// fails with Spark's words for it. Costs nothing: what comes next reads them all.
    ///
    /// ```
    /// use millrace::testing::Setup;
    /// let batches = Setup::default().run_batches_with(&["a\nb\n"], |ssc, lines| {
    ///     let words: Vec<_> = ["!", "?"]
    ///         .map(|end| lines.map(move |line| format!("{line}{end}")))
    ///         .to_vec();
    ///     ssc.union(&words)
    /// });
    /// assert_eq!(batches, [["a!", "b!", "a?", "b?"]]);
    /// ```
    #[track_caller]
    pub fn union<P: Pipeline>(&self, streams: &[DStream<P>]) -> DStream<UnionAll<P>> {
        self.check_together(streams, "union", &named("union", Location::caller()));
        let parts = streams.iter().map(|stream| Arc::clone(&stream.pipeline));
        DStream {
            pipeline: Arc::new(UnionAll::new(parts.collect())),
            builder: Arc::clone(&self.builder),
            printer: Arc::clone(&self.printer),
        }
    }

    /// Notes a broken rule if the streams cannot be read together (Spark 3.5's rules and words).
    pub(super) fn check_together<P: Pipeline>(
        &self,
        streams: &[DStream<P>],
        operator: &str,
        name: &str,
    ) {
        let inputs = streams.iter().flat_map(|stream| stream.pipeline.inputs());
        let own = |stream: &DStream<P>| Arc::ptr_eq(&stream.builder, &self.builder);
        let rule = if streams.is_empty() {
            format!("List of DStreams to {operator} is empty")
        } else if !streams.iter().all(own) {
            "Some of the DStreams have different contexts".to_owned()
        } else if self.builder.slide(&inputs.collect::<Vec<_>>()).is_none() {
            "Some of the DStreams have different slide durations".to_owned()
        } else {
            return;
        };
        self.builder
            .break_rule(Error::illegal(format!("{name}: {rule}")));
    }
}
