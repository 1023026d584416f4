//! The values of one key in one batch, in arrival order.
//!
//! Spark gives an update function the list of a key's new values. A word count makes that list
//! a million ones for a frequent word; kept as runs of equal values it is one pair. Only types
//! whose equality is identity (integers, `bool`, `char`, `()`) are kept so; all others are a
//! plain list. A reader sees no difference.

use std::any::TypeId;
use std::fmt;

use thin_vec::ThinVec;

/// Room of the first list of a key: most have few values, and a list that grows is copied.
const FIRST_RUNS: usize = 4;

/// The values of one key in one batch, in arrival order.
///
/// ```
/// use millrace::Values;
/// let values: Values<i64> = [1, 1, 1, 5].into_iter().collect();
/// assert_eq!(values.len(), 4);
/// assert_eq!(values.iter().sum::<i64>(), 8);
/// ```
#[derive(Clone)]
pub struct Values<V> {
    runs: Runs<V>,
}

/// Equal values that follow each other stand once, with their number. Laid out so that the
/// values of a frequent key, one run, take no more than a value and a number.
#[derive(Clone)]
enum Runs<V> {
    None,
    One(V, u32),
    /// A list with its length in front of its items: a `Vec` would double the size of every group.
    Many(ThinVec<(V, u32)>),
}

impl<V> Values<V> {
    /// No values.
    #[must_use]
    pub const fn new() -> Values<V> {
        Values { runs: Runs::None }
    }

    #[inline(always)]
    #[doc(hidden)]
    pub fn of(value: V) -> Values<V> {
        Values {
            runs: Runs::One(value, 1),
        }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        match &self.runs {
            Runs::None => 0,
            Runs::One(_, times) => *times as usize,
            Runs::Many(runs) => runs.iter().map(|(_, times)| *times as usize).sum(),
        }
    }

    /// True if there are no values.
    pub fn is_empty(&self) -> bool {
        matches!(self.runs, Runs::None)
    }

    /// All of them, in arrival order.
    pub fn iter(&self) -> Iter<'_, V> {
        let (run, rest) = match &self.runs {
            Runs::None => (None, &[][..]),
            Runs::One(value, times) => (Some((value, *times)), &[][..]),
            Runs::Many(runs) => (None, runs.as_slice()),
        };
        Iter {
            run,
            rest: rest.iter(),
        }
    }
}

impl<V: Clone + 'static> Values<V> {
    /// Appends a value.
    #[inline(always)]
    pub fn push(&mut self, value: V) {
        match &mut self.runs {
            Runs::One(last, times) if *times < u32::MAX && identical(last, &value) => *times += 1,
            _ => self.push_run(value, 1),
        }
    }

    #[inline(never)]
    fn push_run(&mut self, value: V, count: u32) {
        let (last, times) = match &mut self.runs {
            Runs::None => {
                self.runs = Runs::One(value, count);
                return;
            }
            Runs::One(last, times) => (last, times),
            Runs::Many(runs) => match runs.last_mut() {
                Some((last, times)) => (last, times),
                None => unreachable!("many runs are at least two"),
            },
        };
        if identical(last, &value) && u32::MAX - *times >= count {
            *times += count;
            return;
        }
        self.runs = match std::mem::replace(&mut self.runs, Runs::None) {
            Runs::Many(mut runs) => {
                runs.push((value, count));
                Runs::Many(runs)
            }
            Runs::One(first, times) => {
                let mut runs = ThinVec::with_capacity(FIRST_RUNS);
                runs.extend([(first, times), (value, count)]);
                Runs::Many(runs)
            }
            Runs::None => Runs::One(value, count),
        };
    }

    /// Appends all of `later`.
    pub fn append(&mut self, later: Values<V>) {
        match later.runs {
            Runs::None => {}
            Runs::One(value, times) => self.push_run(value, times),
            Runs::Many(runs) => runs
                .into_iter()
                .for_each(|(value, times)| self.push_run(value, times)),
        }
    }

    /// All of them in a vector.
    pub fn to_vec(&self) -> Vec<V> {
        self.iter().cloned().collect()
    }
}

/// True if two values cannot be told apart. The type decides at compile time; a type not named
/// here is never identical to anything, which costs memory and changes nothing.
#[inline(always)]
pub(crate) fn identical<V: 'static>(one: &V, other: &V) -> bool {
    macro_rules! among {
        ($($plain:ty),*) => {$(
            if TypeId::of::<V>() == TypeId::of::<$plain>() {
                let (one, other): (&dyn std::any::Any, &dyn std::any::Any) = (one, other);
                return one.downcast_ref::<$plain>() == other.downcast_ref::<$plain>();
            }
        )*};
    }
    among!(
        i64,
        i32,
        u64,
        u32,
        usize,
        i8,
        i16,
        i128,
        isize,
        u8,
        u16,
        u128,
        bool,
        char,
        ()
    );
    false
}

impl<V> Default for Values<V> {
    fn default() -> Values<V> {
        Values::new()
    }
}

impl<V: fmt::Debug> fmt::Debug for Values<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<V: Clone + 'static> FromIterator<V> for Values<V> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Values<V> {
        let mut all = Values::new();
        values.into_iter().for_each(|value| all.push(value));
        all
    }
}

impl<'a, V> IntoIterator for &'a Values<V> {
    type Item = &'a V;
    type IntoIter = Iter<'a, V>;

    fn into_iter(self) -> Iter<'a, V> {
        self.iter()
    }
}

/// The values of a key in order; see [`Values::iter`].
#[derive(Debug, Clone)]
pub struct Iter<'a, V> {
    run: Option<(&'a V, u32)>,
    rest: std::slice::Iter<'a, (V, u32)>,
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = &'a V;

    fn next(&mut self) -> Option<&'a V> {
        let (value, times) = match self.run.take() {
            Some(run) => run,
            None => self.rest.next().map(|(value, times)| (value, *times))?,
        };
        self.run = (times > 1).then(|| (value, times - 1));
        Some(value)
    }

    /// A loop a run, which the compiler reduces to a multiplication where the fold allows it.
    fn fold<B, F: FnMut(B, &'a V) -> B>(self, init: B, mut f: F) -> B {
        let rest = self.rest.map(|(value, times)| (value, *times));
        self.run
            .into_iter()
            .chain(rest)
            .fold(init, |mut acc, (value, times)| {
                for _ in 0..times {
                    acc = f(acc, value);
                }
                acc
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A group of numbers is to be small: it stands in the entry of its key.
    const _: () = assert!(size_of::<Values<i64>>() == 16);

    proptest! {
        #[test]
        fn equals_a_vector(parts in proptest::collection::vec(
            proptest::collection::vec(0_i64..3, 0..6), 0..6,
        )) {
            let flat: Vec<i64> = parts.concat();
            let mut values = Values::new();
            for part in parts {
                values.append(part.into_iter().collect());
            }
            prop_assert_eq!(values.to_vec(), flat.clone());
            prop_assert_eq!(values.len(), flat.len());
            prop_assert_eq!(values.iter().sum::<i64>(), flat.iter().sum::<i64>());
            prop_assert_eq!(values.is_empty(), flat.is_empty());
        }

        #[test]
        fn values_that_compare_equal_and_differ_are_kept(list in proptest::collection::vec(
            prop::sample::select(vec![0.0_f64, -0.0, 1.0]), 0..8,
        )) {
            let values: Values<f64> = list.iter().copied().collect();
            let bits = |list: &[f64]| list.iter().map(|f| f.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&values.to_vec()), bits(&list));
        }
    }
}
