//! The first few of many entries, in the order that somebody asked for.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use millrace_types::KeptRecord;
use serde_json::Value;

use super::compare::compare;
use super::record;

/// Keeps the first entries of those that it is offered.
pub(super) struct Best {
    limit: usize,
    /// True if the greatest values come first; otherwise keys come in order.
    top: bool,
    entries: BTreeSet<Ranked>,
}

/// An entry by what it is ordered by: the value, if the greatest are wanted, and then the key.
struct Ranked {
    value: Option<Value>,
    key: Value,
    written: (Vec<u8>, Vec<u8>),
}

impl Ord for Ranked {
    fn cmp(&self, other: &Ranked) -> Ordering {
        let by_value = match (&self.value, &other.value) {
            (Some(own), Some(other)) => compare(other, own),
            _ => Ordering::Equal,
        };
        by_value.then_with(|| compare(&self.key, &other.key))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Ranked) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Ranked) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

impl Best {
    pub(super) fn new(limit: usize, top: bool) -> Best {
        Best {
            limit,
            top,
            entries: BTreeSet::new(),
        }
    }

    /// Takes an entry if it is one of the first; `None` if its bytes are no values.
    pub(super) fn offer(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let ranked = Ranked {
            value: self.top.then(|| super::value_of(value)).flatten(),
            key: super::value_of(key)?,
            written: (key.to_vec(), value.to_vec()),
        };
        let is_full = self.entries.len() >= self.limit;
        if is_full && self.entries.last().is_some_and(|last| *last <= ranked) {
            return Some(());
        }
        self.entries.insert(ranked);
        if self.entries.len() > self.limit {
            self.entries.pop_last();
        }
        Some(())
    }

    /// The entries, each key once: of one that was seen twice, because it changed meanwhile, the
    /// first in the order.
    pub(super) fn into_records(self) -> Vec<KeptRecord> {
        let mut keys = std::collections::HashSet::new();
        let entries = self.entries.into_iter().map(|ranked| ranked.written);
        let once = entries.filter(|(key, _)| keys.insert(key.clone()));
        once.filter_map(|(key, value)| record(&key, &value))
            .collect()
    }
}
