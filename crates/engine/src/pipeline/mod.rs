//! The fused chain: narrow operators as one nested type, compiled into one loop.
//!
//! A pipeline pushes: the partition drives, the operators' closures receive. `map` of `filter`
//! of a source is the type `Map<Filter<Source>>`, and its [`drive`](Pipeline::drive) is one
//! monomorphic function: no virtual call, no allocation and no enum for a record. A stage
//! erases the type once, at its edge.

mod careful;
mod erased;
mod filter;
mod flat_map;
mod flat_map_values;
mod folded;
mod leaf;
mod map;
mod map_values;
mod received;
mod union;
mod union_all;

use std::any::Any;
use std::sync::Arc;

use crate::poison::Shown;

pub use careful::{drive_carefully, drive_or_skip};
pub use erased::Erased;
pub use filter::Filter;
pub use flat_map::FlatMap;
pub use flat_map_values::FlatMapValues;
pub use folded::Folded;
pub use leaf::{LineBlock, LineCount};
pub use leaf::{Lines, Output};
pub use map::Map;
pub use map_values::MapValues;
pub use received::Received;
pub use received::RecordBlock;
pub use union::Union;
pub use union_all::UnionAll;

/// A node of the graph, by its number, as pipelines read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(#[doc(hidden)] pub usize);

/// The input of one map task: a partition of a node's data in one batch, or a piece of it.
#[derive(Clone)]
pub struct Partition {
    /// A received block, or the whole dataset of a node.
    pub data: Arc<dyn Any + Send + Sync>,
    /// Which partition of it.
    pub index: usize,
    /// Which piece of that partition.
    pub piece: usize,
}

impl Partition {
    /// All of some data.
    fn whole(data: Arc<dyn Any + Send + Sync>) -> Partition {
        Partition {
            data,
            index: 0,
            piece: 0,
        }
    }
}

impl std::fmt::Debug for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partition")
            .field("index", &self.index)
            .field("piece", &self.piece)
            .finish_non_exhaustive()
    }
}

/// Takes the records of a partition one by one.
pub(crate) type EachRecord<'a> = dyn FnMut(Partition, &dyn Fn() -> Shown) + 'a;

/// A chain of narrow operators over the partitions of its inputs.
///
/// Programs do not implement it and rarely name it; it is what stands between the brackets of
/// `DStream`.
pub trait Pipeline: Send + Sync + 'static {
    /// The records that come out.
    type Item: Send + 'static;

    /// The nodes it reads, in the order of their partitions.
    fn inputs(&self) -> Vec<NodeId>;

    /// Gives every record of a partition of input number `input` to `sink`, in order.
    fn drive<F: FnMut(Self::Item)>(&self, input: usize, partition: &Partition, sink: F);

    /// Hands every record of a partition that goes into the chain to `each`, as a partition of its
    /// own, with what can be shown of it.
    #[doc(hidden)]
    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>);

    /// True if a function of the program stands in it.
    #[doc(hidden)]
    fn has_functions(&self) -> bool {
        true
    }

    /// True if this pipeline passes received records on unchanged. Detaching them would not free
    /// any block.
    fn is_whole(&self) -> bool {
        false
    }

    /// The node whose dataset this pipeline passes on unchanged, if it is one.
    fn passes_on(&self) -> Option<NodeId> {
        None
    }
}
