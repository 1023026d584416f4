//! Which reduce partition a key belongs to: one of the three places where order is decided.

mod dealing;
mod hash_partitioner;
mod partitions;

pub use dealing::first_dealt;
pub use hash_partitioner::{HashPartitioner, Partitioner};
pub use partitions::Partitions;
