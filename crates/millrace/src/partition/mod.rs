//! Which reduce partition a key belongs to: one of the three places where order is decided.

mod hash_partitioner;
mod partitions;

pub(crate) use hash_partitioner::DefaultPartitioner;
pub use hash_partitioner::{HashPartitioner, Partitioner};
pub use partitions::Partitions;
