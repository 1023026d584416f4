//! The one way to standard error: messages, the log, and the line that is redrawn.
//!
//! A *message* is a line for whoever runs the program, and is said unless a level was chosen that
//! leaves it out. The *log* is everything else that is told through `tracing`, and is silent until
//! a level is chosen. The *live line* shows how a run is doing, on a terminal. They share one lock,
//! so that no line is cut by another one, and the live line is never in the middle of a message.
//! Nobody waits for whoever reads them: lines that are not taken within a moment are left out, and
//! their number is said when lines are taken again.
//!
//! Times that people read, there and in printed batches, are in the zone that [`local_zone`] finds.
//!
//! A process that has a subscriber of its own for `tracing` gets messages and log as events with
//! targets that begin with `millrace`, and nothing is written here but what ends a run.
//!
//! ```
//! use millrace_types::Conf;
//!
//! let mut conf = Conf::new();
//! conf.set("spark.log.level", "warn").set("millrace.log.format", "json");
//! millrace_stderr::configure(&conf)?;
//! millrace_stderr::info("millrace: is not said");
//! millrace_stderr::warn("millrace: is one object of JSON");
//! # Ok::<(), millrace_types::ConfError>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]

mod format;
mod level;
mod live;
mod out;
mod say;
mod sink;
mod subscriber;
mod terminal;
mod voice;
mod zone;

pub use format::Format;
pub use level::{Level, LevelError};
pub use live::{LiveLine, Part, is_shown, retire, step_aside};
pub use out::finish;
pub use say::{answer, error, info, last, says, warn};
pub use subscriber::{configure, set_level};
pub use voice::Voice;
pub use zone::local_zone;
