//! The check of what a program declared: that an idle key keeps its state.
//!
//! Only debug builds check, and only some keys of every batch: a check of all would cost what the
//! declaration saves. A state is compared as it would be written down, so that nothing more is
//! asked of its type; bytes in another order count as the same, for a hash table may have been
//! built anew.

use std::ops::ControlFlow;

use crate::data::{Data, Key};
use crate::durable::{self, StoreError};
use crate::shuffle::{SHARDS, Values};

use super::store::StateStore;

/// The number of keys that are checked per batch; all of a small state.
const CHECKED: usize = 64;

impl<K: Key, S: Data> StateStore<K, S> {
    /// # Errors
    /// If the function changes the state of a key that it is given no values for.
    pub(super) fn check_idle<V: Data>(
        &self,
        update: &impl Fn(&K, &Values<V>, Option<S>) -> Option<S>,
    ) -> Result<(), StoreError> {
        let first = self.generation() as usize;
        let mut sample: Vec<(K, S)> = Vec::new();
        for shard in (0..SHARDS).map(|offset| (first + offset) % SHARDS) {
            self.read_shard(shard, |key, entry| {
                if sample.len() == CHECKED {
                    return ControlFlow::Break(());
                }
                sample.extend(entry.get().map(|state| (key.clone(), state.clone())));
                ControlFlow::Continue(())
            });
        }
        let keeps = |(key, state): (K, S)| {
            let before = written(&state);
            let after = update(&key, &Values::new(), Some(state));
            before.is_none() || after.as_ref().and_then(written) == before
        };
        if sample.into_iter().all(keeps) {
            return Ok(());
        }
        Err(StoreError::Rule(
            "idle_keeps_state was declared, but the function changes the state of a key that \
             has no new values: f(&[], Some(s)) must be Some(s). Drop the declaration, or make it \
             true; builds without debug assertions do not check it",
        ))
    }
}

/// The bytes of a state, sorted; nothing if it cannot be written down.
fn written<S: Data>(state: &S) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    durable::put(&mut bytes, &(), 0, state).ok()?;
    bytes.sort_unstable();
    Some(bytes)
}
