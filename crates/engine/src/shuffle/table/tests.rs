//! A table that grows, and one whose fold unwinds.

use std::cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::*;

/// Large enough for huge pages before it grows, and after.
#[test]
fn a_large_table_begins_empty_and_grows() {
    let same = |key: u64| move |_, present: &u64| *present == key;
    let place = |key: u64| (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32;
    let mut table = Table::with_slots(1 << 17);
    for key in 0..60_000 {
        let Probed::Vacant(slot) = table.probe(place(key), same(key)) else {
            panic!("{key} is there before it came");
        };
        slot.fill(key + 1, key, 2 * key);
    }
    table.resize(1 << 18, |_, key| place(*key));
    assert_eq!((table.len(), table.slots()), (60_000, 1 << 18));
    for key in 0..60_000 {
        assert!(matches!(
            table.probe(place(key), same(key)),
            Probed::Occupied(_)
        ));
    }
    let mut keys = 0;
    table.drain(|stamp, key, value| {
        assert_eq!((stamp, value), (key + 1, 2 * key));
        keys += 1;
    });
    assert_eq!((table.len(), keys), (0, 60_000));
}

/// A value that a fold took out and did not give back is not looked at, and not dropped again.
#[test]
fn a_table_forgets_its_keys_if_a_fold_unwinds() {
    let of_key = |_: u64, present: &u64| *present == 7;
    let mut table = Table::with_slots(16);
    let alive = Rc::new(());
    let Probed::Vacant(slot) = table.probe(7, of_key) else {
        panic!("an empty table");
    };
    slot.fill(7 << 32, 7_u64, Rc::clone(&alive));
    let Probed::Occupied(slot) = table.probe(7, of_key) else {
        panic!("the key is lost");
    };
    let fold = AssertUnwindSafe(|| {
        slot.fold(|cell| {
            cell.replace(|value| {
                drop(value);
                panic!("no value today")
            });
        });
    });
    assert!(catch_unwind(fold).is_err());
    assert_eq!(Rc::strong_count(&alive), 1);
    assert_eq!(table.len(), 0);
    assert!(matches!(table.probe(7, of_key), Probed::Vacant(_)));
    drop(table);
    assert_eq!(Rc::strong_count(&alive), 1);
}

/// Counts that it is dropped, and has nothing that a leak would lose.
struct Counted<'a>(&'a cell::Cell<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// The same, of a fold into many keys, with those that it had not come to.
#[test]
fn a_table_forgets_its_keys_if_a_fold_into_many_unwinds() {
    let mut table = Table::with_slots(16);
    let dropped = cell::Cell::new(0);
    for key in [1_u32 << 28, 2 << 28] {
        let Probed::Vacant(slot) = table.probe(key, |_, present: &u32| *present == key) else {
            panic!("{key} is there before it came");
        };
        slot.fill(u64::from(key) << 32, key, Counted(&dropped));
    }
    let record = |key| {
        MaybeUninit::new(Tagged {
            key,
            value: (),
            tag: key,
        })
    };
    let records = [record(1 << 28), record(2 << 28)];
    let fold = AssertUnwindSafe(|| {
        let took = |cell: SlotCell<'_, Counted<'_>>, ()| cell.replace(|_| panic!("no value today"));
        // SAFETY: initialised records, whose tags are not zero.
        unsafe { table.fold_hits(&records, took) };
    });
    assert!(catch_unwind(fold).is_err());
    assert_eq!(table.len(), 0);
    drop(table);
    // The other key's value is leaked, not dropped: nobody knows how far the fold came.
    assert_eq!(dropped.get(), 1);
}
