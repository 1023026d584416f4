//! The payloads of the batch log and of snapshots; `docs/DURABILITY.md` has them byte by byte.
//!
//! Numbers are little endian. An *epoch* is one process that wrote a generation: shards are laid
//! out anew in every process, so "what of this shard is in the snapshot" can be asked only
//! within one epoch.

use std::fmt;

use millrace_wal::{MAX_PAYLOAD, Position};

/// The content of a frame of the batch log or of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FrameKind {
    /// Entries that a batch has changed in one shard of a store.
    Delta = 1,
    /// The deltas of a batch are complete.
    Commit = 2,
    /// All entries of one shard of a store.
    Shard = 3,
    /// The position in the log from which a snapshot is completed.
    Base = 4,
    /// Entries of a batch that is about to run: it is run with them if it has no commit.
    Plan = 5,
}

/// Entries of one shard of a store, of a batch or as of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section<'a> {
    pub epoch: u32,
    pub store: u32,
    pub shard: u32,
    pub number: u64,
    pub(crate) entries: &'a [u8],
}

/// A note that a batch has been run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    pub epoch: u32,
    pub number: u64,
    /// Batch time in milliseconds since the Unix epoch.
    pub time: i64,
    /// The position in the receivers' log after the batch.
    pub blocks: Position,
}

/// The first frame of a snapshot: everything up to this commit is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) commit: Commit,
    /// Behind the commit, in the batch log.
    pub position: Position,
}

/// A payload is not what its frame's kind says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the frame is whole, but its payload is not of this format")
    }
}

const SECTION_HEAD: usize = 20;
const COMMIT: usize = 36;

/// The most bytes of entries in a section, which is one frame. A shard may have several sections.
pub(crate) const MOST_ENTRIES: usize = MAX_PAYLOAD - SECTION_HEAD;

impl<'a> Section<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(SECTION_HEAD + self.entries.len());
        payload.extend(self.epoch.to_le_bytes());
        payload.extend(self.store.to_le_bytes());
        payload.extend(self.shard.to_le_bytes());
        payload.extend(self.number.to_le_bytes());
        payload.extend_from_slice(self.entries);
        payload
    }

    pub(crate) fn decode(payload: &'a [u8]) -> Result<Section<'a>, Malformed> {
        let mut payload = payload;
        Ok(Section {
            epoch: u32::from_le_bytes(take(&mut payload)?),
            store: u32::from_le_bytes(take(&mut payload)?),
            shard: u32::from_le_bytes(take(&mut payload)?),
            number: u64::from_le_bytes(take(&mut payload)?),
            entries: payload,
        })
    }
}

impl Commit {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = self.epoch.to_le_bytes().to_vec();
        payload.extend(self.number.to_le_bytes());
        payload.extend(self.time.to_le_bytes());
        encode_position(self.blocks, &mut payload);
        payload
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Commit, Malformed> {
        let mut payload = payload;
        let commit = Commit {
            epoch: u32::from_le_bytes(take(&mut payload)?),
            number: u64::from_le_bytes(take(&mut payload)?),
            time: i64::from_le_bytes(take(&mut payload)?),
            blocks: decode_position(&mut payload)?,
        };
        payload.is_empty().then_some(commit).ok_or(Malformed)
    }
}

impl Base {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = self.commit.encode();
        encode_position(self.position, &mut payload);
        payload
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Base, Malformed> {
        let (commit, mut position) = payload.split_at_checked(COMMIT).ok_or(Malformed)?;
        let base = Base {
            commit: Commit::decode(commit)?,
            position: decode_position(&mut position)?,
        };
        position.is_empty().then_some(base).ok_or(Malformed)
    }
}

fn encode_position(position: Position, payload: &mut Vec<u8>) {
    payload.extend(position.segment.to_le_bytes());
    payload.extend(position.offset.to_le_bytes());
}

fn decode_position(payload: &mut &[u8]) -> Result<Position, Malformed> {
    Ok(Position {
        segment: u64::from_le_bytes(take(payload)?),
        offset: u64::from_le_bytes(take(payload)?),
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (head, rest) = bytes.split_first_chunk().ok_or(Malformed)?;
    *bytes = rest;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            epoch: u32, store: u32, shard: u32, number: u64, time: i64, entries: Vec<u8>,
        ) {
            let section = Section { epoch, store, shard, number, entries: &entries };
            let written = section.encode();
            prop_assert_eq!(Section::decode(&written), Ok(section));
            let blocks = Position { segment: number, offset: u64::from(shard) };
            let commit = Commit { epoch, number, time, blocks };
            prop_assert_eq!(Commit::decode(&commit.encode()), Ok(commit));
            let base = Base { commit, position: blocks };
            prop_assert_eq!(Base::decode(&base.encode()), Ok(base));
        }

        #[test]
        fn what_is_too_short_or_too_long_is_malformed(length in 0_usize..SECTION_HEAD) {
            let bytes = [0; 80];
            prop_assert_eq!(Section::decode(&bytes[..length]), Err(Malformed));
            prop_assert_eq!(Commit::decode(&bytes[..length]), Err(Malformed));
            prop_assert_eq!(Commit::decode(&bytes[..COMMIT + 1 + length]), Err(Malformed));
        }
    }
}
