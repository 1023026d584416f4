//! The containers of Python as `repr` shows them.
//!
//! All share one rule, a comma and a blank between items, and differ in their brackets. The law:
//! a tuple of one item, however it came about, ends in a comma.

use super::{ReprWriter, Unprintable};
use crate::serializing::{takes_fields, takes_items};
use serde::ser::{Serialize, SerializeMap, SerializeStruct};

/// The kinds of container.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Tuple,
    NamedTuple,
    List,
    Dict,
}

/// A container that is open: some items are written, the closing bracket is not.
#[derive(Debug)]
pub(super) struct PythonCompound<'a> {
    out: &'a mut String,
    shape: Shape,
    items: usize,
}

impl<'a> PythonCompound<'a> {
    /// Writes the name, which only a namedtuple has, and the opening bracket.
    pub(super) fn open(out: &'a mut String, name: &str, shape: Shape) -> Self {
        out.push_str(name);
        out.push(match shape {
            Shape::Tuple | Shape::NamedTuple => '(',
            Shape::List => '[',
            Shape::Dict => '{',
        });
        Self {
            out,
            shape,
            items: 0,
        }
    }

    fn comma(&mut self) {
        if self.items > 0 {
            self.out.push_str(", ");
        }
        self.items += 1;
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        value.serialize(ReprWriter {
            out: self.out,
            bare: false,
        })
    }

    /// Writes the next item.
    pub(super) fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        self.comma();
        self.value(value)
    }

    /// Writes the closing bracket.
    pub(super) fn close(self) -> Result<(), Unprintable> {
        self.out.push_str(match self.shape {
            Shape::Tuple if self.items == 1 => ",)",
            Shape::Tuple | Shape::NamedTuple => ")",
            Shape::List => "]",
            Shape::Dict => "}",
        });
        Ok(())
    }
}

takes_items!(PythonCompound<'_> => (), Unprintable);
takes_fields!(PythonCompound<'_> => (), Unprintable; SerializeStructVariant);

impl SerializeMap for PythonCompound<'_> {
    type Ok = ();
    type Error = Unprintable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unprintable> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        self.out.push_str(": ");
        self.value(value)
    }

    fn end(self) -> Result<(), Unprintable> {
        self.close()
    }
}

impl SerializeStruct for PythonCompound<'_> {
    type Ok = ();
    type Error = Unprintable;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unprintable> {
        self.comma();
        self.out.push_str(name);
        self.out.push('=');
        self.value(value)
    }

    fn end(self) -> Result<(), Unprintable> {
        self.close()
    }
}
