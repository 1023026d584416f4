//! Looking through a store in small steps.

use std::time::{Duration, Instant};

use millrace_engine::durable::{EntryReader, Look, RawEntry, STEP};
use millrace_types::{StateFound, StateSearch};

use super::best::Best;
use super::{Store, value_of};

/// The shortest pause between two steps: a batch that waits for a shard finds it free.
const PAUSE: Duration = Duration::from_micros(50);

impl Store {
    /// Looks through the store for the keys that `search` wants. A shard that grows meanwhile is
    /// looked through anew.
    pub fn search(&self, search: &StateSearch) -> StateFound {
        let end = Instant::now() + search.within;
        let mut best = Best::new(search.limit, search.top);
        let mut looked_at = 0;
        let mut complete = true;
        let mut entries = Vec::new();
        'shards: for shard in 0..self.durable.shards() {
            let mut from = Some(Look::default());
            while let Some(start) = from {
                let began = Instant::now();
                if began >= end {
                    complete = false;
                    break 'shards;
                }
                entries.clear();
                from = self.durable.look(shard, start, STEP, &mut entries);
                looked_at += offer_all(&entries, &search.prefix, &mut best);
                // Half of a thread's time at most.
                if !entries.is_empty() {
                    std::thread::sleep(began.elapsed().max(PAUSE));
                }
            }
        }
        StateFound {
            records: best.into_records(),
            looked_at,
            complete,
        }
    }
}

/// Offers the entries whose keys begin with `prefix`; gives how many entries there are.
fn offer_all(entries: &[u8], prefix: &str, best: &mut Best) -> u64 {
    let mut reader = EntryReader::new(entries);
    let mut count = 0;
    while let Some(Ok(entry)) = reader.next_raw() {
        let (key, kept): RawEntry<'_> = entry;
        count += 1;
        if let Some((_, value)) = kept
            && begins_with(key, prefix)
        {
            // What is no value was never written by a program; there is nothing to show of it.
            let _shown = best.offer(key, value);
        }
    }
    count
}

/// True if a key begins so: a text by its letters, any other key by its JSON.
pub(super) fn begins_with(key: &[u8], prefix: &str) -> bool {
    if prefix.is_empty() {
        return true;
    }
    if let Ok(text) = rmp_serde::from_slice::<&str>(key) {
        return text.starts_with(prefix);
    }
    value_of(key).is_some_and(|value| value.to_string().starts_with(prefix))
}
