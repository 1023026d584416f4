//! The settings the programs know: one table for `--help`, for checking what
//! was typed, and for everyone who reads a setting.
//!
//! The engine reads keys by these constants and the command line checks them
//! before a program starts, so that a misspelt duration is a line on stderr
//! and not an error at the first batch.

use crate::conf::{Conf, ConfError};
use crate::value_kind::ValueKind;

/// The master that the program runs on.
pub const MASTER: &str = "spark.master";
/// The name of the run.
pub const APP_NAME: &str = "spark.app.name";
/// Reduce partitions of keyed operations.
pub const DEFAULT_PARALLELISM: &str = "spark.default.parallelism";
/// The interval at which a receiver seals what it has read into a block.
pub const BLOCK_INTERVAL: &str = "spark.streaming.blockInterval";
/// The wait before a receiver connects again.
pub const RECEIVER_RESTART_DELAY: &str = "spark.streaming.receiverRestartDelay";
/// Records that one receiver may store in a second.
pub const RECEIVER_MAX_RATE: &str = "spark.streaming.receiver.maxRate";
/// Lets the rate of a Kafka stream follow what its batches take.
pub const BACKPRESSURE: &str = "spark.streaming.backpressure.enabled";
/// The rate before the first estimate.
pub const BACKPRESSURE_INITIAL: &str = "spark.streaming.backpressure.initialRate";
/// The estimator of the rate.
pub const BACKPRESSURE_ESTIMATOR: &str = "spark.streaming.backpressure.rateEstimator";
/// The weight of the difference between the rate and what a batch has shown.
pub const PID_PROPORTIONAL: &str = "spark.streaming.backpressure.pid.proportional";
/// The weight of what waits.
pub const PID_INTEGRAL: &str = "spark.streaming.backpressure.pid.integral";
/// The weight of how fast the difference changes.
pub const PID_DERIVED: &str = "spark.streaming.backpressure.pid.derived";
/// The lowest rate that is estimated.
pub const PID_MIN_RATE: &str = "spark.streaming.backpressure.pid.minRate";
/// Records per second of a Kafka partition.
pub const KAFKA_MAX_RATE: &str = "spark.streaming.kafka.maxRatePerPartition";
/// Records of a batch that a Kafka partition gives at least, when there is a limit.
pub const KAFKA_MIN_RATE: &str = "spark.streaming.kafka.minRatePerPartition";
/// The time for which a Kafka partition may give nothing before its batch fails.
pub const KAFKA_POLL: &str = "spark.streaming.kafka.consumer.poll.ms";
/// The offsets at which a Kafka stream without a checkpoint begins.
pub const KAFKA_STARTING_OFFSETS: &str = "millrace.kafka.startingOffsets";
/// Lets records that are gone before they were read end the run.
pub const KAFKA_FAIL_ON_DATA_LOSS: &str = "millrace.kafka.failOnDataLoss";
/// The brokers of Python's `KafkaUtils.createStream`, which Spark finds by ZooKeeper.
pub const KAFKA_BROKERS: &str = "millrace.kafka.bootstrap.servers";
/// The beginning of a key whose rest is a parameter of the Kafka client.
pub const KAFKA_CLIENT: &str = "millrace.kafka.client.";
/// The time that a file stream remembers the files it has taken.
pub const FILE_MIN_REMEMBER: &str = "spark.streaming.fileStream.minRememberDuration";
/// The same by the name it had before Spark 1.5.
pub const FILE_MIN_REMEMBER_OLD: &str = "spark.streaming.minRememberDuration";
/// `true` if the first signal runs what was received before the program ends.
pub const STOP_GRACEFULLY_ON_SHUTDOWN: &str = "spark.streaming.stopGracefullyOnShutdown";
/// The longest that a graceful stop may take.
pub const GRACEFUL_STOP_TIMEOUT: &str = "spark.streaming.gracefulStopTimeout";
/// The checkpoint directory of programs that name none.
pub const CHECKPOINT_DIRECTORY: &str = "spark.streaming.checkpoint.directory";
/// `true` if the Streaming page is served.
pub const UI_ENABLED: &str = "spark.ui.enabled";
/// The port of the Streaming page.
pub const UI_PORT: &str = "spark.ui.port";
/// The address that the Streaming page listens on.
pub const UI_BIND_ADDRESS: &str = "spark.ui.bindAddress";
/// The number of ports beyond the first that are tried.
pub const PORT_MAX_RETRIES: &str = "spark.port.maxRetries";
/// The number of completed batches that the Streaming page keeps.
pub const UI_RETAINED_BATCHES: &str = "spark.streaming.ui.retainedBatches";
/// `true` if the events of the run are written to a log.
pub const EVENT_LOG_ENABLED: &str = "spark.eventLog.enabled";
/// The directory of event logs.
pub const EVENT_LOG_DIR: &str = "spark.eventLog.dir";
/// The size of a log file after which the next one begins.
pub const EVENT_LOG_FILE_BYTES: &str = "spark.eventLog.rolling.maxFileSize";
/// The number of files of a run's event log that are kept.
pub const EVENT_LOG_FILES: &str = "millrace.eventLog.maxFiles";
/// The level of what is written to standard error.
pub const LOG_LEVEL: &str = "spark.log.level";
/// The form in which it is written.
pub const LOG_FORMAT: &str = "millrace.log.format";
/// When a line on the terminal shows how the run is doing.
pub const PROGRESS: &str = "millrace.progress";
/// The levels of a log by Spark's names, in its order.
pub const LOG_LEVELS: &[&str] = &[
    "ALL", "DEBUG", "ERROR", "FATAL", "INFO", "OFF", "TRACE", "WARN",
];
/// The batch interval, stronger than the program's.
pub const BATCH_INTERVAL: &str = "millrace.batchInterval";
/// The number of batches after which the program ends.
pub const MAX_BATCHES: &str = "millrace.maxBatches";
/// `true` if the program ends when every source has ended.
pub const STOP_AT_EOF: &str = "millrace.stopAtEof";
/// `true` if a connection that was reset has ended for that as well.
pub const STOP_AT_RESET: &str = "millrace.stopAtReset";
/// The number of records of a batch that are printed.
pub const PRINT_NUM: &str = "millrace.print.num";
/// The format in which a batch is printed.
pub const PRINT_FORMAT: &str = "millrace.print.format";
/// The file that takes the figures of the run.
pub const SUMMARY: &str = "millrace.summary";
/// The checkpoint directory, stronger than the program's.
pub const CHECKPOINT_DIR: &str = "millrace.checkpoint.dir";
/// The recovery mode: whether a run goes on from the checkpoint in its directory, and from
/// which generation.
pub const CHECKPOINT_RECOVER: &str = "millrace.checkpoint.recover";
/// The fate of the batches that were due while a program was down.
pub const MISSED_BATCHES: &str = "millrace.recover.missedBatches";
/// By how much the log of the checkpoint grows before a snapshot is written.
pub const CHECKPOINT_LOG_BYTES: &str = "millrace.checkpoint.logBytes";
/// `true` if what is received is written to a log before it is run.
pub const RECEIVER_WAL: &str = "spark.streaming.receiver.writeAheadLog.enable";
/// When that log is synced.
pub const WAL_SYNC: &str = "millrace.wal.sync";
/// The budget for bytes received and not yet finished.
pub const MAX_BYTES_IN_FLIGHT: &str = "millrace.receiver.maxBytesInFlight";
/// The time after which the run ends if nobody answers.
pub const CONNECT_TIMEOUT: &str = "millrace.receiver.connectTimeout";
/// The time that a connection may be silent before its other end is asked whether it is still
/// there.
pub const KEEP_ALIVE: &str = "millrace.receiver.keepAlive";
/// The longest line that is kept whole.
pub const MAX_LINE_BYTES: &str = "millrace.receiver.maxLineBytes";

