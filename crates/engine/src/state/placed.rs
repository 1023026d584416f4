//! The slots of keys that were given places since somebody read all keys in order.

/// Slots of a shard; nothing is known of a shard whose order nobody keeps, or whose keys have
/// moved.
#[derive(Debug, Default)]
pub(super) struct PlacesGiven(Option<Vec<u32>>);

impl PlacesGiven {
    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// Notes the slots of a batch's new keys; `None` if all keys have moved.
    pub(super) fn note(&mut self, slots: Option<Vec<u32>>) {
        match (&mut self.0, slots) {
            (Some(known), Some(slots)) => known.extend(slots),
            (known, _) => *known = None,
        }
    }

    /// Takes what is known, and begins anew with nothing.
    pub(super) fn take(&mut self) -> Option<Vec<u32>> {
        self.0.replace(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_moved_is_not_known_until_it_was_read_again() {
        let mut placed = PlacesGiven::default();
        placed.note(Some(vec![1]));
        assert_eq!(placed.take(), None, "nobody has read it before");
        placed.note(Some(vec![2]));
        placed.note(Some(vec![3]));
        assert_eq!(placed.take(), Some(vec![2, 3]));
        placed.note(None);
        placed.note(Some(vec![4]));
        assert_eq!(placed.take(), None);
        placed.forget();
        assert_eq!(placed.take(), None);
        assert_eq!(placed.take(), Some(Vec::new()));
    }
}
