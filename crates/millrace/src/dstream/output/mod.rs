//! What a batch is run for.

mod foreach_rdd;
mod print;
mod printer;

pub(crate) use printer::{PrintFormat, Printer};
