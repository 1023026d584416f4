//! The report of a front end about an output that it runs itself.
//!
//! A front end in another language prints and fails in its own way. Those who watch the run are to
//! see of it what they see of a program that is written in Rust.

/// The outcome of an output in a batch, as a front end tells it; see
/// [`foreach_rdd_and_report`](crate::DStream::foreach_rdd_and_report). The default is an output
/// that has not failed and has nothing to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputReport {
    /// The reason of a failure; `None` if the output has not failed.
    pub failure: Option<String>,
    /// The lines that it has printed of the batch, for those who watch the run: 20 of them are kept,
    /// and 200 characters of each. `None` leaves those of the batch before.
    pub printed: Option<Vec<String>>,
}
