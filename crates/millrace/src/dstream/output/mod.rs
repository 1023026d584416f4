//! The outputs, for which batches are run.

mod append_line;
mod foreach_rdd;
mod format;
mod print;
mod printer;
mod report;
mod save_as;
mod save_as_json_files;
mod save_as_text_files;
mod show;

pub use append_line::append_line;
pub use format::PrintFormat;
pub(crate) use printer::Printer;
pub use report::OutputReport;
pub use show::show;
