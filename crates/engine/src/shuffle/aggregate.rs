//! The ways in which the values of one key become one.

use std::mem::MaybeUninit;

use crate::data::Data;

use super::values::Values;

/// Access to one accumulator, by value or by reference: moving an accumulator out and back costs
/// as much as a probe.
pub trait Cell<C> {
    /// Replaces the accumulator by what `merge` makes of it.
    fn replace(self, merge: impl FnOnce(C) -> C);

    /// Changes the accumulator where it stands.
    fn change(self, change: impl FnOnce(&mut C));
}

/// Folds values into an accumulator, in order. `merge` must be associative: how a batch is cut
/// into runs decides where it is applied. It need not be commutative.
pub trait Aggregator<V>: Send + Sync + 'static {
    /// The type that the values of a key become.
    type Acc: Send + Sync + 'static;

    /// The accumulator of a first value.
    fn create(&self, value: V) -> Self::Acc;
    /// Adds a value to an accumulator where it stands.
    fn add(&self, acc: impl Cell<Self::Acc>, value: V);
    /// Adds an accumulator of later values to one where it stands.
    fn merge(&self, earlier: impl Cell<Self::Acc>, later: Self::Acc);

    /// True if nothing that was published keeps the block of a received text.
    const DETACHED: bool;

    /// The part of an accumulator that a run publishes, once per key and flush. One that is
    /// small has to be detached here, or every run would keep a block for the rest of the batch
    /// (law 6). One that has every value is left as it is: a copy of all of them would not be
    /// bounded by anything.
    fn publish(&self, acc: Self::Acc) -> Self::Acc {
        acc
    }

    /// Writes where it is to stand what a run publishes of a single value. An accumulator of several
    /// words that is made elsewhere first is read back in wider pieces than it was written in, for
    /// which the processor waits until all before it has been written. Gives what it has written: the
    /// caller panics if that is not in the place.
    #[inline(always)]
    fn publish_one<'a>(
        &self,
        value: V,
        place: &'a mut MaybeUninit<Self::Acc>,
    ) -> &'a mut Self::Acc {
        place.write(self.publish(self.create(value)))
    }
}

/// `reduce_by_key`: the accumulator is a value.
pub struct Reduce<F>(pub F);

impl<V: Data, F: Fn(V, V) -> V + Send + Sync + 'static> Aggregator<V> for Reduce<F> {
    type Acc = V;

    const DETACHED: bool = true;

    #[inline(always)]
    fn create(&self, value: V) -> V {
        value
    }

    #[inline(always)]
    fn add(&self, acc: impl Cell<V>, value: V) {
        acc.replace(|acc| (self.0)(acc, value));
    }

    #[inline(always)]
    fn merge(&self, earlier: impl Cell<V>, later: V) {
        earlier.replace(|earlier| (self.0)(earlier, later));
    }

    #[inline(always)]
    fn publish(&self, acc: V) -> V {
        millrace_text::detached(acc)
    }
}

/// Grouping: the accumulator is the list of all values, in order.
pub struct Group;

impl<V: Data> Aggregator<V> for Group {
    type Acc = Values<V>;

    const DETACHED: bool = !std::mem::needs_drop::<V>();

    #[inline(always)]
    fn create(&self, value: V) -> Values<V> {
        Values::of(value)
    }

    #[inline(always)]
    fn add(&self, acc: impl Cell<Values<V>>, value: V) {
        acc.change(|values| values.push(value));
    }

    #[inline(always)]
    fn merge(&self, earlier: impl Cell<Values<V>>, later: Values<V>) {
        earlier.change(|earlier| earlier.append(later));
    }
}
