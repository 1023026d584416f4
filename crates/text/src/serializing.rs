//! The parts of a serializer that are the same whatever it makes of a value. Serde's kinds of compound
//! differ in the names of their methods, and integers in their widths; Python's and Java's rules do
//! not.

/// Makes a compound take items: each goes to its method `item`, and the end to its method `close`.
macro_rules! takes_items {
    ($compound:ty => $ok:ty, $error:ty; $($kind:ident::$method:ident),+) => {$(
        impl ::serde::ser::$kind for $compound {
            type Ok = $ok;
            type Error = $error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), $error> {
                self.item(value)
            }

            #[inline]
            fn end(self) -> Result<$ok, $error> {
                self.close()
            }
        }
    )+};
    ($compound:ty => $ok:ty, $error:ty) => {
        takes_items!($compound => $ok, $error;
            SerializeSeq::serialize_element,
            SerializeTuple::serialize_element,
            SerializeTupleStruct::serialize_field,
            SerializeTupleVariant::serialize_field
        );
    };
}

/// Makes a compound take fields as it takes items, without their names.
macro_rules! takes_fields {
    ($compound:ty => $ok:ty, $error:ty; $($kind:ident),+) => {$(
        impl ::serde::ser::$kind for $compound {
            type Ok = $ok;
            type Error = $error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _name: &'static str,
                value: &T,
            ) -> Result<(), $error> {
                self.item(value)
            }

            #[inline]
            fn end(self) -> Result<$ok, $error> {
                self.close()
            }
        }
    )+};
}

/// The methods of a writer for integers: each goes to its method `number`.
macro_rules! writes_integers {
    ($error:ty; $($method:ident($int:ty)),+) => {$(
        fn $method(self, n: $int) -> Result<(), $error> {
            self.number(n)
        }
    )+};
    ($error:ty) => {
        writes_integers!($error;
            serialize_i8(i8),
            serialize_i16(i16),
            serialize_i32(i32),
            serialize_i64(i64),
            serialize_i128(i128),
            serialize_u8(u8),
            serialize_u16(u16),
            serialize_u32(u32),
            serialize_u64(u64),
            serialize_u128(u128)
        );
    };
}

/// Serde's kinds of compound, as the method `open` of a writer is told of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Seq,
    Tuple,
    TupleStruct,
    Struct,
    /// With the variant's name, not that of its enum.
    Variant,
    Map,
}

/// The methods of a writer for compounds: each goes to its method `open`, with its kind and its name. A
/// newtype struct is written as what it holds.
macro_rules! writes_compounds {
    ($compound:ty, $error:ty) => {
        type SerializeSeq = $compound;
        type SerializeTuple = $compound;
        type SerializeTupleStruct = $compound;
        type SerializeTupleVariant = $compound;
        type SerializeMap = $compound;
        type SerializeStruct = $compound;
        type SerializeStructVariant = $compound;

        fn serialize_seq(self, _len: Option<usize>) -> Result<$compound, $error> {
            self.open(Kind::Seq, "")
        }

        fn serialize_tuple(self, _len: usize) -> Result<$compound, $error> {
            self.open(Kind::Tuple, "")
        }

        fn serialize_tuple_struct(
            self,
            name: &'static str,
            _len: usize,
        ) -> Result<$compound, $error> {
            self.open(Kind::TupleStruct, name)
        }

        fn serialize_tuple_variant(
            self,
            _name: &'static str,
            _index: u32,
            variant: &'static str,
            _len: usize,
        ) -> Result<$compound, $error> {
            self.open(Kind::Variant, variant)
        }

        fn serialize_map(self, _len: Option<usize>) -> Result<$compound, $error> {
            self.open(Kind::Map, "")
        }

        fn serialize_struct(self, name: &'static str, _len: usize) -> Result<$compound, $error> {
            self.open(Kind::Struct, name)
        }

        fn serialize_struct_variant(
            self,
            _name: &'static str,
            _index: u32,
            variant: &'static str,
            _len: usize,
        ) -> Result<$compound, $error> {
            self.open(Kind::Variant, variant)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            value: &T,
        ) -> Result<(), $error> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            _index: u32,
            variant: &'static str,
            value: &T,
        ) -> Result<(), $error> {
            let mut compound = self.open(Kind::Variant, variant)?;
            compound.item(value)?;
            compound.close()
        }
    };
}

pub(crate) use {takes_fields, takes_items, writes_compounds, writes_integers};
