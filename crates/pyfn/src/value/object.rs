//! The values that only the interpreter can look into.

use std::any::Any;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use super::Value;

/// A Python object without a form of its own in [`Value`].
pub trait Object: Debug + Send + Sync {
    /// The plain value that it is equal to as a key, if there is one: a named tuple's tuple, a
    /// `str` subclass's text, the integer of an `IntEnum`.
    fn plain(&self) -> Option<&Value>;

    /// Python's `==`.
    fn equals(&self, other: &dyn Object) -> bool;

    /// Python's `hash`, 0 if it has none.
    fn hash(&self) -> i64;

    /// The name of its type.
    fn type_name(&self) -> String;

    /// Python's `repr`.
    fn repr(&self) -> String;

    /// The object's pickle; else why it has none.
    ///
    /// # Errors
    /// The words of the exception that pickling raised.
    fn pickle(&self) -> Result<Vec<u8>, String>;

    /// Itself, for whoever made it.
    fn as_any(&self) -> &dyn Any;
}

/// Makes an object from its pickle, or says why not.
type Unpickler = fn(&[u8]) -> Result<Arc<dyn Object>, String>;

static UNPICKLER: OnceLock<Unpickler> = OnceLock::new();

/// Says what makes objects from their pickles again when values are read; the first call counts.
pub fn set_unpickler(unpickler: Unpickler) {
    let _ = UNPICKLER.set(unpickler);
}

/// The object of a pickle.
pub(super) fn unpickle(pickle: &[u8]) -> Result<Arc<dyn Object>, String> {
    match UNPICKLER.get() {
        Some(unpickler) => unpickler(pickle),
        None => Err("a pickled Python object can only be read by a Python program".to_owned()),
    }
}
