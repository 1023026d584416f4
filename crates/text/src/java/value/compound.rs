//! The containers of Scala as `toString` shows them.
//!
//! There are two families: products (tuples, case classes) put a bare comma between their parts,
//! collections a comma and a blank. The law: nothing but the family decides the separator.

use super::{ScalaWriter, Unprintable};
use crate::serializing::{takes_fields, takes_items};
use serde::ser::{Serialize, SerializeMap};

/// A container that is open: some items are written, the closing bracket is not.
#[derive(Debug)]
pub(super) struct JavaCompound<'a> {
    out: &'a mut String,
    separator: &'static str,
    empty: bool,
}

impl<'a> JavaCompound<'a> {
    /// Opens a tuple, which has no name, or a case class.
    pub(super) fn product(out: &'a mut String, name: &str) -> Self {
        Self::open(out, name, ",")
    }

    /// Opens a collection.
    pub(super) fn collection(out: &'a mut String, name: &str) -> Self {
        Self::open(out, name, ", ")
    }

    fn open(out: &'a mut String, name: &str, separator: &'static str) -> Self {
        out.push_str(name);
        out.push('(');
        Self {
            out,
            separator,
            empty: true,
        }
    }

    /// Writes the next item.
    pub(super) fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        if !self.empty {
            self.out.push_str(self.separator);
        }
        self.empty = false;
        self.value(value)
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        value.serialize(ScalaWriter { out: self.out })
    }

    /// Writes the closing bracket.
    pub(super) fn close(self) -> Result<(), Unprintable> {
        self.out.push(')');
        Ok(())
    }
}

takes_items!(JavaCompound<'_> => (), Unprintable);
takes_fields!(JavaCompound<'_> => (), Unprintable; SerializeStruct, SerializeStructVariant);

impl SerializeMap for JavaCompound<'_> {
    type Ok = ();
    type Error = Unprintable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unprintable> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        self.out.push_str(" -> ");
        self.value(value)
    }

    fn end(self) -> Result<(), Unprintable> {
        self.close()
    }
}
