//! The text that `print()` of Spark's Scala API shows for a value: Scala's `toString`.
//!
//! It differs from Python's text in nearly every detail, strings have no quotes and tuples no
//! blanks, so it is a writer of its own. The law: if the value stands for a Scala value (the table
//! at [`write_scala`]), the text is Scala 2.12's; floats alone may have other last digits than
//! under Java 17, as told there.

mod compound;

use super::number::write_floating;
use crate::python::Unprintable;
use crate::serializing::{Kind, writes_compounds, writes_integers};
use compound::JavaCompound;
use serde::ser::{Error, Serialize, Serializer};
use std::fmt::{self, Write};

/// Appends Scala's `value.toString`.
///
/// | serde's data model | shown as |
/// |---|---|
/// | bool, integers | `true`, `-7`, the unsigned ones as they are |
/// | f32, f64 | Java's `Float`, `Double`: `1.0`, `0.001`, `1.0E7`, `1.0E-5`, `NaN`, `Infinity` |
/// | str, char | the text |
/// | unit struct, unit variant | its name, like a case object |
/// | `None` | `None` |
/// | `Some(x)` | `Some(x)` |
/// | `()` | `()` |
/// | newtype struct | what it holds |
/// | tuple | `(a,1)` |
/// | tuple struct, struct | `Name(a,1)`, like a case class |
/// | any other variant | `Variant(a,1)` |
/// | seq, bytes | `List(1, 2)` |
/// | map | `Map(k -> 1)`, in the map's own order |
///
/// A float shows the shortest digits that read back as the same float, as Java 19 and later do.
/// Java 17 shows more digits than needed, or other ones, for about one f64 in a thousand and one
/// f32 in a hundred: 1.617309671910542E18 is 1.61730967191054208E18 there.
///
/// # Errors
///
/// [`Unprintable`] if the value's own `Serialize` fails; then nothing is appended.
pub fn write_scala<T: Serialize + ?Sized>(out: &mut String, value: &T) -> Result<(), Unprintable> {
    let start = out.len();
    let written = value.serialize(ScalaWriter { out });
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// Writes one value.
#[derive(Debug)]
struct ScalaWriter<'a> {
    out: &'a mut String,
}

impl<'a> ScalaWriter<'a> {
    fn literal(self, text: &str) -> Result<(), Unprintable> {
        self.out.push_str(text);
        Ok(())
    }

    fn number(self, number: impl fmt::Display) -> Result<(), Unprintable> {
        write!(self.out, "{number}").map_err(Unprintable::custom)
    }

    fn open(self, kind: Kind, name: &str) -> Result<JavaCompound<'a>, Unprintable> {
        Ok(match kind {
            Kind::Seq => JavaCompound::collection(self.out, "List"),
            Kind::Map => JavaCompound::collection(self.out, "Map"),
            Kind::Tuple | Kind::TupleStruct | Kind::Struct | Kind::Variant => {
                JavaCompound::product(self.out, name)
            }
        })
    }
}

impl<'a> Serializer for ScalaWriter<'a> {
    type Ok = ();
    type Error = Unprintable;

    writes_integers!(Unprintable);
    writes_compounds!(JavaCompound<'a>, Unprintable);

    fn serialize_bool(self, v: bool) -> Result<(), Unprintable> {
        self.number(v)
    }

    fn serialize_f32(self, v: f32) -> Result<(), Unprintable> {
        write_floating(self.out, v);
        Ok(())
    }

    fn serialize_f64(self, v: f64) -> Result<(), Unprintable> {
        write_floating(self.out, v);
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<(), Unprintable> {
        self.out.push(v);
        Ok(())
    }

    fn serialize_str(self, v: &str) -> Result<(), Unprintable> {
        self.literal(v)
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Unprintable> {
        self.collect_seq(v)
    }

    fn serialize_none(self) -> Result<(), Unprintable> {
        self.literal("None")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unprintable> {
        self.serialize_newtype_variant("Option", 1, "Some", value)
    }

    fn serialize_unit(self) -> Result<(), Unprintable> {
        self.literal("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Unprintable> {
        self.literal(name)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Unprintable> {
        self.literal(variant)
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
        write_scala(&mut out, &value).expect("printable");
        out
    }

    #[test]
    fn scalars() {
        assert_eq!(shown("it's\n"), "it's\n");
        assert_eq!(shown('x'), "x");
        assert_eq!(shown(true), "true");
        assert_eq!(shown(-7), "-7");
        assert_eq!(shown(u64::MAX), "18446744073709551615");
        assert_eq!(shown(1e20), "1.0E20");
        assert_eq!(shown(0.1_f32), "0.1");
        assert_eq!(shown(None::<i32>), "None");
        assert_eq!(shown(Some(Some(1))), "Some(Some(1))");
        assert_eq!(shown(()), "()");
    }

    #[test]
    fn products_have_no_blanks() {
        assert_eq!(shown(("hello", 1)), "(hello,1)");
        assert_eq!(shown(("a",)), "(a)");
        assert_eq!(shown((1, ("a", None::<()>))), "(1,(a,None))");
        assert_eq!(shown(Place { row: 1, name: "a" }), "Place(1,a)");
        assert_eq!(shown(Pair(1, 2.0)), "Pair(1,2.0)");
        assert_eq!(shown(Wrapper("a")), "a");
        assert_eq!(shown(Marker), "Marker");
        assert_eq!(shown(Event::Tick), "Tick");
        assert_eq!(shown(Event::Word("a")), "Word(a)");
        assert_eq!(shown(Event::Move(1, 2)), "Move(1,2)");
        assert_eq!(shown(Event::Put { at: 1 }), "Put(1)");
    }

    #[test]
    fn collections_have_blanks() {
        assert_eq!(shown(vec![1, 2]), "List(1, 2)");
        assert_eq!(shown(Vec::<i32>::new()), "List()");
        assert_eq!(
            shown(BTreeMap::from([("k", (1, true))])),
            "Map(k -> (1,true))"
        );
        assert_eq!(
            shown(BTreeMap::from([(1, 'a'), (2, 'b')])),
            "Map(1 -> a, 2 -> b)"
        );
        let mut out = String::new();
        ScalaWriter { out: &mut out }
            .serialize_bytes(&[0, 255])
            .expect("printable");
        assert_eq!(out, "List(0, 255)");
    }

    #[test]
    fn a_value_that_refuses_leaves_no_trace() {
        let cell = std::cell::RefCell::new(1);
        let _borrow = cell.borrow_mut();
        let mut out = String::from("before");
        let refusal = write_scala(&mut out, &(1, "a", &cell)).expect_err("borrowed");
        assert!(refusal.to_string().contains("borrowed"), "{refusal}");
        assert_eq!(out, "before");
    }
}
