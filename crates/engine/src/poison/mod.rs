//! Poison records: those that a function of the program panics at, and that are passed over if the
//! program's settings say so.
//!
//! A chain of narrow operators is one loop, so what is passed over is the record that went into
//! the chain, with all that the chain had made of it: a record counts as a whole or not at all.
//! A *dead letter* holds what is known of it. Letters wait here, by batch, until their batch is
//! committed. The law: the letters of a batch and their order depend on its records only, so a
//! batch that is run again has the same ones.

mod letter;
mod operator;
mod shown;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use millrace_types::Lock;

use crate::error::{Error, ErrorKind};
use crate::panics::fail;

pub use letter::Letter;
pub use operator::Operator;
pub use shown::show_records;
pub use shown::{Shown, know, shown, shown_as};

/// The place of a loop's records; a record is known by it and its number in the loop. Letters
/// are put in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct At {
    /// The input, or the partition.
    pub part: usize,
    /// The run or the list within it, and the block or piece within that.
    pub run: u64,
    /// The number of the piece of the batch, from 0.
    pub piece: usize,
}

/// One record of whatever reads records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    reader: u64,
    /// True if it was read as one of the first few, which are numbered otherwise.
    first: bool,
    at: At,
    index: u64,
}

/// The records that were passed over and are not written down yet.
pub struct Poison {
    limit: u64,
    state: Lock<PoisonState>,
}

#[derive(Default)]
struct PoisonState {
    /// Letters that were taken, of all batches.
    taken: u64,
    /// Letters that were not taken, by batch.
    batches: HashMap<u64, BTreeMap<Place, Letter>>,
}

impl Poison {
    /// Passes over so many records at most.
    pub(crate) fn new(limit: u64) -> Poison {
        Poison {
            limit,
            state: Lock::default(),
        }
    }

    fn note(&self, epoch: u64, place: Place, letter: Letter) -> Result<(), Error> {
        let mut state = self.state.lock();
        let message = letter.message.clone();
        // A dataset that is read twice passes over a record twice.
        let of_batch = state.batches.entry(epoch).or_default();
        of_batch.entry(place).or_insert(letter);
        let waiting: usize = state.batches.values().map(BTreeMap::len).sum();
        if state.taken + waiting as u64 <= self.limit {
            return Ok(());
        }
        let limit = self.limit;
        Err(Error::new(
            ErrorKind::RecordErrors,
            format!(
                "more than {limit} records have failed since the start, which is what \
                 millrace.maxRecordErrors allows; the last one by: {message}"
            ),
        ))
    }

    /// Takes the letters of a batch, in order.
    pub(crate) fn take(&self, epoch: u64) -> Vec<Letter> {
        let mut state = self.state.lock();
        let letters = state.batches.remove(&epoch).unwrap_or_default();
        // Whoever has read all records has met the first few among them.
        let whole = letters.keys().filter(|place| !place.first);
        let whole: HashSet<u64> = whole.map(|place| place.reader).collect();
        let counts = |place: &Place| !place.first || !whole.contains(&place.reader);
        let letters = letters.into_iter().filter(|(place, _)| counts(place));
        let letters: Vec<Letter> = letters.map(|(_, letter)| letter).collect();
        state.taken += letters.len() as u64;
        letters
    }
}

/// The number of something that reads records, later ones after earlier ones.
pub fn next_reader() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A reader that passes over poison records, while it works for one batch.
pub struct Skipping<'a> {
    /// The place where the records are written down.
    pub poison: &'a Poison,
    /// The batch.
    pub epoch: u64,
    /// The number of the reader in its batch.
    pub reader: u64,
    /// The reader's name in error messages.
    pub operator: &'a Arc<str>,
}

impl Skipping<'_> {
    /// Passes over record number `index` of a loop, since a function panicked at it.
    ///
    /// # Panics
    /// With an error if there were too many of them.
    pub fn skip(&self, at: (At, bool), index: u64, message: String, record: Shown) {
        if let Err(error) = self.try_skip(at, index, message, record) {
            fail(error);
        }
    }

    /// The same.
    ///
    /// # Errors
    /// If there were too many.
    pub fn try_skip(
        &self,
        (at, first): (At, bool),
        index: u64,
        message: String,
        record: Shown,
    ) -> Result<(), Error> {
        let place = Place {
            reader: self.reader,
            first,
            at,
            index,
        };
        let letter = Letter {
            operator: Arc::clone(self.operator),
            message,
            record,
        };
        self.poison.note(self.epoch, place, letter)
    }
}
