//! Values as Python has them, for tests only, read from one line of text.
//!
//! The fixture is written by `scripts/gen_python_tables.py` on CPython 3.11; its head explains the
//! notation. The law checked: hash and `repr` of every value in it are those of CPython.

use super::{portable_hash, write_repr};
use serde::ser::{Serialize, SerializeMap, SerializeTuple, Serializer};

/// A value of Python.
#[derive(Debug)]
enum Value {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Bool(v) => serializer.serialize_bool(*v),
            Self::Int(v) => serializer.serialize_i128(*v),
            Self::Float(v) => serializer.serialize_f64(*v),
            Self::Str(v) => serializer.serialize_str(v),
            Self::Bytes(v) => serializer.serialize_bytes(v),
            Self::List(items) => items.serialize(serializer),
            Self::Tuple(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                for item in items {
                    tuple.serialize_element(item)?;
                }
                tuple.end()
            }
            Self::Dict(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// Undoes the percent signs.
fn unquote(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&pair, 16).expect("two hex digits"));
        } else {
            bytes.push(byte);
        }
    }
    bytes
}

fn unquote_str(text: &str) -> String {
    String::from_utf8(unquote(text)).expect("UTF-8")
}

/// Reads one value off the front of the tokens.
fn parse<'a>(tokens: &mut impl Iterator<Item = &'a str>) -> Value {
    let token = tokens.next().expect("a token");
    let (kind, rest) = token.split_at(1);
    let count = || rest.parse::<usize>().expect("a count");
    match kind {
        "N" => Value::None,
        "T" => Value::Bool(true),
        "F" => Value::Bool(false),
        "i" => Value::Int(rest.parse().expect("an integer")),
        "d" => Value::Float(f64::from_bits(u64::from_str_radix(rest, 16).expect("bits"))),
        "s" => Value::Str(unquote_str(rest)),
        "b" => Value::Bytes(unquote(rest)),
        "(" => Value::Tuple((0..count()).map(|_| parse(tokens)).collect()),
        "[" => Value::List((0..count()).map(|_| parse(tokens)).collect()),
        "{" => Value::Dict(
            (0..count())
                .map(|_| (parse(tokens), parse(tokens)))
                .collect(),
        ),
        _ => panic!("unknown token {token}"),
    }
}

/// Checks every line of a fixture; returns how many there were.
fn check(fixture: &str) -> usize {
    let lines = fixture.lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let mut columns = line.split('\t');
        let [Some(value), Some(hash), Some(repr), None] = std::array::from_fn(|_| columns.next())
        else {
            panic!("not three columns: {line}");
        };
        let mut tokens = value.split(' ');
        let value = parse(&mut tokens);
        assert_eq!(tokens.next(), None, "{line}");
        let expected_hash = (hash != "-").then(|| hash.parse().expect("a hash"));
        assert_eq!(portable_hash(&value).ok(), expected_hash, "{line}");
        let mut shown = String::new();
        write_repr(&mut shown, &value).expect("printable");
        assert_eq!(shown, unquote_str(repr), "{line}");
        count += 1;
    }
    count
}

#[test]
fn hash_and_repr_are_those_of_cpython() {
    assert!(check(include_str!("fixtures/values.txt")) > 400);
}
