//! The records of a batch in another number of partitions, as the model has them.

use std::collections::HashMap;

use super::model::Batch;

/// Parcels of ten, dealt out from a start that Java draws.
pub(super) fn repartitioned(batch: Batch, partitions: usize) -> Batch {
    // Drawn by a JVM with Spark 3.5.9: `new XORShiftRandom(index).nextInt(n)`, for 0, 1, …
    let starts: HashMap<usize, &[usize]> =
        HashMap::from([(1, &[0; 256][..]), (2, &STARTS_2[..]), (3, &STARTS_3[..])]);
    let mut spread: Batch = vec![Vec::new(); partitions];
    for (index, part) in batch.into_iter().enumerate() {
        let start = starts[&partitions][index];
        for (parcel, records) in part.chunks(10).enumerate() {
            spread[(start + 1 + parcel) % partitions].extend_from_slice(records);
        }
    }
    spread
}

#[rustfmt::skip]
const STARTS_2: [usize; 256] = [0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1];

#[rustfmt::skip]
const STARTS_3: [usize; 256] = [2, 0, 1, 2, 1, 1, 2, 1, 2, 2, 2, 2, 0, 2, 1, 1, 0, 2, 1, 0, 0, 0, 1, 0, 2, 1, 0, 0, 0, 2, 2, 1, 1, 1, 2, 2, 1, 1, 2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 1, 1, 1, 0, 2, 0, 2, 2, 1, 0, 0, 0, 2, 2, 2, 2, 0, 2, 0, 0, 0, 2, 0, 1, 1, 0, 0, 1, 2, 2, 2, 0, 1, 1, 0, 1, 2, 1, 2, 0, 2, 0, 1, 1, 1, 2, 1, 2, 2, 1, 0, 1, 1, 1, 1, 2, 2, 1, 0, 2, 0, 2, 0, 1, 0, 2, 2, 0, 0, 2, 1, 0, 0, 2, 0, 0, 1, 1, 1, 1, 2, 1, 1, 2, 0, 0, 0, 2, 1, 2, 2, 2, 0, 1, 0, 2, 0, 1, 1, 0, 0, 0, 1, 0, 2, 0, 0, 2, 1, 2, 1, 1, 1, 0, 2, 1, 0, 0, 0, 1, 2, 2, 1, 2, 1, 2, 0, 2, 1, 2, 2, 1, 2, 0, 0, 1, 1, 1, 0, 2, 1, 1, 2, 2, 1, 2, 0, 2, 2, 2, 0, 2, 1, 2, 2, 2, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 1, 2, 2, 0, 1, 1, 1, 0, 0, 2, 2, 0, 2, 1, 2, 2, 1, 0, 0, 1, 0, 2, 2, 0, 2];
