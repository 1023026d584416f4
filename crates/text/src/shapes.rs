//! A type of every kind that serde tells apart, for the tests of what Python and Java make of them.

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Place {
    pub(crate) row: i32,
    pub(crate) name: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Marker;

#[derive(Serialize)]
pub(crate) struct Wrapper(pub(crate) &'static str);

#[derive(Serialize)]
pub(crate) struct Pair(pub(crate) i32, pub(crate) f64);

#[derive(Serialize)]
pub(crate) enum Event {
    Tick,
    Word(&'static str),
    Nothing(),
    Move(i32, i32),
    Put { at: i32 },
}
