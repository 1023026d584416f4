//! The text that Python's `print` shows for a value.
//!
//! `print` on a stream shows each element by Python's `str`, and `str` of a container shows its
//! parts by `repr`. Elements here are any value that serde can serialise. The law: if the value
//! stands for a Python value (the table at [`write_repr`]), the text is CPython 3.11's.

mod compound;

use super::float::write_repr_float;
use super::repr::{write_repr_bytes, write_repr_str};
use crate::serializing::{Kind, writes_compounds, writes_integers};
use compound::{PythonCompound, Shape};
use serde::ser::{Error, Serialize, Serializer};
use std::fmt::{self, Write};

/// Appends Python's `str(value)`, the text that `print(value)` shows: a string as it is, anything
/// else as [`write_repr`] writes it.
///
/// # Errors
///
/// [`Unprintable`] if the value's own `Serialize` fails; then nothing is appended.
///
/// # Examples
///
/// ```
/// use millrace_text::python::write_str;
///
/// let mut out = String::new();
/// write_str(&mut out, &("it's", 1.0, None::<i64>))?;
/// assert_eq!(out, "(\"it's\", 1.0, None)");
/// # Ok::<(), millrace_text::python::Unprintable>(())
/// ```
pub fn write_str<T: Serialize + ?Sized>(out: &mut String, value: &T) -> Result<(), Unprintable> {
    write_whole(out, value, true)
}

/// Appends Python's `repr(value)`.
///
/// | serde's data model | shown as |
/// |---|---|
/// | bool, integers | `True`, `-7` |
/// | f32, f64 | `1.0`, `1e+16`; an f32 is widened first, as Python has doubles only |
/// | str, char, unit variant (its name) | `'text'` |
/// | bytes | `b'\xff'` |
/// | `None` | `None` |
/// | `Some(x)`, newtype struct | x |
/// | tuple, tuple struct, `()` | `(1, 2)`, `(1,)`, `()` |
/// | struct, unit struct | `Name(field=1, other='x')`, `Name()`, like a namedtuple |
/// | seq | `[1, 2]` |
/// | map | `{'k': 1}`, in the map's own order |
/// | any other variant | `('Variant', 1, 2)` |
///
/// # Errors
///
/// [`Unprintable`] if the value's own `Serialize` fails; then nothing is appended.
pub fn write_repr<T: Serialize + ?Sized>(out: &mut String, value: &T) -> Result<(), Unprintable> {
    write_whole(out, value, false)
}

fn write_whole<T: Serialize + ?Sized>(
    out: &mut String,
    value: &T,
    bare: bool,
) -> Result<(), Unprintable> {
    let start = out.len();
    let written = value.serialize(ReprWriter { out, bare });
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// The message of a value's own `Serialize` that failed. Nothing else keeps a value from being
/// shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprintable {
    reason: Box<str>,
}

impl fmt::Display for Unprintable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unprintable {}

impl Error for Unprintable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            reason: message.to_string().into(),
        }
    }
}

/// Writes one value.
#[derive(Debug)]
struct ReprWriter<'a> {
    out: &'a mut String,
    /// True if a string stands without quotes, as it does when it is all there is to print.
    bare: bool,
}

impl<'a> ReprWriter<'a> {
    fn literal(self, text: &str) -> Result<(), Unprintable> {
        self.out.push_str(text);
        Ok(())
    }

    fn number(self, number: impl fmt::Display) -> Result<(), Unprintable> {
        write!(self.out, "{number}").map_err(Unprintable::custom)
    }

    fn open(self, kind: Kind, name: &str) -> Result<PythonCompound<'a>, Unprintable> {
        Ok(match kind {
            Kind::Seq => PythonCompound::open(self.out, "", Shape::List),
            Kind::Tuple | Kind::TupleStruct => PythonCompound::open(self.out, "", Shape::Tuple),
            Kind::Struct => PythonCompound::open(self.out, name, Shape::NamedTuple),
            Kind::Variant => {
                let mut tuple = PythonCompound::open(self.out, "", Shape::Tuple);
                tuple.item(name)?;
                tuple
            }
            Kind::Map => PythonCompound::open(self.out, "", Shape::Dict),
        })
    }
}

impl<'a> Serializer for ReprWriter<'a> {
    type Ok = ();
    type Error = Unprintable;

