//! Times for people, in the local time zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use millrace_types::BatchTime;

pub use millrace_stderr::local_zone as local;

/// A time for people: the time of day, and the date unless it is that of `now`, in milliseconds.
#[must_use]
pub fn shown(time: BatchTime, now: i64) -> String {
    shown_in(&local(), time, now)
}

/// A batch in a message: `batch 10:31:09`, and with the date unless it is of today.
#[must_use]
pub fn batch(time: BatchTime) -> String {
    let now = Timestamp::now().as_millisecond();
    format!("batch {}", shown(time, now))
}

fn shown_in(zone: &TimeZone, time: BatchTime, now: i64) -> String {
    let at = |millis| {
        let instant = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
        zone.to_datetime(instant)
    };
    let time = at(time.as_millis());
    let format = if time.date() == at(now).date() {
        "%H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    let shown = time.strftime(format).to_string();
    match time.subsec_nanosecond() / 1_000_000 {
        0 => shown,
        millis => format!("{shown}.{millis:03}"),
    }
}

/// Python's `str` of the time that PySpark gives to `foreachRDD`: local time, `YYYY-MM-DD
/// HH:MM:SS`, with microseconds only if the time is not a whole second.
///
/// ```
/// use millrace::{BatchTime, python::local_time};
/// assert_eq!(local_time(BatchTime::from_millis(2_000)).len(), "1970-01-01 00:00:02".len());
/// ```
#[must_use]
pub fn local_time(time: BatchTime) -> String {
    time_in(&local(), time)
}

/// The same in a time zone.
#[must_use]
pub fn time_in(zone: &TimeZone, time: BatchTime) -> String {
    let instant = Timestamp::from_millisecond(time.as_millis()).unwrap_or(Timestamp::MAX);
    let local = instant.to_zoned(zone.clone()).datetime();
    let micros = local.subsec_nanosecond() / 1000;
    let seconds = local.strftime("%Y-%m-%d %H:%M:%S");
    if micros == 0 {
        seconds.to_string()
    } else {
        format!("{seconds}.{micros:06}")
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::offset;

    use super::*;

    #[test]
    fn a_time_of_another_day_has_its_date() {
        let zone = TimeZone::fixed(offset(3));
        let now = 21 * 3_600_000;
        for (millis, shown) in [
            (now - 1, "1970-01-01 23:59:59.999"),
            (now, "00:00:00"),
            (now + 86_399_250, "23:59:59.250"),
            (now + 86_400_000, "1970-01-03 00:00:00"),
        ] {
            assert_eq!(shown_in(&zone, BatchTime::from_millis(millis), now), shown);
        }
    }
}
