//! The first keys of the state in PySpark's order, kept from batch to batch.
//!
//! `print` shows eleven records of a state of ten million. Finding them anew would read the
//! whole state in every batch; but new keys have later places than all others, so the first
//! ones change only when one of them is removed or a partition before theirs gets a key.

use std::collections::BTreeMap;

/// The number of keys that are kept; a `take` of more reads the state.
pub(super) const HEAD: usize = 64;

/// The first keys by (partition, place).
pub(super) struct Head<K> {
    keys: BTreeMap<(usize, u64), K>,
    /// True if the state has more keys than these.
    more: bool,
    /// True if one of these keys was removed: the keys that follow them are not known any more.
    stale: bool,
}

impl<K: Clone> Head<K> {
    pub(super) fn new() -> Head<K> {
        Head {
            keys: BTreeMap::new(),
            more: false,
            stale: false,
        }
    }

    /// Of a state of which nothing is known: whoever asks has to read it.
    pub(super) fn unknown() -> Head<K> {
        Head {
            keys: BTreeMap::new(),
            more: true,
            stale: true,
        }
    }

    /// Takes a key that the state has. `partition` is asked for only if it can matter.
    pub(super) fn offer(&mut self, place: u64, key: &K, partition: impl FnOnce() -> usize) {
        if self.keys.len() == HEAD {
            let Some((&last, _)) = self.keys.last_key_value() else {
                return;
            };
            self.more = true;
            if (0, place) > last {
                return;
            }
            let at = (partition(), place);
            if at < last {
                self.keys.insert(at, key.clone());
                self.keys.pop_last();
            }
        } else if self.more {
            // Keys that are not in the head come after its last one: this key may come after some of them.
            let at = (partition(), place);
            if self
                .keys
                .last_key_value()
                .is_some_and(|(&last, _)| at < last)
            {
                self.keys.insert(at, key.clone());
            }
        } else {
            self.keys.insert((partition(), place), key.clone());
        }
    }

    /// Forgets a key that the state has removed.
    pub(super) fn forget(&mut self, place: u64) {
        self.keys.retain(|&(_, kept), _| kept != place);
        self.stale = self.more && self.keys.len() < HEAD / 2;
    }

    /// The first `count` keys, if they are known.
    pub(super) fn first(&self, count: usize) -> Option<impl Iterator<Item = &K>> {
        let known = !self.stale && (!self.more || count <= self.keys.len());
        known.then(|| self.keys.values().take(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_known_is_right(steps in proptest::collection::vec((any::<bool>(), any::<prop::sample::Index>(), 0_usize..3), 0..400)) {
            let (mut head, mut all, mut next) = (Head::new(), BTreeMap::<(usize, u64), u64>::new(), 0_u64);
            for (remove, index, partition) in steps {
                if remove && !all.is_empty() {
                    let &at = index.get(&all.keys().copied().collect::<Vec<_>>());
                    all.remove(&at);
                    head.forget(at.1);
                } else {
                    all.insert((partition, next), next);
                    head.offer(next, &next, || partition);
                    next += 1;
                }
                for count in [0, 1, 11, HEAD] {
                    if let Some(first) = head.first(count) {
                        prop_assert_eq!(
                            first.collect::<Vec<_>>(),
                            all.values().take(count).collect::<Vec<_>>()
                        );
                    }
                }
            }
        }
    }
}
