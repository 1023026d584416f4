//! Records on their way into a table.
//!
//! A probe that misses the cache stalls for longer than a word costs in all. The combiner
//! therefore prefetches a record's slot when the record comes, and looks at the slot a group of records
//! later, when it is in the cache. The loop that cuts and maps only appends to the queue, so it keeps its
//! registers.
//!
//! A group of records that hold megabytes each would be gigabytes. The queue does not
//! know the size of a record. The reader of the record does: it calls [`before_heavy_record`], which
//! completes the group that is being gathered with its next record.

#![expect(unsafe_code, reason = "two groups of which a part is initialised")]

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::rc::Rc;

/// Records of a group: about as many misses as a core keeps in flight.
pub(super) const GROUP: usize = 32;

/// Two groups in turn: one comes while the other one waits.
const ROOM: usize = 2 * GROUP;

/// The address at which a group is complete. Only compared.
type End = Rc<Cell<*const ()>>;

thread_local! {
    /// The ends of the queues that this thread fills, the one that was begun last at the end.
    static ENDS: RefCell<Vec<End>> = const { RefCell::new(Vec::new()) };
}

/// Says that the source that is read on this thread is about to give a record that holds much
/// memory. The records that wait, however few, are combined as soon as this one has come: so one such
/// record is held at a time, and not a group of them.
pub fn before_heavy_record() {
    ENDS.with_borrow(|ends| ends.iter().for_each(|end| end.set(ptr::null())));
}

/// Items in order, up to two groups of them.
pub(super) struct ProbeQueue<T> {
    /// The place of the next item, and the end of its group: all that adding an item looks at.
    next: NonNull<T>,
    end: End,
    /// The start of its group.
    start: NonNull<T>,
    /// Owned, and not a `Box` because `next` points into it.
    items: NonNull<[MaybeUninit<T>; ROOM]>,
    /// True if the other group is full and has not been taken.
    waits: bool,
}

impl<T> ProbeQueue<T> {
    /// Pointers say how many items there are.
    const TAKES_MEMORY: () = assert!(size_of::<T>() > 0);

    pub(super) fn new() -> ProbeQueue<T> {
        const { Self::TAKES_MEMORY };
        let items = Box::new([const { MaybeUninit::uninit() }; ROOM]);
        let items = NonNull::from(Box::leak(items));
        let start = items.cast();
        let end = End::default();
        ENDS.with_borrow_mut(|ends| ends.push(Rc::clone(&end)));
        let mut queue = ProbeQueue {
            next: start,
            end,
            start,
            items,
            waits: false,
        };
        queue.begin(start);
        queue
    }

    /// Begins a group there.
    #[inline(always)]
    fn begin(&mut self, start: NonNull<T>) {
        (self.start, self.next) = (start, start);
        // An address, and not a place that is looked at.
        self.end.set(start.as_ptr().wrapping_add(GROUP).cast());
    }

    /// Adds an item. If its group is complete with it, `take` gets the items whose time has come.
    #[inline(always)]
    pub(super) fn push(&mut self, item: T, take: impl FnOnce(Ready<'_, T>)) {
        // SAFETY: `next` is within the group, since a group that is complete is taken at once.
        // Afterwards it may stand behind the group's last item.
        unsafe {
            self.next.write(item);
            self.next = self.next.add(1);
        }
        if self.next.as_ptr().cast_const().cast::<()>() >= self.end.get() {
            self.complete(take);
        }
    }

    #[inline(never)]
    fn complete(&mut self, take: impl FnOnce(Ready<'_, T>)) {
        take(self.take_ready());
    }

    /// Gives up the group that waits, in order. The one that came waits from now on if it is
    /// complete; if it is not, these are the last items or hold much memory, and are given up as
    /// well. A caller that does not move an item out of its place leaks it.
    #[inline(always)]
    pub(super) fn take_ready(&mut self) -> Ready<'_, T> {
        let waited = if self.waits { GROUP } else { 0 };
        // SAFETY: both groups are within the items. The group that waited is initialised, and so are
        // the items that came; neither is written to while it is borrowed.
        unsafe {
            let came = self.start;
            let first: NonNull<T> = self.items.cast();
            let other = if came == first {
                first.add(GROUP)
            } else {
                first
            };
            let count = self.next.offset_from(came) as usize;
            self.waits = count == GROUP;
            self.begin(if self.waits { other } else { came });
            Ready {
                waited: std::slice::from_raw_parts(other.cast().as_ptr(), waited),
                rest: std::slice::from_raw_parts(
                    came.cast().as_ptr(),
                    if self.waits { 0 } else { count },
                ),
            }
        }
    }
}

/// Items whose time has come.
pub(super) struct Ready<'a, T> {
    /// The group that waited, all initialised.
    pub(super) waited: &'a [MaybeUninit<T>],
    /// The items after the last whole group: the last of all.
    pub(super) rest: &'a [MaybeUninit<T>],
}

