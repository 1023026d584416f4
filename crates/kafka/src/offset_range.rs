//! The part of a topic partition that a batch has.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The part of a topic partition that a batch has: the records from an offset on, up to and without
/// another (Spark: `OffsetRange`).
///
/// ```
/// use millrace_kafka::OffsetRange;
/// let range = OffsetRange::new("orders", 0, 10, 14);
/// assert_eq!(range.count(), 4);
/// assert_eq!(range.to_string(), "orders-0 10 to 14");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OffsetRange {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset of the first record.
    pub from_offset: i64,
    /// The offset behind the last record.
    pub until_offset: i64,
}

impl OffsetRange {
    /// The range of a partition.
    pub fn new(topic: impl Into<String>, partition: i32, from: i64, until: i64) -> OffsetRange {
        OffsetRange {
            topic: topic.into(),
            partition,
            from_offset: from,
            until_offset: until,
        }
    }

    /// The number of offsets, which is the most records that there can be: a compacted topic
    /// and one that is written in transactions have gaps.
    pub fn count(&self) -> u64 {
        u64::try_from(self.until_offset - self.from_offset).unwrap_or(0)
    }
}

impl fmt::Display for OffsetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{} {} to {}",
            self.topic, self.partition, self.from_offset, self.until_offset
        )
    }
}
