//! Python's text of records and times, for programs whose own output has to look like a PySpark
//! program's. `print` has it by itself. Also where PySpark's `repartition` begins to deal, for
//! datasets that are not the engine's.

mod dealing;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use millrace_text::python::write_str;
use millrace_types::BatchTime;
use serde::Serialize;

pub use dealing::first_dealt;

/// Python's `str` of a value: a `Vec` of pairs is `[('a', 1), ('b', 2)]`, a text is itself.
///
/// A value whose own `Serialize` fails is shown as `<unprintable: ...>` with what that said.
///
/// ```
/// assert_eq!(millrace::python::str_of(&[("it's", 1)].to_vec()), "[(\"it's\", 1)]");
/// ```
pub fn str_of<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = String::new();
    match write_str(&mut text, value) {
        Ok(()) => text,
        Err(error) => format!("<unprintable: {error}>"),
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
    time_in(&crate::zone::local(), time)
}

/// The same in a time zone.
pub(crate) fn time_in(zone: &TimeZone, time: BatchTime) -> String {
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
    use serde::Serializer;

    use super::*;

    #[test]
    fn what_cannot_be_shown_says_why() {
        struct Odd;

        impl Serialize for Odd {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no form"))
            }
        }
        assert_eq!(str_of(&(1, Odd)), "<unprintable: no form>");
        assert_eq!(str_of("as it is"), "as it is");
    }
}