impl<T> Drop for ProbeQueue<T> {
    fn drop(&mut self) {
        let Ready { waited, rest } = self.take_ready();
        for item in waited.iter().chain(rest) {
            // SAFETY: initialised, and looked at once.
            drop(unsafe { item.assume_init_read() });
        }
        ENDS.with_borrow_mut(|ends| ends.retain(|end| !Rc::ptr_eq(end, &self.end)));
        // SAFETY: the items came out of a box, and nobody looks at them again.
        drop(unsafe { Box::from_raw(self.items.as_ptr()) });
    }
}

/// The numbers of a group's records that are not where a probe for them begins, in order.
#[derive(Default)]
pub(super) struct Elsewhere {
    numbers: [u8; GROUP],
    count: usize,
}

impl Elsewhere {
    /// Adds the number of a record of the group.
    #[inline(always)]
    pub(super) fn add(&mut self, number: usize) {
        // The remainder is the count itself, which is below the number of records in a group.
        self.numbers[self.count % GROUP] = number as u8;
        self.count += 1;
    }

    /// The numbers, in order.
    #[inline(always)]
    pub(super) fn numbers(&self) -> &[u8] {
        &self.numbers[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// All items come out in order, a group after they were added or at the end; and what is
        /// left is dropped once.
        #[test]
        fn items_come_out_in_order(count in 0_usize..300, ended: bool) {
            let (mut waiting, mut out) = (ProbeQueue::new(), Vec::new());
            let alive = Rc::new(());
            let mut take = |items: &[MaybeUninit<(usize, Rc<()>)>]| {
                for item in items {
                    // SAFETY: what has its turn is initialised, and looked at once.
                    out.push(unsafe { item.assume_init_read() }.0);
                }
            };
            for number in 0..count {
                waiting.push((number, Rc::clone(&alive)), |ready| {
                    assert!(ready.rest.is_empty());
                    take(ready.waited);
                });
            }
            if ended {
                let ready = waiting.take_ready();
                take(ready.waited);
                take(ready.rest);
            }
            drop(waiting);
            let expected = if ended { count } else { (count / GROUP).saturating_sub(1) * GROUP };
            prop_assert_eq!(out, (0..expected).collect::<Vec<_>>());
            prop_assert_eq!(Rc::strong_count(&alive), 1);
        }

        /// Records that hold much take all before them along, in order, unless they end a group.
        #[test]
        fn heavy_items_do_not_wait(heavy in prop::collection::vec(any::<bool>(), 0..300)) {
            let (mut waiting, mut out) = (ProbeQueue::new(), Vec::new());
            let mut held = 0;
            for (number, &heavy) in heavy.iter().enumerate() {
                if heavy {
                    before_heavy_record();
                    held += 1;
                }
                waiting.push(number, |ready| {
                    held = usize::from(heavy && ready.rest.is_empty());
                    for item in ready.waited.iter().chain(ready.rest) {
                        // SAFETY: what has its turn is initialised, and looked at once.
                        out.push(unsafe { item.assume_init_read() });
                    }
                });
                prop_assert!(held < 2, "two heavy items wait");
            }
            prop_assert!(heavy.len() - out.len() < ROOM);
            prop_assert_eq!(&out[..], &(0..out.len()).collect::<Vec<_>>()[..]);
        }
    }

    #[test]
    fn a_queue_that_is_gone_is_told_nothing() {
        let first = ProbeQueue::<u8>::new();
        let second = ProbeQueue::<u8>::new();
        drop(first);
        assert_eq!(ENDS.with_borrow(Vec::len), 1);
        drop(second);
        before_heavy_record();
        assert_eq!(ENDS.with_borrow(Vec::len), 0);
    }
}
