//! The changes of a batch to a shard, as far as the order of keys is concerned.

/// The changes of a batch to the order of keys in a shard.
pub(super) struct Moves<K> {
    pub(super) new: Vec<(u64, K)>,
    pub(super) removed: Vec<u64>,
    /// The greatest place given, plus one.
    pub(super) places: u64,
    /// The slots of the new keys; `None` if the table was made anew, so that all have moved.
    pub(super) slots: Option<Vec<u32>>,
}

impl<K> Moves<K> {
    /// None yet; `places` are given already.
    pub(super) fn none(places: u64) -> Moves<K> {
        Moves {
            new: Vec::new(),
            removed: Vec::new(),
            places,
            slots: Some(Vec::new()),
        }
    }

    /// Notes that a key was put into `slot`; `full` if the table had no room for it before, and
    /// may have been made anew.
    pub(super) fn put(&mut self, slot: usize, full: bool) {
        if full {
            self.slots = None;
        }
        if let Some(slots) = &mut self.slots {
            slots.push(slot as u32);
        }
    }
}
