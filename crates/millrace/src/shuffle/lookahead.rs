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
use std::ptr::NonNull;

/// Records of a group: about as many misses as a core keeps in flight.
const GROUP: usize = 32;

/// How often a record is passed on before it is combined.
pub(crate) const STEPS: usize = 3;

/// Room for the groups that wait and the one that comes; a power of two.
const RING: usize = 4 * GROUP;

/// Items in order, with what is known of each: first nothing, then its hash, then a guess.
pub(crate) struct Lookahead<T> {
    /// Where the next item goes, and how many more its group has room for. All that adding an
    /// item looks at.
    next: NonNull<T>,
    room: usize,
    /// Owned, and not a `Box` because `next` points into it.
    ring: NonNull<[MaybeUninit<T>; RING]>,
    hashes: [u64; RING],
    guesses: [u32; RING],
    /// How many items have ever been hashed, guessed and taken: multiples of a group until the
    /// last items come.
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
        let ring = NonNull::from(Box::leak(Box::new([const { MaybeUninit::uninit() }; RING])));
        Lookahead {
            next: ring.cast(),
            room: GROUP,
            ring,
            hashes: [0; RING],
            guesses: [0; RING],
            hashed: 0,
            guessed: 0,
            taken: 0,
        }
    }

    #[inline(always)]
    fn items(&self) -> &[MaybeUninit<T>; RING] {
        // SAFETY: the ring lives as long as this does, and is written to by `&mut self` only.
        unsafe { self.ring.as_ref() }
    }

    /// How many items have ever been added: those that have not been hashed are of one group.
    fn added(&self) -> usize {
        self.hashed - self.hashed % GROUP + GROUP - self.room
    }

    /// Adds an item; says whether a group is complete. Then every step is to be made, the last
    /// one first, before another item is added.
    #[inline(always)]
    pub(crate) fn push(&mut self, item: T) -> bool {
        debug_assert!(self.room > 0, "every step is made in time");
        // SAFETY: within the group, which is within the ring; `next` may stand behind its last
        // item afterwards. What was there has been taken.
        unsafe {
            self.next.write(item);
            self.next = self.next.add(1);
        }
        self.room -= 1;
        self.room == 0
    }

    /// The first step, for all items that have not made it.
    #[inline(always)]
    pub(crate) fn hash(&mut self, hash: impl Fn(&T) -> u64) {
        let added = self.added();
        let group = group(self.hashed, added);
        // SAFETY: as in `items`; the hashes are not part of the ring.
        let items = unsafe { &self.ring.as_ref()[group.clone()] };
        for (to, item) in self.hashes[group].iter_mut().zip(items) {
            // SAFETY: items that have been added and not been taken are initialised, and none is
            // taken before it is hashed.
            *to = hash(unsafe { item.assume_init_ref() });
        }
        self.hashed = added;
        // SAFETY: a place in the ring.
        self.next = unsafe { self.ring.cast::<T>().add(added % RING) };
        self.room = GROUP - added % GROUP;
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
            items: &self.items()[group.clone()],
            hashes: &self.hashes[group.clone()],
            guesses: &self.guesses[group],
        }
    }
}

impl<T> Drop for Lookahead<T> {
    fn drop(&mut self) {
        for count in self.taken..self.added() {
            // SAFETY: added and not taken.
            unsafe { self.ring.cast::<T>().add(count % RING).drop_in_place() };
        }
        // SAFETY: the ring came out of a box, and nobody looks at it again.
        drop(unsafe { Box::from_raw(self.ring.as_ptr()) });
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// All items come out in order, with what was said of them, whenever the steps are made
        /// early; and what is left is dropped once.
        #[test]
        fn items_come_out_in_order(early in prop::collection::vec(0_usize..300, 0..20), count in 0_usize..300) {
            let mut waiting = Lookahead::new();
            let mut out = Vec::new();
            let alive = Rc::new(());
            let mut step = |waiting: &mut Lookahead<(usize, Rc<()>)>| {
                let ready = waiting.take();
                for (at, item) in ready.items.iter().enumerate() {
                    // SAFETY: ready items are initialised and looked at once.
                    let (number, _alive) = unsafe { item.assume_init_read() };
                    assert_eq!(ready.hashes[at], number as u64 * 3);
                    assert_eq!(ready.guesses[at], number as u32 * 6);
                    out.push(number);
                }
                waiting.guess(|hash| hash as u32 * 2);
                waiting.hash(|(number, _)| *number as u64 * 3);
            };
            for number in 0..count {
                if waiting.push((number, Rc::clone(&alive))) || early.contains(&number) {
                    step(&mut waiting);
                }
            }
            if early.len() % 2 == 0 {
                for _ in 0..STEPS {
                    step(&mut waiting);
                }
                prop_assert_eq!(out.len(), count);
            }
            drop(waiting);
            prop_assert_eq!(&out, &(0..out.len()).collect::<Vec<_>>());
            prop_assert_eq!(Rc::strong_count(&alive), 1);
        }

        #[test]
        fn items_without_a_size_are_counted(count in 0_usize..300) {
            let (mut waiting, mut out) = (Lookahead::new(), 0);
            for number in 0..count + STEPS * GROUP {
                let complete = waiting.push(());
                prop_assert_eq!(complete, (number + 1) % GROUP == 0);
                if complete {
                    out += waiting.take().items.len();
                    waiting.guess(|_| 0);
                    waiting.hash(|()| 0);
                }
            }
            prop_assert_eq!(out, (count / GROUP + STEPS - 2) * GROUP);
        }
    }
}
