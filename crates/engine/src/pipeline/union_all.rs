//! The records of any number of pipelines of one type, one after the other.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `StreamingContext::union`.
pub struct UnionAll<P> {
    parts: Vec<Arc<P>>,
    /// For every input the part that reads it, and its number in that part.
    places: Vec<(usize, usize)>,
}

impl<P: Pipeline> UnionAll<P> {
    #[doc(hidden)]
    #[must_use]
    pub fn new(parts: Vec<Arc<P>>) -> UnionAll<P> {
        let of_part = |(part, pipeline): (usize, &Arc<P>)| {
            (0..pipeline.inputs().len()).map(move |input| (part, input))
        };
        let places = parts.iter().enumerate().flat_map(of_part).collect();
        UnionAll { parts, places }
    }
}

impl<P: Pipeline> Pipeline for UnionAll<P> {
    type Item = P::Item;

    fn inputs(&self) -> Vec<NodeId> {
        self.parts.iter().flat_map(|part| part.inputs()).collect()
    }

    fn drive<F: FnMut(P::Item)>(&self, input: usize, partition: &Partition, sink: F) {
        let (part, input) = self.places[input];
        self.parts[part].drive(input, partition, sink);
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        let (part, input) = self.places[input];
        self.parts[part].one_by_one(input, partition, each);
    }

    fn has_functions(&self) -> bool {
        self.parts.iter().any(|part| part.has_functions())
    }

    fn is_whole(&self) -> bool {
        self.parts.iter().all(|part| part.is_whole())
    }

    fn passes_on(&self) -> Option<NodeId> {
        match self.parts.as_slice() {
            [only] => only.passes_on(),
            _ => None,
        }
    }
}

impl<P> fmt::Debug for UnionAll<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnionAll")
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}
