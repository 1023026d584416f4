//! Driving records through a chain whose functions may panic at some of them.
//!
//! The loop that is compiled for a chain knows nothing of this: it is run as ever, and if a
//! function panics in it, everything that it has made is thrown away and the partition is run
//! again with a loop for each record. So a record that nothing panics at costs nothing, and what a
//! flat map had made of a record before it panicked is never seen.

use crate::panics::caught;
use crate::poison::{At, Skipping};

use super::{Partition, Pipeline};

/// Gives `sink` what a chain makes of a partition, without the records that a function panics at.
/// Needs room for what the chain makes of the partition.
pub fn drive_or_skip<P: Pipeline>(
    pipeline: &P,
    (input, partition): (usize, &Partition),
    skipping: &Skipping<'_>,
    at: At,
    sink: &mut dyn FnMut(P::Item),
) {
    let mut made = Vec::new();
    let drive = || {
        let push: &mut dyn FnMut(P::Item) = &mut |record| made.push(record);
        pipeline.drive(input, partition, push);
    };
    // What was made until a panic is not looked at.
    match caught(drive) {
        Ok(()) => made.into_iter().for_each(sink),
        Err(_) => {
            drop(made);
            let part = (input, partition);
            drive_carefully(pipeline, part, skipping, (at, false), sink);
        }
    }
}

/// The same, one record after the other. `at` says which partition it is, and whether it has the
/// first few records of a dataset.
pub fn drive_carefully<P: Pipeline>(
    pipeline: &P,
    (input, partition): (usize, &Partition),
    skipping: &Skipping<'_>,
    at: (At, bool),
    sink: &mut dyn FnMut(P::Item),
) {
    let (mut index, mut made) = (0, Vec::new());
    pipeline.one_by_one(input, partition, &mut |single, shown| {
        let drive = || {
            let push: &mut dyn FnMut(P::Item) = &mut |record| made.push(record);
            pipeline.drive(input, &single, push);
        };
        match caught(drive) {
            Ok(()) => made.drain(..).for_each(&mut *sink),
            Err(panicked) => {
                made.clear();
                skipping.skip(at, index, panicked.message, shown());
            }
        }
        index += 1;
    });
}
