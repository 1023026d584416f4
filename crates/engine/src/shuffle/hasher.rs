//! The engine's own hash of a key, and which bits of it serve what.
//!
//! It has nothing to do with the portable hash that decides a key's partition and with it the
//! order of output: this one is fast, differs from process to process (a socket is untrusted
//! input), and cannot be seen outside. Sixty-four bits, from the top:
//!
//! - bits 63 to 57 are left to DashMap, whose tables tag their slots with them;
//! - bits 56 to 25 are the *tag* that travels with a record, the last of them set. It is the
//!   key's place in a local table;
//! - bits 56 to 51, the first of the tag, choose the shard, in a batch as in the state map. The
//!   others are the key's place in its shard's table, whose keys have the same order so.

use std::hash::{BuildHasher, Hash, Hasher};

/// The number of shards of a batch and of a state map. A power of two, more than cores, few
/// enough that an idle batch is cheap.
pub(crate) const SHARDS: usize = 64;

const SHARD_BITS: u32 = SHARDS.trailing_zeros();
const DASHMAP_BITS: u32 = 7;

/// Hashes keys; every copy of one hasher agrees.
#[derive(Clone, Default)]
pub struct KeyHasher(foldhash::fast::RandomState);

impl KeyHasher {
    /// The hash of a key, on which all copies of this hasher agree.
    #[expect(
        clippy::manual_hash_one,
        reason = "hash_one is not always inlined, and costs a call a record"
    )]
    #[inline(always)]
    pub fn hash<K: Hash>(&self, key: &K) -> u64 {
        let mut state = self.0.build_hasher();
        key.hash(&mut state);
        state.finish()
    }
}

impl BuildHasher for KeyHasher {
    type Hasher = <foldhash::fast::RandomState as BuildHasher>::Hasher;

    #[inline(always)]
    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}

/// The part of a hash that travels with a record. It is never zero.
#[inline(always)]
pub(crate) fn tag_of(hash: u64) -> u32 {
    (hash << DASHMAP_BITS >> 32) as u32 | 1
}

/// The shard that a hash chooses: DashMap's own rule for `SHARDS` shards.
#[inline(always)]
pub(crate) fn shard_of(hash: u64) -> usize {
    (hash << DASHMAP_BITS >> (u64::BITS - SHARD_BITS)) as usize
}

/// The shard that a tag chooses; the same as for the whole hash.
#[inline(always)]
pub(crate) fn shard_of_tag(tag: u32) -> usize {
    (tag >> (u32::BITS - SHARD_BITS)) as usize
}

/// The place of a key with this tag in its shard's table.
#[inline(always)]
pub(crate) fn bucket_of(tag: u32) -> u32 {
    tag << SHARD_BITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Law 2 speaks of any layout. The number of shards is fixed, but every hasher lays keys out
    /// anew, so that whatever is run twice is run over two layouts.
    #[test]
    fn every_hasher_has_a_layout_of_its_own() {
        let layout = || {
            let hasher = KeyHasher::default();
            let shard = |key: u64| shard_of(hasher.hash(&key));
            (0..100).map(shard).collect::<Vec<_>>()
        };
        let (one, other) = (layout(), layout());
        assert_ne!(one, other);
        // And not merely the same one turned around: keys that meet in one are apart in another.
        let meet = |layout: &[usize]| -> Vec<(usize, usize)> {
            let pairs = (0..100).flat_map(|a| (0..a).map(move |b| (a, b)));
            pairs.filter(|(a, b)| layout[*a] == layout[*b]).collect()
        };
        assert_ne!(meet(&one), meet(&other));
    }

    proptest! {
        #[test]
        fn hash_tag_and_dashmap_agree_on_the_shard(hash: u64) {
            prop_assert_eq!(shard_of(hash), shard_of_tag(tag_of(hash)));
            let map = dashmap::DashMap::<u8, u8>::with_shard_amount(SHARDS);
            prop_assert_eq!(shard_of(hash), map.determine_shard(hash as usize));
        }
    }
}
