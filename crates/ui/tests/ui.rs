//! The page of a run and its event log, over real sockets.

#![allow(clippy::unwrap_used)]

#[path = "ui/client.rs"]
mod client;
#[path = "ui/limits.rs"]
mod limits;
#[path = "ui/log.rs"]
mod log;
#[path = "ui/play.rs"]
mod play;
#[path = "ui/rest.rs"]
mod rest;
#[path = "ui/state.rs"]
mod state;
