//! The same questions to a checkpoint: a program that has ended is looked through like one that
//! runs.

use std::io;

use millrace_engine::error::Result;
use millrace_types::{KeptRecord, Lock};

use crate::checkpoint::GenerationView;

use super::best::Best;
use super::search::begins_with;

impl GenerationView {
    /// The keys of a store that begin with `prefix` (of a text its letters, of any other key its
    /// JSON), at most `limit` of them: those with the greatest values, the greatest first, if `top`
    /// is true, and otherwise the first ones in the order of the keys. Reads all of the store.
    ///
    /// # Errors
    /// As [`entries`](GenerationView::entries).
    pub fn search(
        &self,
        store: usize,
        prefix: &str,
        top: bool,
        limit: usize,
    ) -> Result<Vec<KeptRecord>> {
        let best = Lock::new(Best::new(limit, top));
        self.render(
            store,
            &|entry, _| {
                if begins_with(entry.key, prefix) {
                    let mut best = best.lock();
                    // What is no value was never written by a program.
                    let _shown = best.offer(entry.key, entry.value);
                }
                Ok(())
            },
            &mut io::sink(),
        )?;
        let best = best.into_inner();
        Ok(best.into_records())
    }
}
