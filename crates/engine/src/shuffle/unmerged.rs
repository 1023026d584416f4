//! A batch of one shard on its way into a store that has a table of its own.
//!
//! A store looks for every key in its own table. Where keys hardly repeat, a batch that is tabled
//! before that gains nothing by it: nearly every entry is inserted, moved out, hashed again and
//! looked for once more. So a store may have the entries as the runs left them, and combines those
//! of one key itself.

use std::sync::Arc;

use crate::data::Key;

use super::combiner::Entry;
use super::shard::Shard;
use super::spare_lists::SpareLists;

/// The entries of one run, with the number of arrivals before them.
pub(crate) type RunEntries<K, C> = (u64, Vec<Entry<K, C>>);

/// The part of a batch that one shard has: keys that were merged, and behind them entries of runs
/// that were not, in the order of the runs. A key may come more than once among all of them.
pub struct Unmerged<K, C> {
    /// The keys that were merged, if any were.
    pub(crate) merged: Option<Shard<K, C>>,
    /// The entries that came behind them.
    pub(crate) runs: Vec<RunEntries<K, C>>,
    /// Takes the lists of the entries when they are empty.
    pub(super) spare: Option<Arc<SpareLists<K, C>>>,
}

impl<K: Key, C> Unmerged<K, C> {
    /// The number of entries, merged ones and others.
    #[must_use]
    pub fn len(&self) -> usize {
        let merged = self.merged.as_ref().map_or(0, Shard::len);
        let waiting = self.runs.iter().map(|(_, entries)| entries.len());
        merged + waiting.sum::<usize>()
    }

    /// True if there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives the lists of entries back, which are empty now.
    pub(crate) fn give_back(&mut self, emptied: impl IntoIterator<Item = Vec<Entry<K, C>>>) {
        if let Some(spare) = &self.spare {
            spare.keep(emptied);
        }
    }

    /// The shard of the merged keys, for its memory.
    #[must_use]
    pub fn into_shard(self) -> Option<Shard<K, C>> {
        self.merged
    }
}

impl<K: Key, C> From<Shard<K, C>> for Unmerged<K, C> {
    /// Every key is merged.
    fn from(shard: Shard<K, C>) -> Unmerged<K, C> {
        Unmerged {
            merged: Some(shard),
            runs: Vec::new(),
            spare: None,
        }
    }
}
