//! The random numbers by which Spark's `repartition` chooses where a partition begins to deal.
//!
//! They are the same in every run: the seed is the number of the partition. Since Spark 3.4
//! (SPARK-40660) the generator is an xorshift whose seed is hashed by MurmurHash3; before, it was
//! Java's. The tests hold what Spark 3.5.9 was seen to do.

/// The partition, of `partitions`, that gets the first parcel when `repartition` deals out the
/// records of partition number `from` (Spark 3.5.9). The next parcel goes to the next partition.
///
/// # Panics
/// If there are no partitions.
///
/// ```
/// assert_eq!(millrace::python::first_dealt(0, 2), 1);
/// ```
#[must_use]
pub fn first_dealt(from: usize, partitions: u32) -> usize {
    // Spark adds one before it deals.
    let drawn = u64::from(SparkRandom::new(from as u64).below(partitions));
    ((drawn + 1) % u64::from(partitions)) as usize
}

/// A generator of 64 bits of state.
struct SparkRandom(u64);

impl SparkRandom {
    fn new(seed: u64) -> SparkRandom {
        /// Scala's seed for hashes of arrays.
        const ARRAY: u32 = 0x3c07_4a61;
        let low = murmur3(seed, ARRAY);
        let high = murmur3(seed, low);
        SparkRandom(u64::from(high) << 32 | u64::from(low))
    }

    fn next_31_bits(&mut self) -> u32 {
        self.0 ^= self.0 << 21;
        self.0 ^= self.0 >> 35;
        self.0 ^= self.0 << 4;
        self.0 as u32 & (u32::MAX >> 1)
    }

    /// A number below `bound`, which is positive; Java's way of making one of 31 bits.
    fn below(&mut self, bound: u32) -> u32 {
        let drawn = self.next_31_bits();
        if bound.is_power_of_two() {
            return ((u64::from(bound) * u64::from(drawn)) >> 31) as u32;
        }
        let bound = u64::from(bound);
        let mut drawn = u64::from(drawn);
        // The last numbers, which are no whole round of `bound`, are drawn again.
        while drawn - drawn % bound + bound > 1 << 31 && bound < 1 << 31 {
            drawn = u64::from(self.next_31_bits());
        }
        (drawn % bound) as u32
    }
}

/// MurmurHash3 for 32 bits, of the eight bytes of `data` with the highest first.
fn murmur3(data: u64, seed: u32) -> u32 {
    let bytes = data.to_be_bytes();
    let (words, _) = bytes.as_chunks::<4>();
    let mixed = words.iter().fold(seed, |hash, &word| {
        let word = u32::from_le_bytes(word)
            .wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593);
        (hash ^ word)
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64)
    });
    let hash = mixed ^ bytes.len() as u32;
    let hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    let hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The partitions that PySpark 3.5.9 put the first ten records of partitions 0 to 7 into by
    /// `repartition(n)`.
    const SEEN: [(u32, [u32; 8]); 8] = [
        (1, [0, 0, 0, 0, 0, 0, 0, 0]),
        (2, [1, 1, 0, 0, 0, 0, 0, 1]),
        (3, [0, 1, 2, 0, 2, 2, 0, 2]),
        (4, [1, 1, 0, 3, 3, 0, 0, 2]),
        (5, [4, 4, 4, 3, 4, 1, 1, 1]),
        (7, [3, 6, 2, 0, 2, 2, 4, 2]),
        (8, [2, 2, 0, 6, 5, 0, 7, 4]),
        (16, [4, 4, 0, 12, 10, 15, 13, 7]),
    ];

    #[test]
    fn draws_what_spark_draws() {
        for (bound, seen) in SEEN {
            for (partition, target) in (0..).zip(seen) {
                let drawn = SparkRandom::new(partition).below(bound);
                assert_eq!((drawn + 1) % bound, target, "{partition} of {bound}");
            }
        }
    }

    #[test]
    fn every_bound_has_an_end() {
        for bound in [3, 1 << 30, (1 << 30) + 1, (1 << 31) - 1, 1 << 31, u32::MAX] {
            for partition in 0..100 {
                assert!(SparkRandom::new(partition).below(bound) < bound);
            }
        }
    }
}
