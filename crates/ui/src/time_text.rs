//! Times as the page and the REST interface show them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use millrace_stderr::local_zone;
use millrace_types::EpochMillis;

/// Now, by the wall clock: for showing, never for deciding.
pub(crate) fn now() -> EpochMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        EpochMillis::try_from(since.as_millis()).unwrap_or(EpochMillis::MAX)
    })
}

/// A time as Spark's REST interface writes it: `2026-11-29T11:19:13.000GMT`.
pub(crate) fn gmt(time: EpochMillis) -> String {
    let time = Timestamp::from_millisecond(time).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fGMT").to_string()
}

/// A time in the zone of this process, as batches are printed: `2026-11-29 11:19:13`, and behind a
/// dot its milliseconds if it has any.
pub(crate) fn local(time: EpochMillis) -> String {
    shown(time, "%Y-%m-%d %H:%M:%S", time % 1000 != 0)
}

/// The time of day of [`local`], with milliseconds or without.
pub(crate) fn local_time(time: EpochMillis, millis: bool) -> String {
    shown(time, "%H:%M:%S", millis)
}

fn shown(time: EpochMillis, format: &str, millis: bool) -> String {
    let at = Timestamp::from_millisecond(time).unwrap_or(Timestamp::UNIX_EPOCH);
    let millis = if millis { ".%3f" } else { "" };
    let format = format!("{format}{millis}");
    at.to_zoned(local_zone()).strftime(&format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_spark_writes_them() {
        // From an answer of Spark 3.5.9.
        assert_eq!(gmt(1_795_951_153_000), "2026-11-29T11:19:13.000GMT");
        assert_eq!(gmt(-1), "1969-12-31T23:59:59.999GMT");
    }
}
