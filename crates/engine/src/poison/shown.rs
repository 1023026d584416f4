//! The text of a record whose type does not say how it is shown.
//!
//! A narrow operator asks nothing of its records but that they can be sent to a thread. Those
//! that a receiver stored, or that have crossed a shuffle, can be written down, and whoever makes
//! such a dataset makes their type known here. Texts and bytes are known from the beginning.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use millrace_text::Text;
use serde::Serialize;

use crate::json::json_of;

/// The longest text that is kept of a record: a thousand of them are bounded.
const LONGEST: usize = 64 << 10;

/// A record, as far as it can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The record, as JSON.
    Whole(String),
    /// The beginning of its text, or of its JSON, as JSON, and how long that is.
    Beginning(String, usize),
    /// The type of a record that cannot be shown.
    Type(&'static str),
}

type Show = fn(&dyn Any) -> Option<Shown>;

static KNOWN: LazyLock<RwLock<HashMap<TypeId, Show>>> = LazyLock::new(|| {
    let known: [(TypeId, Show); 6] = [
        (TypeId::of::<Text>(), |record| {
            Some(text(record.downcast_ref::<Text>()?.as_str()))
        }),
        (TypeId::of::<String>(), |record| {
            Some(text(record.downcast_ref::<String>()?))
        }),
        (TypeId::of::<&str>(), |record| {
            Some(text(record.downcast_ref::<&str>()?))
        }),
        (TypeId::of::<Vec<u8>>(), serialized::<Vec<u8>>),
        (TypeId::of::<i64>(), serialized::<i64>),
        (TypeId::of::<f64>(), serialized::<f64>),
    ];
    RwLock::new(known.into_iter().collect())
});

/// Makes records of a type known.
pub fn know<T: Serialize + 'static>() {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.entry(TypeId::of::<T>()).or_insert(serialized::<T>);
}

/// Lets dead letters have the records of a type in whole, and not the name of the type alone: what a
/// source of a program's own makes, for instance. Texts, bytes, numbers, and what crosses a shuffle
/// need no such call.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Order {
///     id: u64,
/// }
/// millrace::record::show_records::<Order>();
/// # assert_eq!(millrace::record::json_of(&Order { id: 7 }).unwrap(), r#"{"id":7}"#);
/// ```
pub fn show_records<T: Serialize + 'static>() {
    know::<T>();
}

/// Shows a record as far as that is possible.
pub fn shown<T: 'static>(record: &T) -> Shown {
    let show = {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&TypeId::of::<T>()).copied()
    };
    let shown = show.and_then(|show| show(record));
    shown.unwrap_or(Shown::Type(type_name::<T>()))
}

/// Shows a record whose type can be written down; by its name if this one cannot.
pub fn shown_as<T: Serialize>(record: &T) -> Shown {
    match json_of(record) {
        Ok(json) if json.len() <= LONGEST => Shown::Whole(json),
        Ok(json) => text(&json),
        Err(_) => Shown::Type(type_name::<T>()),
    }
}

fn serialized<T: Serialize + 'static>(record: &dyn Any) -> Option<Shown> {
    Some(shown_as(record.downcast_ref::<T>()?))
}

fn text(text: &str) -> Shown {
    let json = |text: &str| json_of(text).unwrap_or_default();
    if text.len() <= LONGEST {
        return Shown::Whole(json(text));
    }
    let end = text.floor_char_boundary(LONGEST);
    Shown::Beginning(json(&text[..end]), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_written_down_is_json_and_bounded() {
        struct Odd;

        know::<(String, i64)>();
        let pair = ("a".to_owned(), 1_i64);
        assert_eq!(shown(&pair), Shown::Whole("[\"a\",1]".to_owned()));
        assert_eq!(
            shown(&Text::from("a\"b")),
            Shown::Whole("\"a\\\"b\"".to_owned())
        );
        let long = "\u{e9}".repeat(LONGEST);
        let Shown::Beginning(beginning, len) = shown(&long) else {
            panic!("it is too long")
        };
        assert_eq!((beginning.len(), len), (LONGEST + 2, long.len()));
        let Shown::Beginning(beginning, _) = shown(&(long, 1_i64)) else {
            panic!("it is too long")
        };
        assert!(beginning.len() < LONGEST + 100 && beginning.starts_with("\"[\\\""));
        let Shown::Type(name) = shown(&Odd) else {
            panic!("nothing is known of it")
        };
        assert!(name.ends_with("::Odd"), "{name}");
    }
}
