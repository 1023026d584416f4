//! Which reduce partition a key belongs to: one of the three places where order is decided.

mod hash_partitioner;
mod partitions;

use millrace_types::keys::MOST_PARTITIONS;

use crate::error::{Error, Result};

pub(crate) use hash_partitioner::DefaultPartitioner;
pub use hash_partitioner::{HashPartitioner, Partitioner};
pub use partitions::Partitions;

/// Checks a number of partitions that a program has asked for.
///
/// # Errors
/// If it is zero, or more than there may be.
pub fn check_count(partitions: usize) -> Result<()> {
    if partitions == 0 {
        return Err(Error::illegal("the number of partitions must be positive"));
    }
    if partitions > MOST_PARTITIONS as usize {
        return Err(Error::illegal(format!(
            "{partitions} partitions are too many: at most {MOST_PARTITIONS}"
        )));
    }
    Ok(())
}
