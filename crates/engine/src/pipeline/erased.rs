//! A pipeline whose type is forgotten: the explicit way out to one type that can be named.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `DStream::erased`: any chain with records of type `T`.
///
/// Costs one call through a pointer for every record.
pub struct Erased<T> {
    chain: Arc<dyn ErasedChain<T>>,
}

/// A [`Pipeline`] that can stand behind a pointer.
trait ErasedChain<T>: Send + Sync {
    fn inputs(&self) -> Vec<NodeId>;
    fn drive(&self, input: usize, partition: &Partition, sink: &mut dyn FnMut(T));
    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>);
    fn has_functions(&self) -> bool;
    fn is_whole(&self) -> bool;
    fn passes_on(&self) -> Option<NodeId>;
}

impl<P: Pipeline> ErasedChain<P::Item> for P {
    fn inputs(&self) -> Vec<NodeId> {
        Pipeline::inputs(self)
    }

    fn drive(&self, input: usize, partition: &Partition, sink: &mut dyn FnMut(P::Item)) {
        Pipeline::drive(self, input, partition, sink);
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        Pipeline::one_by_one(self, input, partition, each);
    }

    fn has_functions(&self) -> bool {
        Pipeline::has_functions(self)
    }

    fn is_whole(&self) -> bool {
        Pipeline::is_whole(self)
    }

    fn passes_on(&self) -> Option<NodeId> {
        Pipeline::passes_on(self)
    }
}

impl<T: Send + 'static> Erased<T> {
    #[doc(hidden)]
    pub fn new<P: Pipeline<Item = T>>(pipeline: Arc<P>) -> Erased<T> {
        Erased { chain: pipeline }
    }
}

impl<T: Send + 'static> Pipeline for Erased<T> {
    type Item = T;

    fn inputs(&self) -> Vec<NodeId> {
        self.chain.inputs()
    }

    fn drive<F: FnMut(T)>(&self, input: usize, partition: &Partition, mut sink: F) {
        self.chain.drive(input, partition, &mut sink);
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        self.chain.one_by_one(input, partition, each);
    }

    fn has_functions(&self) -> bool {
        self.chain.has_functions()
    }

    fn is_whole(&self) -> bool {
        self.chain.is_whole()
    }

    fn passes_on(&self) -> Option<NodeId> {
        self.chain.passes_on()
    }
}

impl<T> fmt::Debug for Erased<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erased").finish_non_exhaustive()
    }
}