/// The fate of a record whose function panics.
pub const ON_RECORD_ERROR: &str = "millrace.onRecordError";
/// The number of records of a run that may be skipped.
pub const MAX_RECORD_ERRORS: &str = "millrace.maxRecordErrors";
/// The directory for the records that were skipped.
pub const DEAD_LETTER_DIR: &str = "millrace.deadLetterDir";

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

const fn key(
    name: &'static str,
    kind: ValueKind,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        default,
        meaning,
        kind,
    }
}

/// Every setting the programs know, Spark's first.
///
/// Spark 3.5 has the same defaults, except that
/// `spark.streaming.stopGracefullyOnShutdown` is `false` there.
pub const KEYS: &[Key] = &[
    key(
        MASTER,
        ValueKind::Master,
        "local[*]",
        "where the program runs",
    ),
    key(
        APP_NAME,
        ValueKind::Text,
        "the program's name",
        "name of the run",
    ),
    key(
        DEFAULT_PARALLELISM,
        ValueKind::CountTo(MOST_PARTITIONS as i64),
        "N of local[N]",
        "partitions of keyed results",
    ),
    key(
        BLOCK_INTERVAL,
        ValueKind::PositiveDuration,
        "200ms",
        "how often input is sealed into a block",
    ),
    key(
        RECEIVER_RESTART_DELAY,
        ValueKind::Duration,
        "2000ms",
        "wait before connecting again",
    ),
    key(
        RECEIVER_MAX_RATE,
        ValueKind::Integer,
        "no limit",
        "records a second of one receiver; 0 or less: no limit",
    ),
    key(
        BACKPRESSURE,
        ValueKind::Boolean,
        "false",
        "Kafka: let the rate follow what batches take",
    ),
    key(
        BACKPRESSURE_INITIAL,
        ValueKind::Integer,
        "no limit",
        "records a second before the first estimate",
    ),
    key(
        BACKPRESSURE_ESTIMATOR,
        ValueKind::OneOf(&["pid"]),
        "pid",
        "who estimates it: pid",
    ),
    key(
        PID_PROPORTIONAL,
        ValueKind::Weight,
        "1.0",
        "weight of the difference to a batch's rate",
    ),
    key(
        PID_INTEGRAL,
        ValueKind::Weight,
        "0.2",
        "weight of what waits",
    ),
    key(
        PID_DERIVED,
        ValueKind::Weight,
        "0.0",
        "weight of the change of the difference",
    ),
    key(
        PID_MIN_RATE,
        ValueKind::PositiveNumber,
        "100",
        "lowest rate, in records a second",
    ),
    key(
        KAFKA_MAX_RATE,
        ValueKind::Integer,
        "no limit",
        "records a second of a partition; 0 or less: no limit",
    ),
    key(
        KAFKA_MIN_RATE,
        ValueKind::Integer,
        "1",
        "records of a partition in a batch, at least",
    ),
    key(
        KAFKA_POLL,
        ValueKind::PositiveDuration,
        "120s",
        "a batch fails when no record comes for so long",
    ),
    key(
        FILE_MIN_REMEMBER,
        ValueKind::PositiveSeconds,
        "60s",
        "how old a new file may be",
    ),
    key(
        FILE_MIN_REMEMBER_OLD,
        ValueKind::PositiveSeconds,
        "60s",
        "older name of the one above",
    ),
    key(
        STOP_GRACEFULLY_ON_SHUTDOWN,
        ValueKind::Boolean,
        "true",
        "a first signal runs what was received",
    ),
    key(
        GRACEFUL_STOP_TIMEOUT,
        ValueKind::Duration,
        "10 x batch interval",
        "how long that may take",
    ),
    key(
        CHECKPOINT_DIRECTORY,
        ValueKind::Location,
        "the program's",
        "directory that a program with state needs",
    ),
    key(
        UI_ENABLED,
        ValueKind::Boolean,
        "true",
        "serve the Streaming page",
    ),
    key(
        UI_PORT,
        ValueKind::Integer,
        "4040",
        "its port; 0: any that is free",
    ),
    key(
        UI_BIND_ADDRESS,
        ValueKind::Text,
        "127.0.0.1",
        "the address that it listens on",
    ),
    key(
        PORT_MAX_RETRIES,
        ValueKind::Integer,
        "16",
        "next ports that are tried when a port is taken",
    ),
    key(
        UI_RETAINED_BATCHES,
        ValueKind::PositiveInteger,
        "1000",
        "completed batches that the page keeps",
    ),
    key(
        EVENT_LOG_ENABLED,
        ValueKind::Boolean,
        "false",
        "write the events of the run to a log",
    ),
    key(
        EVENT_LOG_DIR,
        ValueKind::Location,
        "/tmp/spark-events",
        "directory of event logs",
    ),
    key(
        EVENT_LOG_FILE_BYTES,
        ValueKind::PositiveSize,
        "128m",
        "size of a log file before the next one begins",
    ),
    key(
        EVENT_LOG_FILES,
        ValueKind::PositiveInteger,
        "8",
        "files of a log that are kept",
    ),
    key(
        LOG_LEVEL,
        ValueKind::OneOfAnyCase(LOG_LEVELS),
        "no log, all messages",
        "what is written to stderr: ALL to OFF",
    ),
    key(
        LOG_FORMAT,
        ValueKind::OneOf(&["text", "json"]),
        "text",
        "its form: text, or json",
    ),
    key(
        PROGRESS,
        ValueKind::OneOf(&["auto", "always", "never"]),
        "auto",
        "as --progress",
    ),
    key(
        BATCH_INTERVAL,
        ValueKind::PositiveDuration,
        "the program's",
        "length of a batch",
    ),
    key(
        MAX_BATCHES,
        ValueKind::PositiveInteger,
        "no limit",
        "end after so many batches",
    ),
    key(
        STOP_AT_EOF,
        ValueKind::Boolean,
        "false",
        "end when every source has ended",
    ),
    key(
        STOP_AT_RESET,
        ValueKind::Boolean,
        "false",
        "the same, and a reset connection has ended",
    ),
    key(
        PRINT_NUM,
        ValueKind::Integer,
        "10",
        "records printed of a batch",
    ),
    key(
        PRINT_FORMAT,
        ValueKind::OneOf(&["pyspark", "scala", "json"]),
        "pyspark",
        "pyspark, scala or json",
    ),
    key(
        SUMMARY,
        ValueKind::Location,
        "none",
        "file for the figures of the run, as JSON; - says them on stderr",
    ),
    key(
        CHECKPOINT_DIR,
        ValueKind::Location,
        "the program's",
        "checkpoint directory, stronger than that",
    ),
    key(
        CHECKPOINT_RECOVER,
        ValueKind::Text,
        "false",
        "go on from it: true, false or a generation",
    ),
    key(
        MISSED_BATCHES,
        ValueKind::OneOf(&["run", "skip"]),
        "run",
        "batches that were due meanwhile: run, or skip",
    ),
    key(
        CHECKPOINT_LOG_BYTES,
        ValueKind::PositiveSize,
        "32m",
        "growth of its log before a snapshot",
    ),
    key(
        RECEIVER_WAL,
        ValueKind::Boolean,
        "false",
        "write-ahead log of what is received",
    ),
    key(
        WAL_SYNC,
        ValueKind::OneOf(&["block", "batch", "none"]),
        "block",
        "when that log is synced: block, batch, none",
    ),
    key(
        MAX_BYTES_IN_FLIGHT,
        ValueKind::PositiveSize,
        "256m",
        "received and unfinished bytes before the sender is slowed",
    ),
    key(
        CONNECT_TIMEOUT,
        ValueKind::PositiveDuration,
        "no limit",
        "end with an error when nobody answers for so long",
    ),
    key(
        KEEP_ALIVE,
        ValueKind::PositiveDurationOrOff,
        "60s",
        "silence before a sender is asked whether it is there, or off",
    ),
    key(
        MAX_LINE_BYTES,
        ValueKind::SizeBetween(SHORTEST_LINE, LONGEST_LINE),
        "32m",
        "longest line that is kept whole",
    ),
    key(
        ON_RECORD_ERROR,
        ValueKind::OneOf(&["fail", "skip"]),
        "fail",
        "a record whose function fails ends the run: fail, or skip",
    ),
    key(
        MAX_RECORD_ERRORS,
        ValueKind::PositiveInteger,
        "1000",
        "records that a run may skip before it ends",
    ),
    key(
        DEAD_LETTER_DIR,
        ValueKind::Location,
        "in the checkpoint",
        "directory for records that were skipped",
    ),
    key(
        KAFKA_STARTING_OFFSETS,
        ValueKind::Text,
        "latest",
        "Kafka: begin at latest, earliest or JSON offsets",
    ),
    key(
        KAFKA_FAIL_ON_DATA_LOSS,
        ValueKind::Boolean,
        "true",
        "Kafka: end when records are gone that were not read",
    ),
    key(
        KAFKA_BROKERS,
        ValueKind::Text,
        "none",
        "Kafka: brokers of Python's createStream",
    ),
];

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
