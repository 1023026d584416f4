//! Names of the things a run is made of.

use std::fmt;

/// An input stream of a context.
///
/// Spark 3.5: numbered from 0 in the order of creation, over all kinds of
/// input streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One sealed block of a stream's input.
///
/// Blocks of one stream are ordered by `sequence`, which is the order in which
/// they arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// The stream the block was received for.
    pub stream: StreamId,
    /// The block's place in its stream.
    pub sequence: u64,
}

/// Spark 3.5: a block is named `input-<stream>-<unique number>`.
impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "input-{}-{}", self.stream, self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_named_and_ordered_by_stream_and_place() {
        let block = BlockId {
            stream: StreamId(3),
            sequence: 12,
        };
        assert_eq!(block.to_string(), "input-3-12");
        assert!(
            block
                < BlockId {
                    stream: StreamId(3),
                    sequence: 13
                }
        );
        assert!(
            block
                < BlockId {
                    stream: StreamId(4),
                    sequence: 0
                }
        );
    }
}
