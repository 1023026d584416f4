//! PySpark's partition of a key that is a Python value.

use millrace::partition::Partitioner;
use millrace_pyfn::Value;
use millrace_text::python::{TupleHash, bytes_hash, float_hash, int_hash, str_hash};

use crate::convert::to_python;
use crate::hash;
use crate::lock::attached;
use crate::raised::raise;

/// Puts a key where PySpark's `portable_hash` puts it.
pub(super) struct ByPortableHash {
    partitions: u32,
}

impl ByPortableHash {
    pub(super) fn new(partitions: u32) -> ByPortableHash {
        ByPortableHash { partitions }
    }
}

impl Partitioner<Value> for ByPortableHash {
    fn partitions(&self) -> usize {
        self.partitions as usize
    }

    fn partition(&self, key: &Value) -> usize {
        place_of(key, self.partitions)
    }
}

/// The partition, of so many, that a key belongs to.
pub(crate) fn place_of(key: &Value, partitions: u32) -> usize {
    if partitions == 1 {
        return 0;
    }
    portable_hash(key).rem_euclid(partitions.into()) as usize
}

fn portable_hash(key: &Value) -> i64 {
    match key {
        Value::None => 0,
        Value::Bool(b) => i64::from(*b),
        Value::Int(n) => int_hash((*n).into()),
        Value::Float(x) => float_hash(*x),
        Value::Str(text) => str_hash(text),
        Value::Bytes(bytes) => bytes_hash(bytes),
        Value::Tuple(items) => {
            let mut tuple = TupleHash::new();
            for item in items.iter() {
                tuple.push(portable_hash(item));
            }
            tuple.finish()
        }
        Value::Big(_) | Value::List(_) | Value::Dict(_) | Value::Object(_) => {
            let hash = attached(|py| hash::portable_hash(&to_python(py, key)?));
            hash.unwrap_or_else(|error| raise(error))
        }
    }
}
