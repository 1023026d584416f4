//! Takes what is told through `tracing` to standard error.

use std::sync::Once;

use millrace_types::{Conf, ConfError, keys};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::format::{Format, line_of};
use crate::level::{Level, choose, threshold};
use crate::out::write_line;
use crate::say::MESSAGES;

/// Follows `spark.log.level` and `millrace.log.format`, if they are set.
///
/// # Errors
/// If one of them is set to anything that it does not take.
pub fn configure(conf: &Conf) -> Result<(), ConfError> {
    for name in [keys::LOG_LEVEL, keys::LOG_FORMAT] {
        keys::find(name).map_or(Ok(()), |key| key.check(conf))?;
    }
    match conf.get(keys::LOG_FORMAT).map(str::trim) {
        Some("json") => Format::Json.choose(),
        Some(_) => Format::Text.choose(),
        None => {}
    }
    if let Some(Ok(level)) = conf.get(keys::LOG_LEVEL).map(str::trim).map(Level::parse) {
        choose(level);
    }
    listen();
    Ok(())
}

/// Writes from now on what is at least as grave as `level`.
pub fn set_level(level: Level) {
    choose(level);
    listen();
}

/// Listens to `tracing`, unless the program has a subscriber of its own.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The program's own goes first.
        let _ = tracing::subscriber::set_global_default(Stderr);
    });
    tracing::callsite::rebuild_interest_cache();
}

/// Writes events; spans are nobody's business here.
struct Stderr;

impl Subscriber for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_message = metadata.target() == MESSAGES;
        metadata.is_event() && threshold(is_message) >= *metadata.level()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(threshold(true).max(threshold(false)))
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        write_line(&line_of(event));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}
