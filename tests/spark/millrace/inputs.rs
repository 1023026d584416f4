//! The inputs of `inputs.json` with their types, each as the stream that a case reads.

use std::hash::{Hash, Hasher};

use millrace::dstream::Computed;

use serde::{Deserialize, Serialize};

use super::case::Case;

/// A key that is a tuple with tuples in it.
type Nested = (String, (i64, Option<bool>));

macro_rules! inputs {
    ($($name:ident: $record:ty,)*) => {
        impl Case<'_> {$(
            pub(super) fn $name(&self) -> Computed<$record> {
                self.stream(stringify!($name))
            }
        )*}
    };
}

inputs! {
    numbers: i64,
    more_numbers: i64,
    few_numbers: i64,
    gap: i64,
    gap_pairs: (String, i64),
    long_run: i64,
    three_partitions: i64,
    floats: f64,
    optional_numbers: Option<i64>,
    booleans: bool,
    words: String,
    lines: String,
    unicode: String,
    one_partition: String,
    many_partitions: String,
    points: (i64, i64),
    pairs: (String, i64),
    letters: (String, String),
    ages: (String, i64),
    cities: (String, String),
    optional_values: (String, Option<i64>),
    optional_cities: (String, Option<String>),
    optional_keys: (Option<String>, i64),
    integer_keys: (i64, i64),
    float_keys: (Real, i64),
    boolean_keys: (bool, i64),
    tuple_keys: ((String, i64), i64),
    nested_keys: (Nested, i64),
    unicode_pairs: (String, i64),
    clicks: (String, i64),
    days: String,
    steps: i64,
    visits: (String, i64),
}

/// A float as a key: Rust's own are none, for the sake of NaN, which Python hashes by its address.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Real(f64);

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Both zeros are one key.
        (self.0 + 0.0).to_bits().hash(state);
    }
}
