//! Keyed records for what is measured on numbers: the same on every machine.
//!
//! Keys are numbers below a bound, values small ones. An order of keys that is
//! that of their numbers would let tables be walked from one end to the other,
//! so there is none: keys are drawn, or shuffled where each comes once.

use crate::draw::Random;

/// A key and a value.
pub type Pair = (u64, i64);

/// `count` pairs whose keys are drawn below `keys`, all equally likely.
#[must_use]
pub fn drawn(seed: u64, count: usize, keys: usize) -> Vec<Pair> {
    let mut random = Random::new(seed);
    let pair = |_| (random.below(keys) as u64, random.below(100) as i64);
    (0..count).map(pair).collect()
}

/// A pair for every key in `keys` that is `turn` modulo `turns`, each once.
#[must_use]
pub fn turn(seed: u64, keys: std::ops::Range<u64>, turn: u64, turns: u64) -> Vec<Pair> {
    let mut random = Random::new(seed);
    let first = keys.start + (turn + turns - keys.start % turns) % turns;
    let mut numbers: Vec<u64> = (first..keys.end).step_by(turns as usize).collect();
    for last in (1..numbers.len()).rev() {
        numbers.swap(last, random.below(last + 1));
    }
    let pair = |key| (key, random.below(100) as i64);
    numbers.into_iter().map(pair).collect()
}

/// A pair for every key in `keys`, each once.
#[must_use]
pub fn each(seed: u64, keys: std::ops::Range<u64>) -> Vec<Pair> {
    turn(seed, keys, 0, 1)
}

/// Cuts a list into so many parts of about equal length, in order.
#[must_use]
pub fn parts<T>(records: Vec<T>, parts: usize) -> Vec<Vec<T>> {
    let length = records.len();
    let mut records = records.into_iter();
    let part = |index| {
        let count = length * (index + 1) / parts - length * index / parts;
        records.by_ref().take(count).collect()
    };
    (0..parts).map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{drawn, each, parts, turn};

    #[test]
    fn every_key_has_its_turn_once() {
        let turns = (0..10).flat_map(|number| turn(number, 0..1_000, number, 10));
        let keys: HashSet<u64> = turns.map(|(key, _)| key).collect();
        assert_eq!(keys.len(), 1_000);
        assert_eq!(turn(1, 0..1_000, 3, 10).len(), 100);
        assert!(turn(1, 15..95, 3, 10).iter().all(|(key, _)| key % 10 == 3));
        assert_eq!(turn(1, 15..95, 3, 10).len(), 8);
        assert!(!each(1, 0..1_000).is_sorted());
    }

    #[test]
    fn drawn_keys_stay_below_their_bound() {
        let pairs = drawn(1, 10_000, 100);
        assert!(pairs.iter().all(|&(key, _)| key < 100));
        assert_eq!(pairs, drawn(1, 10_000, 100));
        assert_ne!(pairs, drawn(2, 10_000, 100));
    }

    #[test]
    fn parts_are_the_list() {
        let cut = parts((0..10).collect(), 3);
        assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 4]);
        assert_eq!(cut.concat(), (0..10).collect::<Vec<_>>());
    }
}
