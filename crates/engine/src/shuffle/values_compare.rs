//! Values compared as the lists that they stand for: how they are kept does not show.

use std::hash::{Hash, Hasher};

use super::values::Values;

impl<V: PartialEq> PartialEq for Values<V> {
    fn eq(&self, other: &Values<V>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<V: Eq> Eq for Values<V> {}

impl<V: Hash> Hash for Values<V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.iter().for_each(|value| value.hash(state));
    }
}

impl<V: PartialEq> PartialEq<Vec<V>> for Values<V> {
    fn eq(&self, other: &Vec<V>) -> bool {
        self.iter().eq(other)
    }
}

impl<V: PartialEq, const N: usize> PartialEq<[V; N]> for Values<V> {
    fn eq(&self, other: &[V; N]) -> bool {
        self.iter().eq(other)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use foldhash::fast::FixedState;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equal_and_hashed_alike_if_and_only_if_the_lists_are_equal(
            one in proptest::collection::vec(0_i64..2, 0..4),
            other in proptest::collection::vec(0_i64..2, 0..4),
            cut in 0_usize..4,
        ) {
            // The same list, put together in another way.
            let (head, tail) = one.split_at(cut.min(one.len()));
            let mut joined: Values<i64> = head.iter().copied().collect();
            joined.append(tail.iter().copied().collect());
            let values: Values<i64> = one.iter().copied().collect();
            let others: Values<i64> = other.iter().copied().collect();
            prop_assert_eq!(&values, &joined);
            prop_assert_eq!(values == others, one == other);
            prop_assert!(values == one);
            let hash = |values: &Values<i64>| FixedState::default().hash_one(values);
            prop_assert_eq!(hash(&values), hash(&joined));
        }
    }
}
