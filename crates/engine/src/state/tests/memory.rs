//! The cost of a key of a word count while nothing happens to it.

use std::sync::Arc;

use dashmap::SharedValue;
use millrace_text::Text;
use millrace_types::{BatchTime, Duration};

use crate::data::Data;
use crate::exec::Executor;
use crate::partition::HashPartitioner;
use crate::rdd::Rdd;
use crate::shuffle::{KeyHasher, SHARDS};
use crate::state::entry::StateEntry;
use crate::state::{MappedStore, Mapping, State, StateStore};

/// The budget, in bytes.
const A_KEY: usize = 100;

const KEYS: usize = 1_000_000;

fn partitioner() -> Arc<HashPartitioner> {
    Arc::new(HashPartitioner::new(std::num::NonZeroU32::MIN))
}

/// Bytes of the tables of a map: a slot has a byte of DashMap's own.
fn bytes<S: Data>(store: &StateStore<Text, S>) -> usize {
    let slot = size_of::<(Text, SharedValue<StateEntry<S>>)>() + 1;
    let tables = store
        .map
        .shards()
        .iter()
        .map(|shard| shard.read().buckets());
    tables.sum::<usize>() * slot
}

fn words() -> impl Iterator<Item = Text> {
    (0..KEYS).map(|number| Text::from(format!("word-{number}").as_str()))
}

#[test]
fn a_word_and_its_count() {
    let store = StateStore::new(KeyHasher::default(), partitioner());
    words().for_each(|word| store.seed(word, 1_i64));
    let each = bytes(&store) / KEYS;
    eprintln!("update_state_by_key: {each} bytes per key, of {KEYS}");
    assert!(each <= A_KEY, "{each} bytes per key");
}

#[test]
fn a_word_its_count_and_its_time() {
    let executor = Executor::new(2).unwrap();
    let timeout = Some(Duration::seconds(60));
    let mapping: Mapping<Text, i64, i64, ()> = Arc::new(
        |_: BatchTime, _: &Text, value: Option<i64>, state: &mut State<i64>| {
            state.update(value.unwrap_or(0));
            None
        },
    );
    for timeout in [None, timeout] {
        let store = MappedStore::new(partitioner(), timeout, Vec::new());
        for number in 1..=2 {
            let words = words().map(|word| (word, 1)).collect();
            let rdd = Rdd::of_partitions(vec![words], &executor);
            let time = BatchTime::from_millis(number as i64);
            let _ = store.map(&rdd, &mapping, time, number, &executor).unwrap();
        }
        let queue: usize = (0..SHARDS).map(|shard| store.due(shard).bytes()).sum();
        let each = (bytes(&store.states) + queue) / KEYS;
        eprintln!("map_with_state, timeout {timeout:?}: {each} bytes per key, of {KEYS}");
        assert!(each <= A_KEY, "{each} bytes per key");
    }
}
