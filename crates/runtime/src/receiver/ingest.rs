//! The interface of all receivers, by which they are started, stopped and replayed.

use millrace_engine::durable::StoreError;

use super::BlockGenerator;

/// Something that receives on a thread of its own.
pub trait Ingest: Send + Sync {
    /// Runs until it is stopped; true if the stream ended by itself.
    fn run(&self) -> bool;

    /// Asks it to stop.
    fn stop(&self);

    /// Takes nothing of it any more, since it did not end when it was asked to.
    fn abandon(&self) {}

    /// Cuts its open block.
    fn seal(&self);

    /// Takes a block that an earlier run has written down.
    ///
    /// # Errors
    /// If the bytes are no block of this receiver.
    fn restore(&self, written: &[u8]) -> Result<(), StoreError>;

    /// The generator that takes its bytes, if a test is the sender.
    fn fed(&self) -> Option<&BlockGenerator> {
        None
    }
}

/// Lines that a test feeds: there is nothing to run, and they never end by themselves.
impl Ingest for BlockGenerator {
    fn run(&self) -> bool {
        false
    }

    fn stop(&self) {}

    fn seal(&self) {
        BlockGenerator::seal(self);
    }

    fn restore(&self, written: &[u8]) -> Result<(), StoreError> {
        BlockGenerator::restore(self, written)
    }

    fn fed(&self) -> Option<&BlockGenerator> {
        Some(self)
    }
}
