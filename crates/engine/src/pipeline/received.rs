//! The beginning of a pipeline that reads records as a receiver stored them.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::data::Data;
use crate::poison::{know, shown};

use super::{EachRecord, NodeId, Partition, Pipeline};

/// A block of records that a receiver stored one after the other.
pub struct RecordBlock<T> {
    records: Vec<T>,
    bytes: u64,
    /// The receiver's note on the block.
    metadata: Option<String>,
    /// The block's share of the memory budget; given back with the block.
    _reserved: Box<dyn Any + Send + Sync>,
}

impl<T> RecordBlock<T> {
    /// Of records that take about `bytes`, and hold `reserved` as long as they are there.
    #[must_use]
    pub fn new(
        records: Vec<T>,
        bytes: u64,
        reserved: Box<dyn Any + Send + Sync>,
    ) -> RecordBlock<T> {
        RecordBlock {
            records,
            bytes,
            metadata: None,
            _reserved: reserved,
        }
    }

    /// The same block, with the metadata that its receiver gave.
    #[must_use]
    pub fn with_metadata(self, metadata: Option<String>) -> RecordBlock<T> {
        RecordBlock { metadata, ..self }
    }

    /// The text that the receiver stored with the block, if it stored one.
    #[must_use]
    pub fn metadata(&self) -> Option<&str> {
        self.metadata.as_deref()
    }

    /// About how much memory the records take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The records, in the order in which they were stored.
    #[must_use]
    pub fn records(&self) -> &[T] {
        &self.records
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }
}

/// The records that a receiver stored.
pub struct Received<T> {
    /// The node of the receiver.
    pub node: NodeId,
    records: PhantomData<fn() -> T>,
}

impl<T> Received<T> {
    /// Of a receiving node whose blocks are `RecordBlock<T>`.
    #[doc(hidden)]
    #[must_use]
    pub fn of(node: NodeId) -> Received<T> {
        Received {
            node,
            records: PhantomData,
        }
    }
}

impl<T: Data> Pipeline for Received<T> {
    type Item = T;

    fn inputs(&self) -> Vec<NodeId> {
        vec![self.node]
    }

    #[inline(always)]
    fn drive<F: FnMut(T)>(&self, _input: usize, partition: &Partition, sink: F) {
        let block: &RecordBlock<T> = partition
            .data
            .downcast_ref()
            .expect("a receiver's blocks have its type");
        // Several stages may read a block, each at its own time.
        block.records.iter().cloned().for_each(sink);
    }

    fn one_by_one(&self, _input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        let block: &RecordBlock<T> = partition
            .data
            .downcast_ref()
            .expect("a receiver's blocks have its type");
        know::<T>();
        for record in &block.records {
            let own = RecordBlock::new(vec![record.clone()], 0, Box::new(()));
            each(Partition::whole(Arc::new(own)), &|| shown(record));
        }
    }

    fn has_functions(&self) -> bool {
        false
    }
}

impl<T> fmt::Debug for Received<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("node", &self.node)
            .finish()
    }
}
