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
    /// How many items have ever been added, hashed, guessed and taken. All but the first are
    /// multiples of a group until the last items come.
    added: usize,
    hashed: usize,
    guessed: usize,
    taken: usize,
}

/// Items that have made all steps but the last, which is to move them out.
pub(crate) struct Ready<'a, T> {
    /// All initialised.
    pub(crate) items: &'a [MaybeUninit<T>],
    pub(crate) hashes: &'a [u64],
    pub(crate) guesses: &'a [u32],
}

/// Where the items from number `from` up to number `to` stand, which are of one group.
#[inline(always)]
fn group(from: usize, to: usize) -> std::ops::Range<usize> {
    let at = from % RING;
    at..at + (to - from).min(GROUP)
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
    pub(crate) fn hash(&mut self, hash: impl Fn(&T) -> u64) {
        let group = group(self.hashed, self.added);
        let items = &self.items[group.clone()];
        for (to, item) in self.hashes[group].iter_mut().zip(items) {
            // SAFETY: items that have been added and not been taken are initialised, and none is
            // taken before it is hashed.
            *to = hash(unsafe { item.assume_init_ref() });
        }
        self.hashed = self.added;
    }

    /// The second step, for all items that have made the first.
    #[inline(always)]
    pub(crate) fn guess(&mut self, guess: impl Fn(u64) -> u32) {
        let group = group(self.guessed, self.hashed);
        let hashes = &self.hashes[group.clone()];
        for (to, hash) in self.guesses[group].iter_mut().zip(hashes) {
            *to = guess(*hash);
        }
        self.guessed = self.hashed;
    }

    /// The last step: gives up the items that have made the second, in order. Whoever does not
    /// move one out of its place leaks it.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Ready<'_, T> {
        let group = group(self.taken, self.guessed);
        self.taken = self.guessed;
        Ready {
            items: &self.items[group.clone()],
            hashes: &self.hashes[group.clone()],
            guesses: &self.guesses[group],
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
