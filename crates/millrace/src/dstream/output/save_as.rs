//! Saving every batch under a name of its own, in whatever form.

use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::Pipeline;
use millrace_engine::rdd::Rdd;
use millrace_runtime::files::{batch_name, check_batch_outputs};
use millrace_runtime::graph::BatchRun;
use millrace_runtime::zone;

use super::super::DStream;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Saves every batch by `save`, which is given the batch and its path.
    pub(super) fn save_as(
        &self,
        name: String,
        prefix: &str,
        suffix: &str,
        save: fn(&Rdd<T>, &str) -> Result<()>,
    ) {
        if let Err(error) = check_batch_outputs(prefix, suffix) {
            self.builder.record_error(error.within(&name));
        }
        let (pipeline, at) = (Arc::clone(&self.pipeline), name.clone());
        let (prefix, suffix) = (prefix.to_owned(), suffix.to_owned());
        let run = move |batch: &BatchRun<'_>| {
            let path = batch_name(&prefix, &suffix, batch.time());
            let saved = save(&batch.rdd(&pipeline)?, &path);
            saved.map_err(|error| error.within(format_args!("{}, {at}", zone::batch(batch.time()))))
        };
        self.builder
            .output(name, self.pipeline.inputs(), Box::new(run));
    }
}
