//! The table of settings, in the order of `--help`: Spark's first.
//!
//! An entry has the name by which the code calls the setting, the key as it is typed, the kind of its value,
//! the value that holds when nobody sets one (in words where it depends on others), and its effect in a few
//! words. It is one table and not one per family, since `--help` and the checks go through it as one list.

use crate::value_kind::ValueKind::*;

use super::{Key, LOG_LEVELS, LONGEST_LINE, MOST_PARTITIONS, SHORTEST_LINE};

macro_rules! settings {
    ($(
        $(#[$doc:meta])+
        $constant:ident = $name:literal, $kind:expr, $default:literal, $meaning:literal;
    )+) => {
        $(
            $(#[$doc])+
            pub const $constant: &str = $name;
        )+

        /// Every setting the programs know, Spark's first.
        ///
        /// Spark 3.5 has the same defaults, except that
        /// `spark.streaming.stopGracefullyOnShutdown` is `false` there.
        pub const KEYS: &[Key] = &[$(
            Key {
                name: $name,
                default: $default,
                meaning: $meaning,
                kind: $kind,
            },
        )+];
    };
}

settings! {
    /// The master that the program runs on.
    MASTER = "spark.master",
        Master, "local[*]", "where the program runs";
    /// The name of the run.
    APP_NAME = "spark.app.name",
        Text, "the program's name", "name of the run";
    /// Reduce partitions of keyed operations.
    DEFAULT_PARALLELISM = "spark.default.parallelism",
        CountTo(MOST_PARTITIONS as i64), "N of local[N]", "partitions of keyed results";
    /// The interval at which a receiver seals what it has read into a block.
    BLOCK_INTERVAL = "spark.streaming.blockInterval",
        PositiveDuration, "200ms", "how often input is sealed into a block";
    /// The wait before a receiver connects again.
    RECEIVER_RESTART_DELAY = "spark.streaming.receiverRestartDelay",
        Duration, "2000ms", "wait before connecting again";
    /// Records that one receiver may store in a second.
    RECEIVER_MAX_RATE = "spark.streaming.receiver.maxRate",
        Integer, "no limit", "records per second of one receiver; 0 or less: no limit";
    /// Lets the rate of a Kafka stream follow what its batches take.
    BACKPRESSURE = "spark.streaming.backpressure.enabled",
        Boolean, "false", "Kafka: let the rate follow what batches take";
    /// The rate before the first estimate.
    BACKPRESSURE_INITIAL = "spark.streaming.backpressure.initialRate",
        Integer, "no limit", "records per second before the first estimate";
    /// The estimator of the rate.
    BACKPRESSURE_ESTIMATOR = "spark.streaming.backpressure.rateEstimator",
        OneOf(&["pid"]), "pid", "who estimates it: pid";
    /// The weight of the difference between the rate and what a batch has shown.
    PID_PROPORTIONAL = "spark.streaming.backpressure.pid.proportional",
        Weight, "1.0", "weight of the difference to a batch's rate";
    /// The weight of what waits.
    PID_INTEGRAL = "spark.streaming.backpressure.pid.integral",
        Weight, "0.2", "weight of what waits";
    /// The weight of how fast the difference changes.
    PID_DERIVED = "spark.streaming.backpressure.pid.derived",
        Weight, "0.0", "weight of the change of the difference";
    /// The lowest rate that is estimated.
    PID_MIN_RATE = "spark.streaming.backpressure.pid.minRate",
        PositiveNumber, "100", "lowest rate, in records per second";
    /// Records per second of a Kafka partition.
    KAFKA_MAX_RATE = "spark.streaming.kafka.maxRatePerPartition",
        Integer, "no limit", "records per second of a partition; 0 or less: no limit";
    /// Records of a batch that a Kafka partition gives at least, when there is a limit.
    KAFKA_MIN_RATE = "spark.streaming.kafka.minRatePerPartition",
        Integer, "1", "records of a partition in a batch, at least";
    /// The time for which a Kafka partition may give nothing before its batch fails.
    KAFKA_POLL = "spark.streaming.kafka.consumer.poll.ms",
        PositiveDuration, "120s", "a batch fails when no record comes for so long";
    /// The time that a file stream remembers the files it has taken.
    FILE_MIN_REMEMBER = "spark.streaming.fileStream.minRememberDuration",
        PositiveSeconds, "60s", "how old a new file may be";
    /// The same by the name it had before Spark 1.5.
    FILE_MIN_REMEMBER_OLD = "spark.streaming.minRememberDuration",
        PositiveSeconds, "60s", "older name of the one above";
    /// `true` if the first signal runs what was received before the program ends.
    STOP_GRACEFULLY_ON_SHUTDOWN = "spark.streaming.stopGracefullyOnShutdown",
        Boolean, "true", "a first signal runs what was received";
    /// The longest that a graceful stop may take.
    GRACEFUL_STOP_TIMEOUT = "spark.streaming.gracefulStopTimeout",
        Duration, "10 x batch interval", "how long that may take";
    /// The checkpoint directory of programs that name none.
    CHECKPOINT_DIRECTORY = "spark.streaming.checkpoint.directory",
        Location, "the program's", "directory that a program with state needs";
    /// `true` if the Streaming page is served.
    UI_ENABLED = "spark.ui.enabled",
        Boolean, "true", "serve the Streaming page";
    /// The port of the Streaming page.
    UI_PORT = "spark.ui.port",
        Integer, "4040", "its port; 0: any that is free";
    /// The address that the Streaming page listens on.
    UI_BIND_ADDRESS = "spark.ui.bindAddress",
        Text, "127.0.0.1", "the address that it listens on";
    /// The number of ports beyond the first that are tried.
    PORT_MAX_RETRIES = "spark.port.maxRetries",
        Integer, "16", "next ports that are tried when a port is taken";
    /// The number of completed batches that the Streaming page keeps.
    UI_RETAINED_BATCHES = "spark.streaming.ui.retainedBatches",
        PositiveInteger, "1000", "completed batches that the page keeps";
    /// `true` if the events of the run are written to a log.
    EVENT_LOG_ENABLED = "spark.eventLog.enabled",
        Boolean, "false", "write the events of the run to a log";
    /// The directory of event logs.
    EVENT_LOG_DIR = "spark.eventLog.dir",
        Location, "/tmp/spark-events", "directory of event logs";
    /// The size of a log file after which the next one begins.
    EVENT_LOG_FILE_BYTES = "spark.eventLog.rolling.maxFileSize",
        PositiveSize, "128m", "size of a log file before the next one begins";
    /// The number of files of a run's event log that are kept.
    EVENT_LOG_FILES = "millrace.eventLog.maxFiles",
        PositiveInteger, "8", "files of a log that are kept";
    /// The level of what is written to standard error.
    LOG_LEVEL = "spark.log.level",
        OneOfAnyCase(LOG_LEVELS), "no log, all messages", "what is written to stderr: ALL to OFF";
    /// The form in which it is written.
    LOG_FORMAT = "millrace.log.format",
        OneOf(&["text", "json"]), "text", "its form: text, or json";
    /// When a line on the terminal shows how the run is doing.
    PROGRESS = "millrace.progress",
        OneOf(&["auto", "always", "never"]), "auto", "as --progress";
    /// The batch interval, stronger than the program's.
    BATCH_INTERVAL = "millrace.batchInterval",
        PositiveDuration, "the program's", "length of a batch";
    /// The number of batches after which the program ends.
    MAX_BATCHES = "millrace.maxBatches",
        PositiveInteger, "no limit", "end after so many batches";
    /// `true` if the program ends when every source has ended.
    STOP_AT_EOF = "millrace.stopAtEof",
        Boolean, "false", "end when every source has ended";
    /// `true` if a connection that was reset has ended for that as well.
    STOP_AT_RESET = "millrace.stopAtReset",
        Boolean, "false", "the same, and a reset connection has ended";
    /// The number of records of a batch that are printed.
    PRINT_NUM = "millrace.print.num",
        Integer, "10", "records printed of a batch";
    /// The format in which a batch is printed.
    PRINT_FORMAT = "millrace.print.format",
        OneOf(&["pyspark", "scala", "json"]), "pyspark", "pyspark, scala or json";
    /// The file that takes the figures of the run.
    SUMMARY = "millrace.summary",
        Location, "none", "file for the figures of the run, as JSON; - says them on stderr";
    /// The checkpoint directory, stronger than the program's.
    CHECKPOINT_DIR = "millrace.checkpoint.dir",
        Location, "the program's", "checkpoint directory, stronger than that";
    /// The recovery mode: whether a run goes on from the checkpoint in its directory, and from
    /// which generation.
    CHECKPOINT_RECOVER = "millrace.checkpoint.recover",
        Text, "false", "go on from it: true, false or a generation";
    /// The fate of the batches that were due while a program was down.
    MISSED_BATCHES = "millrace.recover.missedBatches",
        OneOf(&["run", "skip"]), "run", "batches that were due meanwhile: run, or skip";
    /// By how much the log of the checkpoint grows before a snapshot is written.
    CHECKPOINT_LOG_BYTES = "millrace.checkpoint.logBytes",
        PositiveSize, "32m", "growth of its log before a snapshot";
    /// `true` if what is received is written to a log before it is run.
    RECEIVER_WAL = "spark.streaming.receiver.writeAheadLog.enable",
        Boolean, "false", "write-ahead log of what is received";
    /// When that log is synced.
    WAL_SYNC = "millrace.wal.sync",
        OneOf(&["block", "batch", "none"]), "block", "when that log is synced: block, batch, none";
    /// The budget for bytes received and not yet finished.
    MAX_BYTES_IN_FLIGHT = "millrace.receiver.maxBytesInFlight",
        PositiveSize, "256m", "received and unfinished bytes before the sender is slowed";
    /// The time after which the run ends if nobody answers.
    CONNECT_TIMEOUT = "millrace.receiver.connectTimeout",
        PositiveDuration, "no limit", "end with an error when nobody answers for so long";
    /// The time that a connection may be silent before its other end is asked whether it is still
    /// there.
    KEEP_ALIVE = "millrace.receiver.keepAlive",
        PositiveDurationOrOff, "60s",
        "silence before a sender is asked whether it is there, or off";
    /// The longest line that is kept whole.
    MAX_LINE_BYTES = "millrace.receiver.maxLineBytes",
        SizeBetween(SHORTEST_LINE, LONGEST_LINE), "32m", "longest line that is kept whole";
    /// The fate of a record whose function panics.
    ON_RECORD_ERROR = "millrace.onRecordError",
        OneOf(&["fail", "skip"]), "fail",
        "a record whose function fails ends the run: fail, or skip";
    /// The number of records of a run that may be skipped.
    MAX_RECORD_ERRORS = "millrace.maxRecordErrors",
        PositiveInteger, "1000", "records that a run may skip before it ends";
    /// The directory for the records that were skipped.
    DEAD_LETTER_DIR = "millrace.deadLetterDir",
        Location, "in the checkpoint", "directory for records that were skipped";
    /// The offsets at which a Kafka stream without a checkpoint begins.
    KAFKA_STARTING_OFFSETS = "millrace.kafka.startingOffsets",
        Text, "latest", "Kafka: begin at latest, earliest or JSON offsets";
    /// Lets records that are gone before they were read end the run.
    KAFKA_FAIL_ON_DATA_LOSS = "millrace.kafka.failOnDataLoss",
        Boolean, "true", "Kafka: end when records are gone that were not read";
    /// The brokers of Python's `KafkaUtils.createStream`, which Spark finds by ZooKeeper.
    KAFKA_BROKERS = "millrace.kafka.bootstrap.servers",
        Text, "none", "Kafka: brokers of Python's createStream";
}
