//! The Streaming page of a millrace program, Spark's REST interface, metrics, the event log, and
//! the live line on a terminal.
//!
//! Everything here listens to events and reads settings; it does not know the engine. Law 8:
//! nothing here can delay a batch. Events come on the listeners' thread, which has a bounded
//! queue; what was too much for it is counted and shown.
//!
//! ```
//! use millrace_types::{Conf, Duration};
//! use millrace_ui::{RunInfo, Ui};
//!
//! let mut conf = Conf::new();
//! conf.set("spark.ui.port", "0");
//! let info = RunInfo::new("words", "local[2]", Duration::seconds(1));
//! let ui = Ui::start(&conf, info)?;
//! // `ssc.add_streaming_listener(ui.listener())`, before the context starts.
//! let listener = ui.listener();
//! let address = ui.address().expect("port 0 is always free").expect("the page is on");
//! assert!(address.starts_with("http://127.0.0.1:"));
//! # drop(listener);
//! # Ok::<(), millrace_ui::UiError>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]

mod assets;
mod bounded;
mod desk;
mod error;
mod event;
mod history;
mod journal;
mod listen;
mod log;
mod metrics;
mod process;
mod progress;
mod rest;
mod run;
mod runs;
mod say;
mod server;
mod settings;
mod time_text;
mod ui;
mod user;
mod watchers;

pub use error::UiError;
pub use history::{History, HistoryServer};
pub use run::RunInfo;
pub use ui::Ui;
