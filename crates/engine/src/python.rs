//! Python's text of records, for programs whose own output has to look like a PySpark program's.
//! `print` has it by itself. Also where PySpark's `repartition` begins to deal, for datasets that
//! are not the engine's.

mod dealing;

use millrace_text::python::write_str;
use serde::Serialize;

pub use dealing::first_dealt;

/// Python's `str` of a value: a `Vec` of pairs is `[('a', 1), ('b', 2)]`, a text is itself.
///
/// A value whose own `Serialize` fails is shown as `<unprintable: ...>` with what that said.
///
/// ```
/// assert_eq!(millrace::python::str_of(&[("it's", 1)].to_vec()), "[(\"it's\", 1)]");
/// ```
pub fn str_of<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = String::new();
    match write_str(&mut text, value) {
        Ok(()) => text,
        Err(error) => format!("<unprintable: {error}>"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Serializer;

    use super::*;

    #[test]
    fn what_cannot_be_shown_says_why() {
        struct Odd;

        impl Serialize for Odd {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no form"))
            }
        }
        assert_eq!(str_of(&(1, Odd)), "<unprintable: no form>");
        assert_eq!(str_of("as it is"), "as it is");
    }
}
