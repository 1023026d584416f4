//! The input of a row's batches, made before the clock runs.

use millrace::dstream::Computed;

use millrace::source::RddQueue;
use millrace::{Data, StreamingContext, Text};
use millrace_benches::keyed::{self, Pair};

/// Partitions of a batch as it comes in: enough that two workers end at about the same time.
const PARTS: usize = 8;
/// Windows and states get one key of so many in a batch, the next one of them in the next.
const TURNS: u64 = 10;

/// The size of the input.
pub(crate) struct Load {
    /// Records of a batch, and keys of what has keys.
    pub(crate) records: usize,
    /// Batches before those that are timed, and all of them.
    pub(crate) warm: usize,
    pub(crate) batches: usize,
}

impl Load {
    /// Records whose keys are drawn among a tenth as many.
    pub(crate) fn drawn(&self, ssc: &StreamingContext) -> Computed<Pair> {
        let (records, keys) = (self.records, self.records / 10);
        self.stream(ssc, |batch| keyed::drawn(batch, records, keys))
    }

    /// The same keys as words.
    pub(crate) fn words(&self, ssc: &StreamingContext) -> Computed<Text> {
        let (records, keys) = (self.records, self.records / 10);
        self.stream(ssc, |batch| {
            let drawn = keyed::drawn(batch, records, keys);
            let word = |(key, _)| Text::from(format!("word-{key}"));
            drawn.into_iter().map(word).collect()
        })
    }

    /// Every key once in a batch, from a number on.
    pub(crate) fn each(&self, ssc: &StreamingContext, from: u64) -> Computed<Pair> {
        let keys = from..from + self.records as u64;
        self.stream(ssc, |batch| keyed::each(batch ^ from, keys.clone()))
    }

    /// A tenth of the keys in a batch, in turn.
    pub(crate) fn turns(&self, ssc: &StreamingContext) -> Computed<Pair> {
        let keys = 0..self.records as u64;
        self.stream(ssc, |batch| {
            keyed::turn(batch, keys.clone(), batch % TURNS, TURNS)
        })
    }

    /// The first batch has every key, the others a tenth of them in turn.
    pub(crate) fn all_then_turns(&self, ssc: &StreamingContext) -> Computed<Pair> {
        let keys = 0..self.records as u64;
        self.stream(ssc, |batch| match batch {
            0 => keyed::each(0, keys.clone()),
            _ => keyed::turn(batch, keys.clone(), batch % TURNS, TURNS),
        })
    }

    fn stream<T: Data>(
        &self,
        ssc: &StreamingContext,
        batch: impl Fn(u64) -> Vec<T>,
    ) -> Computed<T> {
        let queue = RddQueue::new();
        for number in 0..self.batches as u64 {
            queue.push_partitions(keyed::parts(batch(number), PARTS));
        }
        ssc.queue_stream(queue)
    }
}
