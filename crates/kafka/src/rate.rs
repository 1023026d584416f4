//! The rate that backpressure allows, between the listener that estimates it and the plan that
//! keeps to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use millrace::StreamingListener;
use millrace::events::{BatchInfo, StreamId};

use crate::pid::{Pid, Took};

/// Records per second of all partitions together; 0 while nothing was estimated.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rate(Arc<AtomicU64>);

impl Rate {
    pub(crate) fn get(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64
    }
}

/// Estimates the rate of a stream, batch by batch.
pub(crate) struct Watch {
    pub(crate) stream: StreamId,
    pub(crate) pid: Pid,
    pub(crate) rate: Rate,
}

impl StreamingListener for Watch {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        let input = batch.stream_id_to_input_info.get(&self.stream);
        let (Some(ended), Some(processing), Some(scheduling)) = (
            batch.processing_end_time,
            batch.processing_delay(),
            batch.scheduling_delay(),
        ) else {
            return;
        };
        let rate = self.pid.after(Took {
            ended,
            records: input.map_or(0, |input| input.num_records),
            processing: processing.as_millis(),
            scheduling: scheduling.as_millis(),
        });
        // Spark cuts off what is behind the point, and passes over what is nothing then.
        if let Some(rate) = rate.map(|rate| rate as u64).filter(|&rate| rate > 0) {
            self.rate.0.store(rate, Ordering::Relaxed);
        }
    }
}
