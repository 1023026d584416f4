//! Looking at a few keys of the state while batches run.
//!
//! A step holds the lock of one shard for as long as it takes to write down some of its keys.

use serde::Serialize;

use crate::data::{Data, Key};
use crate::durable::{Look, key_of, show, show_value};

use super::copy::CopiedSlots;
use super::entry::StateEntry;
use super::store::StateStore;

impl<K: Key, S: Data> StateStore<K, S> {
    /// [`Durable::look`](crate::durable::Durable::look), with what `shown` makes of a state.
    pub(super) fn look_at<T: Serialize>(
        &self,
        shard: u32,
        from: Look,
        most: usize,
        out: &mut Vec<u8>,
        shown: impl Fn(&S) -> &T,
    ) -> Option<Look> {
        let each = |key: &K, entry: &StateEntry<S>| {
            if let Some(state) = entry.get() {
                show(out, key, entry.place(), shown(state));
            }
        };
        match self.read_slots(shard as usize, from, most, || true, each) {
            CopiedSlots::Read(next) => next,
            CopiedSlots::Changed => None,
        }
    }

    /// [`Durable::find`](crate::durable::Durable::find), with what `shown` makes of a state.
    pub(super) fn find_shown<T: Serialize>(
        &self,
        key: &[u8],
        out: &mut Vec<u8>,
        shown: impl Fn(&S) -> &T,
    ) -> bool {
        let Some(key) = key_of::<K>(key) else {
            return false;
        };
        let entry = self.map.get(&key);
        let state = entry.as_ref().and_then(|entry| entry.get());
        state.is_some_and(|state| show_value(out, shown(state)))
    }
}
