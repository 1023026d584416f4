//! The memory that a record takes, near enough for a budget.
//!
//! A record counts the size of its type. Memory that it points to (strings, vectors) counts as the
//! length of its JSON form, which is measured for one record of every [`EVERY`] and taken to
//! hold until the next is measured: measuring each would cost more than storing it. A type that
//! points to nothing is not measured at all.

use std::io::{self, Write};
use std::marker::PhantomData;

use serde::Serialize;

/// One record of so many is measured.
const EVERY: u64 = 64;

/// Estimates records of one receiver.
pub(crate) struct Weight<T> {
    count: u64,
    /// The size of what the last measured record points to.
    behind: u64,
    records: PhantomData<fn(T)>,
}

impl<T: Serialize> Weight<T> {
    pub(crate) fn new() -> Weight<T> {
        Weight {
            count: 0,
            behind: 0,
            records: PhantomData,
        }
    }

    /// About how many bytes the next record takes; never none.
    pub(crate) fn of(&mut self, record: &T) -> u64 {
        if std::mem::needs_drop::<T>() && self.count.is_multiple_of(EVERY) {
            self.behind = length(record);
        }
        self.count += 1;
        (size_of::<T>() as u64 + self.behind).max(1)
    }
}

/// The length of a record's JSON form; of what could be written, if it has none.
fn length(record: &impl Serialize) -> u64 {
    struct Length(u64);
    impl Write for Length {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut length = Length(0);
    // A map with keys that JSON does not take ends early, and counts for less.
    drop(serde_json::to_writer(&mut length, record));
    length.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_record_counts_its_size_and_is_not_measured() {
        let mut weight = Weight::new();
        assert_eq!(weight.of(&(1_u64, 2_u32)), 16);
        assert_eq!(weight.behind, 0);
        assert_eq!(Weight::new().of(&()), 1, "a record of nothing counts too");
    }

    #[test]
    fn what_a_record_points_to_counts_until_the_next_is_measured() {
        let mut weight = Weight::new();
        let own = size_of::<String>() as u64;
        let (long, short) = ("x".repeat(998), String::new());
        assert_eq!(weight.of(&long), own + 1000);
        for _ in 1..EVERY {
            assert_eq!(weight.of(&short), own + 1000);
        }
        assert_eq!(weight.of(&short), own + 2);
    }

    #[test]
    fn a_record_without_a_json_form_counts_what_it_has() {
        let odd = std::collections::BTreeMap::from([(vec![1_u8], "value".to_owned())]);
        assert!(Weight::new().of(&odd) >= size_of_val(&odd) as u64);
    }
}
