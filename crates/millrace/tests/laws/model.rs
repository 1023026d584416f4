//! The model that the engine is measured by: the same operators on vectors, one record at a
//! time.
//!
//! The only thing borrowed from the engine is the partition of a key; it has golden vectors of
//! its own, and the transcripts of Spark in `golden` depend on it.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;

use millrace::partition::{HashPartitioner, Partitioner};
use millrace_text::java;
use serde::Serialize;

/// The lines of every batch, when each message is what a batch received: `\n`, `\r` and `\r\n`
/// end a line, which belongs to the batch that received its end.
pub(crate) fn lines(messages: &[Vec<u8>]) -> Vec<Vec<String>> {
    let (mut line, mut after_return) = (Vec::new(), false);
    let mut batch = |message: &Vec<u8>| {
        let mut lines = Vec::new();
        for &byte in message {
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => {
                    lines.push(java::decode_lossy(&line).into_owned());
                    line.clear();
                }
                other => line.push(other),
            }
            after_return = byte == b'\r';
        }
        lines
    };
    messages.iter().map(&mut batch).collect()
}

/// The words of lines, split at single blanks.
pub(crate) fn words(lines: &[String]) -> Vec<String> {
    let words = lines.iter().flat_map(|line| line.split(' '));
    words.map(str::to_owned).collect()
}

/// The partition of a key, PySpark's.
pub(crate) fn partition<K: Serialize>(key: &K, partitions: usize) -> usize {
    let partitions = u32::try_from(partitions).unwrap();
    HashPartitioner::new(NonZeroU32::new(partitions).unwrap()).partition(key)
}

/// Records by partition, those of a partition as they came.
pub(crate) fn shuffled<K: Serialize, V>(
    mut records: Vec<(K, V)>,
    partitions: usize,
) -> Vec<(K, V)> {
    records.sort_by_cached_key(|(key, _)| partition(key, partitions));
    records
}

/// The values of every key, keys in the order of their first arrival.
pub(crate) fn grouped<K: Clone + Eq + Hash, V>(records: Vec<(K, V)>) -> Vec<(K, Vec<V>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in records {
        let place = *places.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(value);
    }
    groups
}

/// `reduce_by_key`.
pub(crate) fn reduce_by_key<K: Clone + Eq + Hash + Serialize, V>(
    records: Vec<(K, V)>,
    partitions: usize,
    function: impl Fn(V, V) -> V,
) -> Vec<(K, V)> {
    let reduced = grouped(records)
        .into_iter()
        .filter_map(|(key, values)| Some((key, values.into_iter().reduce(&function)?)))
        .collect();
    shuffled(reduced, partitions)
}

/// `count_by_value`.
pub(crate) fn count_by_value<K: Clone + Eq + Hash + Serialize>(
    records: Vec<K>,
    partitions: usize,
) -> Vec<(K, i64)> {
    let ones = records.into_iter().map(|record| (record, 1)).collect();
    reduce_by_key(ones, partitions, |a, b| a + b)
}

/// `update_state_by_key`: keys with their states, in the order of their places.
pub(crate) struct State<K, S> {
    places: Vec<(K, S)>,
}

impl<K: Clone + Eq + Hash + Serialize, S: Clone> State<K, S> {
    /// Of two states for a key the first counts.
    pub(crate) fn new(initial: Vec<(K, S)>) -> State<K, S> {
        let first = |(key, states): (K, Vec<S>)| Some((key, states.into_iter().next()?));
        State {
            places: grouped(initial).into_iter().filter_map(first).collect(),
        }
    }

    /// A batch: `update` sees every key that has a state or values.
    pub(crate) fn batch<V>(
        &mut self,
        records: Vec<(K, V)>,
        update: impl Fn(&[V], Option<S>) -> Option<S>,
    ) {
        let groups = grouped(records);
        let mut new: HashMap<K, Vec<V>> = HashMap::new();
        let arrivals: Vec<K> = groups.iter().map(|(key, _)| key.clone()).collect();
        new.extend(groups);
        self.places = std::mem::take(&mut self.places)
            .into_iter()
            .filter_map(|(key, state)| {
                let values = new.remove(&key).unwrap_or_default();
                Some((key, update(&values, Some(state))?))
            })
            .collect();
        for key in arrivals {
            if let Some(values) = new.remove(&key)
                && let Some(state) = update(&values, None)
            {
                self.places.push((key, state));
            }
        }
    }

    /// The stream: the whole state.
    pub(crate) fn stream(&self, partitions: usize) -> Vec<(K, S)> {
        shuffled(self.places.clone(), partitions)
    }
}
