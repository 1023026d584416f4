//! The window over one value per batch, with its lock and its checkpoint.
//!
//! As in a keyed window, what is written down of a batch is what it brought, a snapshot has what
//! is kept as it is, and what lies between is slid again (see [`replay`](super::replay)).

use std::panic::{AssertUnwindSafe, catch_unwind};

use millrace_types::Lock;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::Data;
use crate::durable::{Durable, EntryReader, Origin, Recorder, StoreError, put};
use crate::panics::message_of;

use super::frame::{SlideStep, WindowSpec};
use super::single::{Inverted, Reduced, SavedInverted, SavedReduced};

/// The rule by which the value of a window of one value changes when batches enter and leave.
pub trait SingleRule<V>: Send + 'static {
    /// The form that is written down in a snapshot.
    type Saved: Serialize + DeserializeOwned + Send + 'static;

    /// Slides over a batch that has `values`, which is one or none unless the parent's slide was
    /// changed, and gives what the window has if it fires.
    fn slide(&mut self, step: SlideStep, values: impl IntoIterator<Item = V>) -> Option<V>;

    /// Everything that is kept.
    fn saved(&self, frame: &WindowSpec) -> Self::Saved;

    /// Keeps what was saved.
    fn restore(&mut self, saved: Self::Saved, frame: &WindowSpec);
}

/// By a function alone.
pub struct ByFunction<V, F> {
    kept: Reduced<V>,
    function: F,
}

/// By a function and its inverse.
pub struct ByInverse<V, F, G> {
    kept: Inverted<V>,
    function: F,
    inverse: G,
}

impl<V: Data, F> ByFunction<V, F> {
    /// Reduces by `function`, over all batches of a window each time.
    pub fn new(function: F) -> ByFunction<V, F> {
        let kept = Reduced::new();
        ByFunction { kept, function }
    }
}

impl<V: Data, F, G> ByInverse<V, F, G> {
    /// Adds by `function` what enters and takes away by `inverse` what leaves.
    pub fn new(function: F, inverse: G) -> ByInverse<V, F, G> {
        ByInverse {
            kept: Inverted::new(),
            function,
            inverse,
        }
    }
}

impl<V: Data, F: Fn(V, V) -> V + Send + 'static> SingleRule<V> for ByFunction<V, F> {
    type Saved = SavedReduced<V>;

    fn slide(&mut self, step: SlideStep, values: impl IntoIterator<Item = V>) -> Option<V> {
        self.kept.leave(step.forgotten, &self.function);
        for value in values {
            self.kept.enter(step.batch, value, &self.function);
        }
        step.due.and_then(|_| self.kept.value(&self.function))
    }

    fn saved(&self, frame: &WindowSpec) -> SavedReduced<V> {
        self.kept.saved(frame)
    }

    fn restore(&mut self, saved: SavedReduced<V>, frame: &WindowSpec) {
        self.kept = Reduced::restored(saved, frame);
    }
}

impl<V, F, G> SingleRule<V> for ByInverse<V, F, G>
where
    V: Data,
    F: Fn(V, V) -> V + Send + 'static,
    G: Fn(V, V) -> V + Send + 'static,
{
    type Saved = SavedInverted<V>;

    fn slide(&mut self, step: SlideStep, values: impl IntoIterator<Item = V>) -> Option<V> {
        self.kept.leave(step.forgotten, &self.function);
        for value in values {
            self.kept.enter(step.batch, value, &self.function);
        }
        step.due
            .and_then(|_| self.kept.settle(&self.function, &self.inverse))
    }

    fn saved(&self, frame: &WindowSpec) -> SavedInverted<V> {
        self.kept.saved(frame)
    }

    fn restore(&mut self, saved: SavedInverted<V>, frame: &WindowSpec) {
        self.kept = Inverted::restored(saved, frame);
    }
}

/// A window over one value per batch.
pub struct SingleStore<V, S> {
    frame: WindowSpec,
    /// Poisoned by a panic of the program's code; the node that has the store does not let anybody
    /// read it then.
    window: Lock<Window<V, S>>,
    recorder: Recorder,
}

struct Window<V, S> {
    rule: S,
    /// The value of the last window that fired.
    value: Option<V>,
    /// A checkpoint's content, until all of it is there: the batch of the snapshot, and what the
    /// batches since have brought.
    as_of: u64,
    deltas: Vec<(u64, V)>,
}

impl<V: Data, S: SingleRule<V>> SingleStore<V, S> {
    /// A window of `frame` that has seen no batch.
    pub fn new(frame: WindowSpec, rule: S) -> SingleStore<V, S> {
        let window = Window {
            rule,
            value: None,
            as_of: 0,
            deltas: Vec::new(),
        };
        SingleStore {
            frame,
            window: Lock::new(window),
            recorder: Recorder::new(1),
        }
    }

    /// Slides the window over a batch of the parent, which has `value`.
    ///
    /// # Errors
    /// If the value cannot be written down for the checkpoint.
    pub fn slide(&self, step: SlideStep, value: Option<V>) -> Result<(), StoreError> {
        let mut window = self.window.lock();
        let mut record = self.recorder.begin(0, step.number);
        if let Some(value) = &value {
            record.put(&(), 0, value);
        }
        drop(record);
        window.value = window.rule.slide(step, value);
        self.recorder.check()
    }

    /// The value of the last window that fired.
    pub fn value(&self) -> Option<V> {
        self.window.lock().value.clone()
    }
}

impl<V: Data, S: SingleRule<V>> Window<V, S> {
    /// Slides over what came behind the snapshot, up to batch `number`.
    fn replay(&mut self, frame: &WindowSpec, number: u64) {
        let mut deltas = std::mem::take(&mut self.deltas).into_iter().peekable();
        for batch in frame.batch(self.as_of) + 1..=frame.batch(number) {
            let step = frame.step(frame.number(batch));
            let mut values = Vec::new();
            while let Some((_, value)) = deltas.next_if(|(at, _)| frame.batch(*at) <= batch) {
                values.push(value);
            }
            // No window has them if the program has another window than it had.
            values.retain(|_| step.taken);
            self.rule.slide(step, values);
        }
    }
}

impl<V: Data, S: SingleRule<V>> Durable for SingleStore<V, S> {
    fn record(&self) {
        self.recorder.start();
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.recorder.take()
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let (saved, number) = {
            let window = self.window.lock();
            (window.rule.saved(&self.frame), self.recorder.as_of(0))
        };
        let mut entries = Vec::new();
        put(&mut entries, &(), 0, &saved)?;
        Ok((entries, number))
    }

    fn load(&self, origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let nothing = "a window holds an entry that removes its value";
        let nothing = || StoreError::Malformed(nothing);
        let mut window = self.window.lock();
        let mut reader = EntryReader::new(entries);
        match origin {
            Origin::Snapshot(as_of) => {
                while let Some(entry) = reader.next::<(), S::Saved>() {
                    let (_, saved) = entry?.1.ok_or_else(nothing)?;
                    window.rule.restore(saved, &self.frame);
                }
                window.as_of = as_of;
            }
            Origin::Batch(number) => {
                while let Some(entry) = reader.next::<(), V>() {
                    let (_, value) = entry?.1.ok_or_else(nothing)?;
                    window.deltas.push((number, value));
                }
            }
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        let mut window = self.window.lock();
        let replayed = catch_unwind(AssertUnwindSafe(|| window.replay(&self.frame, number)));
        self.recorder.loaded(number);
        replayed.map_err(|payload| StoreError::Panicked(message_of(&*payload)))
    }
}
