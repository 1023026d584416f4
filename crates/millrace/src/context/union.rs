//! `union` of any number of streams.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::error::Error;
use millrace_engine::pipeline::{Pipeline, UnionAll};

use crate::dstream::{DStream, named};

use super::StreamingContext;

impl StreamingContext {
    /// The partitions of all streams, one stream after the other (Spark: `union`).
    ///
    /// The streams must be of one type ([`erased`](DStream::erased) forgets what they were), have
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
    pub fn union<P: Pipeline>(
        &self,
        streams: &[DStream<P::Item, P>],
    ) -> DStream<P::Item, UnionAll<P>> {
        self.check_together(streams, "union", &named("union", Location::caller()));
        self.builder.check_growing();
        let parts = streams.iter().map(|stream| Arc::clone(&stream.pipeline));
        self.described(UnionAll::new(parts.collect()))
    }

    /// Notes a broken rule if the streams cannot be read together (Spark 3.5's rules and words).
    pub(super) fn check_together<P: Pipeline>(
        &self,
        streams: &[DStream<P::Item, P>],
        operator: &str,
        name: &str,
    ) {
        let inputs = streams.iter().flat_map(|stream| stream.pipeline.inputs());
        let own = |stream: &DStream<P::Item, P>| Arc::ptr_eq(&stream.builder, &self.builder);
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
            .record_error(Error::illegal(format!("{name}: {rule}")));
    }
}

#[cfg(test)]
mod tests {
    use millrace_engine::error::Result;
    use millrace_engine::pipeline::{Lines, NodeId, Output};
    use millrace_engine::rdd::Rdd;
    use millrace_runtime::graph::{BatchRun, Dataset, Node};
    use millrace_text::Text;
    use millrace_types::{Conf, Duration};

    use super::*;

    /// A node that is not due in every batch.
    struct Slow(NodeId);

    impl Node for Slow {
        fn inputs(&self) -> Vec<NodeId> {
            vec![self.0]
        }

        fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
            let none = Rdd::<(u8, u8)>::of_partitions(Vec::new(), batch.executor());
            Ok(Dataset::of(none))
        }
    }

    type Pairs = crate::dstream::Computed<(u8, u8)>;
    type Use = fn(&StreamingContext, &DStream<Text, Lines>, &Pairs);

    fn broken(together: Use) -> String {
        let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1)).unwrap();
        let lines = ssc.text_stream(None);
        lines.print();
        let slow = Box::new(Slow(lines.pipeline.node));
        let slow = ssc.builder.make_every("slow".to_owned(), slow, 3);
        let slow = ssc.described(Output::of(slow));
        together(&ssc, &lines, &slow);
        ssc.start().unwrap_err().to_string()
    }

    #[test]
    fn streams_of_different_slides_do_not_meet() {
        let uses: [Use; 6] = [
            |ssc, lines, slow| {
                let pairs = lines.map(|_| (1, 1));
                drop(ssc.union(&[pairs.erased(), slow.erased()]));
            },
            |ssc, lines, slow| {
                let both = [lines.map(|_| (1, 1)).erased(), slow.erased()];
                drop(ssc.transform(&both, |rdds, _| rdds[0].clone()));
            },
            |_, lines, slow| drop(slow.union(&lines.map(|_| (1, 1)))),
            |_, lines, slow| drop(slow.transform_with(lines, |rdd, _| rdd.clone())),
            |_, lines, slow| drop(slow.cogroup(&lines.map(|_| (1_u8, 1_u8)))),
            |_, lines, slow| drop(slow.full_outer_join(&lines.map(|_| (1_u8, 1_u8)))),
        ];
        for together in uses {
            let error = broken(together);
            let rule = "Some of the DStreams have different slide durations";
            assert!(error.ends_with(rule), "{error}");
        }
    }
}
