//! The values that the batches of a window brought to a shard, oldest first, with a chain
//! through the items of every key.
//!
//! One ring per shard and not a list per key: a batch is appended and leaves as it came, nothing is
//! allocated for a key, and a leaving item knows its key's slot.

use std::collections::VecDeque;

use serde::Serialize;

use crate::data::Key;
use crate::durable::Record;

use super::slots::Slots;

/// The value that one batch brought to one key.
pub(super) struct Item<C> {
    /// The key's.
    pub(super) slot: u32,
    /// The number of the key's next item, if it has one.
    next: u32,
    /// When the batch first had the key.
    pub(super) place: u64,
    pub(super) value: C,
}

/// The items of one key: the numbers of the first and the last one.
#[derive(Debug, Default, Clone, Copy)]
pub struct Chain {
    head: u32,
    tail: u32,
    len: u32,
}

impl Chain {
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// The number of its oldest item, if it has one.
    pub(super) fn head(&self) -> u32 {
        self.head
    }
}

/// The items of a shard. They are numbered as they come; numbers wrap around.
pub struct Ring<C> {
    items: VecDeque<Item<C>>,
    /// The number of the oldest item.
    first: u32,
    /// The number of items of each batch, of those that have any.
    batches: VecDeque<(u64, usize)>,
}

impl<C> Default for Ring<C> {
    fn default() -> Ring<C> {
        Ring {
            items: VecDeque::new(),
            first: 0,
            batches: VecDeque::new(),
        }
    }
}

impl<C> Ring<C> {
    /// Appends an item of a batch to the chain of its key. Batches come in order.
    pub(super) fn push(&mut self, batch: u64, chain: &mut Chain, slot: u32, place: u64, value: C) {
        let number = self.first.wrapping_add(self.items.len() as u32);
        if chain.len == 0 {
            chain.head = number;
        } else {
            self.get_mut(chain.tail).next = number;
        }
        chain.tail = number;
        chain.len += 1;
        self.items.push_back(Item {
            slot,
            next: number,
            place,
            value,
        });
        match self.batches.back_mut() {
            Some((last, items)) if *last == batch => *items += 1,
            _ => self.batches.push_back((batch, 1)),
        }
    }

    /// The last item of a chain, if it is of this batch, the last one.
    #[inline]
    pub(super) fn of_batch(&mut self, batch: u64, chain: &Chain) -> Option<&mut Item<C>> {
        let &(last, items) = self.batches.back()?;
        let at = self.position(chain.tail);
        let is_its = chain.len > 0 && last == batch && at >= self.items.len() - items;
        is_its.then(|| &mut self.items[at])
    }

    /// The items of batch `batch`; none unless it is the last batch that has items.
    pub(super) fn items_of(&self, batch: u64) -> impl Iterator<Item = &Item<C>> {
        let last = self.batches.back().filter(|(last, _)| *last == batch);
        let items = last.map_or(0, |&(_, items)| items);
        self.items.range(self.items.len() - items..)
    }

    /// Writes down what this batch, the last one, has of each key.
    pub(super) fn put_batch<K: Key, E>(
        &self,
        batch: u64,
        slots: &Slots<K, E>,
        record: &mut Record<'_>,
    ) where
        C: Serialize,
    {
        for item in self.items_of(batch) {
            record.put(slots.key(item.slot), item.place, &item.value);
        }
    }

    /// The slot of the oldest item, if its batch is `through` or an earlier one.
    pub(super) fn leaving(&self, through: u64) -> Option<u32> {
        let &(batch, _) = self.batches.front()?;
        (batch <= through).then(|| self.items.front().map(|item| item.slot))?
    }

    /// The slot of the item that leaves so many items later.
    #[inline]
    pub(super) fn ahead(&self, items: usize) -> Option<u32> {
        self.items.get(items).map(|item| item.slot)
    }

    /// The number of items of batch `through` or earlier ones.
    pub(super) fn count_leaving(&self, through: u64) -> usize {
        let leaving = self
            .batches
            .iter()
            .take_while(|(batch, _)| *batch <= through);
        leaving.map(|(_, items)| items).sum()
    }

    /// Drops the oldest item, which is the first of its key's chain.
    pub(super) fn pop(&mut self, chain: &mut Chain) {
        let Some(item) = self.items.pop_front() else {
            return;
        };
        chain.head = item.next;
        chain.len -= 1;
        self.first = self.first.wrapping_add(1);
        if let Some((_, items)) = self.batches.front_mut() {
            *items -= 1;
            if *items == 0 {
                self.batches.pop_front();
                self.shrink();
            }
        }
    }

    /// A window of small batches does not keep the memory of large ones.
    fn shrink(&mut self) {
        if self.items.len() < self.items.capacity() / 8 {
            self.items.shrink_to(self.items.len() * 2);
        }
    }

    fn position(&self, number: u32) -> usize {
        number.wrapping_sub(self.first) as usize
    }

    pub(super) fn get(&self, number: u32) -> &Item<C> {
        &self.items[self.position(number)]
    }

    pub(super) fn get_mut(&mut self, number: u32) -> &mut Item<C> {
        let position = self.position(number);
        &mut self.items[position]
    }

    /// The numbers of a chain's items, oldest first.
    pub(super) fn numbers(&self, chain: &Chain) -> impl Iterator<Item = u32> {
        let mut number = chain.head;
        (0..chain.len).map(move |_| {
            let next = self.get(number).next;
            std::mem::replace(&mut number, next)
        })
    }

    /// The batch of every item, in order.
    pub(super) fn batch_of_items(&self) -> Vec<u64> {
        let batches = self.batches.iter();
        batches
            .flat_map(|&(batch, items)| std::iter::repeat_n(batch, items))
            .collect()
    }

    /// The items of a chain, oldest first, each with its batch; `batches` are those of all items.
    pub(super) fn chained<'a>(
        &'a self,
        chain: &Chain,
        batches: &'a [u64],
    ) -> impl Iterator<Item = (u64, &'a Item<C>)> {
        self.numbers(chain)
            .map(|number| (batches[self.position(number)], self.get(number)))
    }

    /// Gives every item the new number of its key's slot.
    pub(super) fn renumber(&mut self, numbers: &[u32]) {
        for item in &mut self.items {
            item.slot = numbers[item.slot as usize];
        }
    }
}
