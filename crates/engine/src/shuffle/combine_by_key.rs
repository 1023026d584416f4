//! The aggregator of `combine_by_key`: three functions of the program.

use crate::data::Data;

use super::aggregate::{Aggregator, Cell};

/// The functions that turn a first value into an accumulator, add another, and
/// merge two parts.
pub struct CombineBy<F, G, H> {
    /// Makes an accumulator of a first value.
    pub create: F,
    /// Adds a value to an accumulator.
    pub add: G,
    /// Merges two accumulators, the earlier one first.
    pub merge: H,
}

/// Combines the values of a key into a list of all, for tests.
#[cfg(test)]
pub(super) fn to_lists<V: Data>() -> impl Aggregator<V, Acc = Vec<V>> {
    CombineBy {
        create: |value: V| vec![value],
        add: |mut values: Vec<V>, value| {
            values.push(value);
            values
        },
        merge: |mut values: Vec<V>, mut later| {
            values.append(&mut later);
            values
        },
    }
}

impl<V, C, F, G, H> Aggregator<V> for CombineBy<F, G, H>
where
    V: Data,
    C: Clone + Send + Sync + 'static,
    F: Fn(V) -> C + Send + Sync + 'static,
    G: Fn(C, V) -> C + Send + Sync + 'static,
    H: Fn(C, C) -> C + Send + Sync + 'static,
{
    type Acc = C;

    const DETACHED: bool = true;

    fn create(&self, value: V) -> C {
        (self.create)(value)
    }

    fn add(&self, acc: impl Cell<C>, value: V) {
        acc.replace(|acc| (self.add)(acc, value));
    }

    fn merge(&self, earlier: impl Cell<C>, later: C) {
        earlier.replace(|earlier| (self.merge)(earlier, later));
    }

    fn publish(&self, acc: C) -> C {
        millrace_text::detached(acc)
    }
}
