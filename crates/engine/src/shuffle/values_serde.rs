//! Values as a sequence, so that a group can be printed, shuffled and written down.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::values::Values;

impl<V: Serialize> Serialize for Values<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(Exact(self.iter(), self.len()))
    }
}

/// An iterator that knows its length, which some formats write first.
struct Exact<I>(I, usize);

impl<I: Iterator> Iterator for Exact<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, Some(self.1))
    }
}

impl<'de, V: Deserialize<'de> + Clone + 'static> Deserialize<'de> for Values<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Values<V>, D::Error> {
        struct Sequence<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de> + Clone + 'static> Visitor<'de> for Sequence<V> {
            type Value = Values<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Values<V>, A::Error> {
                let mut values = Values::new();
                while let Some(value) = items.next_element()? {
                    values.push(value);
                }
                Ok(values)
            }
        }
        deserializer.deserialize_seq(Sequence(PhantomData))
    }
}