    writes_integers!(Unprintable);
    writes_compounds!(PythonCompound<'a>, Unprintable);

    fn serialize_bool(self, v: bool) -> Result<(), Unprintable> {
        self.literal(if v { "True" } else { "False" })
    }

    fn serialize_f32(self, v: f32) -> Result<(), Unprintable> {
        self.serialize_f64(v.into())
    }

    fn serialize_f64(self, v: f64) -> Result<(), Unprintable> {
        write_repr_float(self.out, v);
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<(), Unprintable> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<(), Unprintable> {
        if self.bare {
            self.out.push_str(v);
        } else {
            write_repr_str(self.out, v);
        }
        Ok(())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Unprintable> {
        write_repr_bytes(self.out, v);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unprintable> {
        self.literal("None")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unprintable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unprintable> {
        self.literal("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Unprintable> {
        self.out.push_str(name);
        self.literal("()")
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Unprintable> {
        self.serialize_str(variant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{Event, Marker, Pair, Place, Wrapper};
    use serde::Serialize;
    use std::collections::BTreeMap;

    fn shown<T: Serialize>(value: T) -> String {
        let mut out = String::new();
        write_str(&mut out, &value).expect("printable");
        out
    }

    struct Raw(&'static [u8]);

    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }

    #[test]
    fn a_string_alone_stands_without_quotes() {
        assert_eq!(shown("it's\n"), "it's\n");
        assert_eq!(shown('x'), "x");
        assert_eq!(shown(Some(Wrapper("a"))), "a");
        assert_eq!(shown(Event::Tick), "Tick");
        let mut out = String::from("> ");
        write_repr(&mut out, "it's").expect("printable");
        assert_eq!(out, "> \"it's\"");
    }

    #[test]
    fn scalars() {
        assert_eq!(shown(true), "True");
        assert_eq!(shown(false), "False");
        assert_eq!(shown(i128::MIN), "-170141183460469231731687303715884105728");
        assert_eq!(shown(u128::MAX), "340282366920938463463374607431768211455");
        assert_eq!(shown(1e20), "1e+20");
        assert_eq!(shown(0.1_f32), "0.10000000149011612");
        assert_eq!(shown(None::<i32>), "None");
        assert_eq!(shown(Raw(b"\xff'")), "b\"\\xff'\"");
    }

    #[test]
    fn tuples_and_what_stands_for_tuples() {
        assert_eq!(shown(("a", 1)), "('a', 1)");
        assert_eq!(shown(("it's", 1.0)), "(\"it's\", 1.0)");
        assert_eq!(shown(("a",)), "('a',)");
        assert_eq!(shown(()), "()");
        assert_eq!(shown((1, ('a', None::<()>, ()))), "(1, ('a', None, ()))");
        assert_eq!(shown(Pair(1, 2.0)), "(1, 2.0)");
        assert_eq!(shown((Wrapper("a"), Event::Tick)), "('a', 'Tick')");
        assert_eq!(shown(Event::Word("a")), "('Word', 'a')");
        assert_eq!(shown(Event::Nothing()), "('Nothing',)");
        assert_eq!(shown(Event::Move(1, 2)), "('Move', 1, 2)");
        assert_eq!(shown(Event::Put { at: 1 }), "('Put', 1)");
    }

    #[test]
    fn lists_dicts_and_namedtuples() {
        assert_eq!(shown([1, 2].as_slice()), "[1, 2]");
        assert_eq!(shown(Vec::<i32>::new()), "[]");
        assert_eq!(shown(vec!["x"]), "['x']");
        assert_eq!(
            shown(BTreeMap::from([("k", (1, true))])),
            "{'k': (1, True)}"
        );
        assert_eq!(
            shown(BTreeMap::from([(1, 'a'), (2, 'b')])),
            "{1: 'a', 2: 'b'}"
        );
        assert_eq!(shown(BTreeMap::<i32, i32>::new()), "{}");
        assert_eq!(shown(Place { row: 1, name: "a" }), "Place(row=1, name='a')");
        assert_eq!(shown(Marker), "Marker()");
    }

    #[test]
    fn a_value_that_refuses_leaves_no_trace() {
        let cell = std::cell::RefCell::new(1);
        let _borrow = cell.borrow_mut();
        let mut out = String::from("before");
        let refusal = write_str(&mut out, &(1, "a", &cell)).expect_err("borrowed");
        assert!(refusal.to_string().contains("borrowed"), "{refusal}");
        assert_eq!(out, "before");
    }
}
