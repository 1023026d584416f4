//! Asking the cache for the keys of a state before they are looked at: a search begins at a control
//! byte and at a bucket, which are two misses where the state is larger than the cache.

use std::ptr::NonNull;

use crate::shuffle::{prefetch, prefetch_whole};
use crate::store::AHEAD;

/// Keys of a batch that are looked for together.
pub(super) const GROUP: usize = 2 * AHEAD;

/// Asks the processor for the places at which a table looks for a hash first. The table is named by
/// the end of its data, behind which its control bytes begin, and the number of its buckets.
#[inline]
pub(super) fn prefetch_home<T>(data_end: NonNull<T>, buckets: usize, hash: u64) {
    prefetch_slot(data_end, hash as usize & (buckets - 1));
}

/// Asks the processor for a slot of a table, named so: its control byte and its bucket.
#[inline]
pub(super) fn prefetch_slot<T>(data_end: NonNull<T>, slot: usize) {
    let end = data_end.as_ptr().cast_const();
    // Addresses, which nobody looks at; buckets stand before the end, the first one last.
    prefetch(end.cast::<u8>().wrapping_add(slot));
    prefetch_whole(end.wrapping_sub(slot + 1));
}
