//! The aggregator of `cogroup`: the values of two sides of one key, kept apart.

use std::mem::MaybeUninit;

use crate::data::Data;

use super::aggregate::{Aggregator, Cell};
use super::values::Values;

/// A value with the side that it is of.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub enum Side<V, W> {
    /// A value of the stream on which the operator is called.
    Left(V),
    /// A value of the stream that is the operator's argument.
    Right(W),
}

/// Collects both sides, each in arrival order.
pub struct CoGroup;

impl<V: Data, W: Data> Aggregator<Side<V, W>> for CoGroup {
    type Acc = (Values<V>, Values<W>);

    const DETACHED: bool = !std::mem::needs_drop::<V>() && !std::mem::needs_drop::<W>();

    fn create(&self, value: Side<V, W>) -> Self::Acc {
        match value {
            Side::Left(value) => (Values::of(value), Values::new()),
            Side::Right(value) => (Values::new(), Values::of(value)),
        }
    }

    fn add(&self, acc: impl Cell<Self::Acc>, value: Side<V, W>) {
        acc.change(|(left, right)| match value {
            Side::Left(value) => left.push(value),
            Side::Right(value) => right.push(value),
        });
    }

    #[inline(always)]
    fn merge(&self, earlier: impl Cell<Self::Acc>, later: Self::Acc) {
        earlier.change(|(left, right)| {
            left.append(later.0);
            right.append(later.1);
        });
    }

    #[inline(always)]
    fn publish_one<'a>(
        &self,
        value: Side<V, W>,
        place: &'a mut MaybeUninit<Self::Acc>,
    ) -> &'a mut Self::Acc {
        match value {
            Side::Left(value) => place.write((Values::of(value), Values::new())),
            Side::Right(value) => place.write((Values::new(), Values::of(value))),
        }
    }
}
