//! The abilities that a record needs before it crosses threads or meets its key.
//!
//! One bound serves the whole engine: serde. Through it the engine prints a record as Python
//! would, computes the hash that decides a key's partition, and can write records down, all
//! without asking a program for more than two derives on its own types.

use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A record that can cross a shuffle or be kept as state.
///
/// Implemented for every type that fulfils these bounds; no program implements it by hand.
pub trait Data: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Data for T {}

/// A record that others can be combined under.
///
/// Which partition a key goes to is what PySpark's `portable_hash` says of it, computed through
/// serde: a struct counts as the tuple of its fields, a `Vec` as a tuple of its items. A map
/// cannot be a key (Python calls it unhashable); a program that uses one fails its batch.
pub trait Key: Data + Hash + Eq {}

impl<T: Data + Hash + Eq> Key for T {}
