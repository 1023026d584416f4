//! `show`: a line of the program's own on standard output.

use std::fmt;
use std::io::Write;

use millrace_engine::panics::fail;
use millrace_runtime::stdout::{Stdout, refused};

/// Writes a line to standard output, for a function of
/// [`foreach_rdd`](crate::DStream::foreach_rdd).
///
/// `println!` panics when nobody reads the output any more, which fails the batch; this ends the
/// run as [`print`](crate::DStream::print) does, with [`OutputClosed`](crate::ErrorKind::OutputClosed): a
/// program ends quietly then. It does so by unwinding to the batch that runs, so it belongs into functions of
/// batches. That it cannot be written for another reason fails the batch.
///
/// ```
/// millrace::testing::run_outputs(&["a\nb\n"], |lines| {
///     lines.foreach_rdd(|rdd| millrace::dstream::show(format_args!("{} lines", rdd.count())));
/// });
/// ```
pub fn show(text: impl fmt::Display) {
    let line = format!("{text}\n");
    if let Err(error) = Stdout::new().write_all(line.as_bytes()) {
        fail(refused(error));
    }
}
