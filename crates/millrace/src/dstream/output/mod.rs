//! What a batch is run for.

mod foreach_rdd;
mod print;
mod printer;
mod save_as_json_files;
mod save_as_text_files;
mod show;

pub(crate) use printer::{PrintFormat, Printer};
pub use show::show;
