//! The settings the programs know: one table for `--help`, for checking what
//! was typed, and for everyone who reads a setting.
//!
//! The engine reads keys by these constants and the command line checks them
//! before a program starts, so that a misspelt duration is a line on stderr
//! and not an error at the first batch.

use crate::conf::{Conf, ConfError};
use crate::value_kind::ValueKind;

mod table;

pub use table::*;

/// The beginning of a key whose rest is a parameter of the Kafka client.
pub const KAFKA_CLIENT: &str = "millrace.kafka.client.";

/// The levels of a log by Spark's names, in its order.
pub const LOG_LEVELS: &[&str] = &[
    "ALL", "DEBUG", "ERROR", "FATAL", "INFO", "OFF", "TRACE", "WARN",
];

/// A line limit is not below the size of a block.
const SHORTEST_LINE: u64 = 1 << 20;
/// A line fits into a frame of a log, as a received block and as a key or value of a state.
const LONGEST_LINE: u64 = 256 << 20;

/// The most partitions that a keyed result may have: each costs memory, whether it has a record
/// or not.
pub const MOST_PARTITIONS: u32 = 1 << 16;

/// A setting the programs know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The key as it is typed.
    pub name: &'static str,
    /// The value that holds when nobody sets one, in words where it depends on others.
    pub default: &'static str,
    /// The effect of the setting, in a few words.
    pub meaning: &'static str,
    /// The kind of value that the setting takes.
    pub kind: ValueKind,
}

/// The entry of `name`, if the programs know it.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Says whether `name` is a parameter of the Kafka client, which is the one who knows them.
pub fn is_client_parameter(name: &str) -> bool {
    name.strip_prefix(KAFKA_CLIENT)
        .is_some_and(|rest| !rest.is_empty())
}

/// Checks every setting of `conf` that the programs know, except the master,
/// whose parser says more than this could.
///
/// # Errors
///
/// The first value, in the order of [`KEYS`], that its key does not take.
pub fn check(conf: &Conf) -> Result<(), ConfError> {
    KEYS.iter().try_for_each(|key| key.check(conf))
}

impl Key {
    /// Checks this setting of `conf`; one that is not set is right.
    ///
    /// # Errors
    ///
    /// When its value is not what [`Key::kind`] says.
    pub fn check(&self, conf: &Conf) -> Result<(), ConfError> {
        self.kind.check(self.name, conf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_once_and_is_found() {
        for key in KEYS {
            assert_eq!(
                KEYS.iter().filter(|other| other.name == key.name).count(),
                1
            );
            assert_eq!(find(key.name), Some(key));
        }
        assert_eq!(find("spark.nosuch"), None);
    }

    #[test]
    fn defaults_that_are_values_are_values_of_their_keys() {
        for key in KEYS.iter().filter(|key| !key.default.contains(' ')) {
            if matches!(key.default, "none") {
                continue;
            }
            assert_eq!(
                key.check(&Conf::from_iter([(key.name, key.default)])),
                Ok(())
            );
        }
    }

    #[test]
    fn good_values_and_strange_keys_pass() {
        let conf = Conf::from_iter([
            (RECEIVER_RESTART_DELAY, "0"),
            (PRINT_NUM, "-1"),
            (GRACEFUL_STOP_TIMEOUT, "1h"),
            (MASTER, "nonsense"),
            ("spark.nosuch", "x"),
        ]);
        assert_eq!(check(&conf), Ok(()));
    }
}
