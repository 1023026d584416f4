//! A Python value that needs no interpreter.
//!
//! Exact builtin types have their own form; everything else (subclasses, class instances, sets,
//! text with surrogates) is an [`Object`] that only the interpreter looks into. Equality and hash
//! are those of dictionary keys in Python: `True == 1 == 1.0`. A text inside a tuple, list or
//! dict is detached from its block, so that a kept key cannot keep a megabyte.

mod key;
mod object;
mod serde;

use std::sync::Arc;

use indexmap::IndexMap;
use millrace_text::Text;
use num_bigint::BigInt;

pub use object::{Object, set_unpickler};

/// A dict: in the order of insertion, a key keeping its first form.
pub type Dict = IndexMap<Value, Value>;

/// A Python value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An `int` of at most 64 bits.
    Int(i64),
    /// An `int` outside of 64 bits; never one that [`Value::Int`] holds.
    Big(Arc<BigInt>),
    /// A `float`.
    Float(f64),
    /// A `str` without surrogates.
    Str(Text),
    /// `bytes`.
    Bytes(Arc<[u8]>),
    /// A `tuple`.
    Tuple(Arc<[Value]>),
    /// A `list`. Two values that share one `Arc` are one list in Python.
    List(Arc<Vec<Value>>),
    /// A `dict`. Two values that share one `Arc` are one dict in Python.
    Dict(Arc<Dict>),
    /// Anything else, known to the interpreter alone.
    Object(Arc<dyn Object>),
}

impl Value {
    /// The tuple of some values, whose texts are detached.
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Value {
        Value::Tuple(items.into_iter().map(Value::detach).collect())
    }

    /// The list of some values, whose texts are detached.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(Arc::new(items.into_iter().map(Value::detach).collect()))
    }

    /// An `int` of any size.
    pub fn integer(n: BigInt) -> Value {
        match i64::try_from(&n) {
            Ok(small) => Value::Int(small),
            Err(_) => Value::Big(Arc::new(n)),
        }
    }

    /// A `str`.
    pub fn str(text: impl Into<Text>) -> Value {
        Value::Str(text.into())
    }

    /// The same value, holding no count of a block of received text.
    #[must_use]
    pub fn detach(self) -> Value {
        match self {
            Value::Str(text) => Value::Str(text.detach()),
            other => other,
        }
    }

    /// The name of its type in Python.
    pub fn type_name(&self) -> String {
        let name = match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Big(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::Tuple(_) => "tuple",
            Value::List(_) => "list",
            Value::Dict(_) => "dict",
            Value::Object(object) => return object.type_name(),
        };
        name.to_owned()
    }
}
