//! Records on their way into a table.
//!
//! A probe that misses the cache stalls for longer than a word costs in all. The combiner
//! therefore gathers records and takes them through three steps, a group at a time: hash the
//! key and ask for its index slot; read the slot and ask for the entry; look at the entry. Each
//! step is a group behind the one before, so that what it asks for is there when it is looked
//! at. Gathering is also all that is left of this in the loop that cuts and maps, which has the
//! registers it needs.

#![expect(unsafe_code, reason = "a ring of which a part is initialised")]

use std::mem::MaybeUninit;

/// Records of a group: about as many misses as a core keeps in flight.
const GROUP: usize = 32;

/// How often a record is passed on before it is combined.
pub(crate) const STEPS: usize = 3;

/// Room for the groups that wait and the one that comes; a power of two.
const RING: usize = 4 * GROUP;

/// Items in order, with what is known of each: first nothing, then its hash, then a guess.
pub(crate) struct Lookahead<T> {
    items: [MaybeUninit<T>; RING],
    hashes: [u64; RING],
    guesses: [u32; RING],
    /// How many items have ever been added, hashed, guessed and taken.
    added: usize,
    hashed: usize,
    guessed: usize,
    taken: usize,
}

impl<T> Lookahead<T> {
    pub(crate) fn new() -> Lookahead<T> {
        Lookahead {
            items: [const { MaybeUninit::uninit() }; RING],
            hashes: [0; RING],
            guesses: [0; RING],
            added: 0,
            hashed: 0,
            guessed: 0,
            taken: 0,
        }
    }

    /// Adds an item; says whether a group is complete. Then every step is to be made, the last
    /// one first, before another item is added.
    #[inline(always)]
    pub(crate) fn push(&mut self, item: T) -> bool {
        self.items[self.added % RING] = MaybeUninit::new(item);
        self.added += 1;
        self.added.is_multiple_of(GROUP)
    }

    /// The first step, for all items that have not made it.
    #[inline(always)]
    pub(crate) fn hash(&mut self, mut hash: impl FnMut(&T) -> u64) {
        while self.hashed != self.added {
            let at = self.hashed % RING;
            // SAFETY: items that have been added and not been taken are initialised, and none is
            // taken before it is hashed.
            self.hashes[at] = hash(unsafe { self.items[at].assume_init_ref() });
            self.hashed += 1;
        }
    }

    /// The second step, for all items that have made the first.
    #[inline(always)]
    pub(crate) fn guess(&mut self, mut guess: impl FnMut(u64) -> u32) {
        for count in self.guessed..self.hashed {
            self.guesses[count % RING] = guess(self.hashes[count % RING]);
        }
        self.guessed = self.hashed;
    }

    /// The last step, for all items that have made the second: moves them out, in order. If
    /// `each` panics the rest of them is leaked, never dropped twice.
    #[inline(always)]
    pub(crate) fn combine(&mut self, mut each: impl FnMut(u64, u32, T)) {
        let taken = std::mem::replace(&mut self.taken, self.guessed);
        for count in taken..self.guessed {
            let at = count % RING;
            // SAFETY: initialised, as above; `taken` is past it now, so it is moved out once.
            let item = unsafe { self.items[at].assume_init_read() };
            each(self.hashes[at], self.guesses[at], item);
        }
    }
}

impl<T> Drop for Lookahead<T> {
    fn drop(&mut self) {
        for count in self.taken..self.added {
            // SAFETY: added and not taken.
            unsafe { self.items[count % RING].assume_init_drop() };
        }
    }
}
