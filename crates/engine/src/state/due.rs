//! Which keys have been idle for too long, without looking at the others.
//!
//! A key stands in the queue of its shard once, under the time when it was put there. A record
//! for it moves nothing: only when its turn comes is the key looked at, and queued again under
//! the time of its last update if it was not idle. So a key costs one look a timeout, however
//! often it is touched, and memory does not grow with touches. A key is known by the hash and the
//! place of its entry, which no two keys share; that of a key that was removed finds nothing.

use std::collections::BTreeMap;

/// A key: its hash and its place. Of a hash that was queued only those bits are right that find
/// an entry in its shard.
pub(super) type Ticket = (u64, u64);

/// A ticket in twelve bytes, since every key has one: the 32 lowest bits of the hash, by which a
/// table places an entry, the seven highest, by which it tags it, and 57 bits of the place.
#[derive(Debug, Clone, Copy)]
struct Packed([u32; 3]);

/// Bits of the place beside the tag.
const BESIDE: u32 = 25;

impl Packed {
    fn new((hash, place): Ticket) -> Packed {
        debug_assert!(
            place >> (u32::BITS + BESIDE) == 0,
            "no stream gives so many places"
        );
        let tag = (hash >> (u64::BITS - 7)) as u32;
        Packed([
            hash as u32,
            place as u32,
            tag << BESIDE | (place >> u32::BITS) as u32,
        ])
    }

    fn ticket(self) -> Ticket {
        let Packed([low, place, rest]) = self;
        let tag = u64::from(rest >> BESIDE);
        let high = u64::from(rest & ((1 << BESIDE) - 1));
        (
            tag << (u64::BITS - 7) | u64::from(low),
            high << u32::BITS | u64::from(place),
        )
    }
}

/// The keys of one shard, by the time in milliseconds under which they wait.
#[derive(Debug, Default)]
pub(super) struct Due {
    waiting: BTreeMap<i64, Vec<Packed>>,
}

impl Due {
    pub(super) fn push(&mut self, time: i64, ticket: Ticket) {
        let waiting = self.waiting.entry(time).or_default();
        waiting.push(Packed::new(ticket));
    }

    /// Takes the keys that wait under a time before `threshold`.
    pub(super) fn before(&mut self, threshold: i64) -> Vec<Ticket> {
        let rest = self.waiting.split_off(&threshold);
        let due = std::mem::replace(&mut self.waiting, rest);
        due.into_values().flatten().map(Packed::ticket).collect()
    }

    /// Gives back the memory that the keys of `time` will not need: later ones come under later
    /// times.
    pub(super) fn close(&mut self, time: i64) {
        if let Some(tickets) = self.waiting.get_mut(&time) {
            tickets.shrink_to_fit();
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Bytes that the queue holds.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let tickets = self.waiting.values().map(Vec::capacity).sum::<usize>();
        tickets * size_of::<Packed>() + self.waiting.len() * 2 * size_of::<(i64, Vec<Packed>)>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_ticket_keeps_its_place_and_what_finds_it(hash: u64, place in 0_u64..1 << 57) {
            let (packed, own) = Packed::new((hash, place)).ticket();
            prop_assert_eq!(own, place);
            prop_assert_eq!(packed as u32, hash as u32);
            prop_assert_eq!(packed >> 57, hash >> 57);
        }
    }
}
