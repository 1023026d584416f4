//! The configuration as a context understands it: every key is read once, here.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration as StdDuration;

use millrace_engine::error::{Error, Result};
use millrace_runtime::checkpoint::Start;
use millrace_runtime::notice::notice;
use millrace_runtime::receiver::{DialSettings, SHORTEST_RESTART, WalSync};
use millrace_types::{Conf, Duration, Master, TimeUnit, keys};

use crate::dstream::PrintFormat;

/// Well below the budget, and as long as a line of text will be.
const LONGEST_LINE: u64 = 32 << 20;

/// Threads beyond the cores compute nothing sooner, and thousands take seconds to start. What
/// `local[N]` decides beyond that, the number of partitions, stays N.
const MOST_WORKERS: usize = 256;

/// `millrace.recover.missedBatches`: what becomes of the batches that were due while a program was
/// down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissedBatches {
    /// The missed batches are made up, each with its own time (Spark 3.5).
    Run,
    /// The first batch is the next one that is due.
    Skip,
}

/// Resolved settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The configuration that the settings were resolved from.
    pub(crate) conf: Conf,
    pub(crate) workers: usize,
    pub(crate) partitions: usize,
    /// True if `spark.default.parallelism` says so, and not the master.
    pub(crate) partitions_given: bool,
    pub(crate) interval: Duration,
    pub(crate) block_interval: StdDuration,
    pub(crate) restart_delay: StdDuration,
    /// `spark.streaming.receiver.maxRate`: records per second of one receiver.
    pub(crate) max_rate: Option<u64>,
    /// `spark.streaming.fileStream.minRememberDuration`.
    pub(crate) min_remember: Duration,
    pub(crate) grace: StdDuration,
    pub(crate) max_batches: Option<u64>,
    /// `millrace.stopAtEof`, or `millrace.stopAtReset`, which asks for more.
    pub(crate) stop_at_eof: bool,
    pub(crate) stop_at_reset: bool,
    pub(crate) dialing: DialSettings,
    pub(crate) print_num: i64,
    pub(crate) print_format: PrintFormat,
    pub(crate) max_in_flight: u64,
    pub(crate) max_line: usize,
    /// `spark.streaming.checkpoint.directory`.
    pub(crate) checkpoint: Option<PathBuf>,
    /// `millrace.checkpoint.dir`.
    pub(crate) checkpoint_dir: Option<PathBuf>,
    /// `spark.app.name`.
    pub(crate) name: String,
    pub(crate) recover: Start,
    pub(crate) missed_batches: MissedBatches,
    pub(crate) snapshot_log_bytes: u64,
    /// `spark.streaming.receiver.writeAheadLog.enable` with `millrace.wal.sync`.
    pub(crate) wal: Option<WalSync>,
    /// The number of records that may be skipped, if any (`millrace.onRecordError`).
    pub(crate) most_skipped: Option<u64>,
    /// `millrace.deadLetterDir`.
    pub(crate) dead_letters: Option<PathBuf>,
    /// True if anything is written to the checkpoint directory; a test's harness wants nothing.
    pub(crate) durable: bool,
}

impl Settings {
    pub(crate) fn resolve(conf: &Conf, batch_duration: Duration) -> Result<Settings> {
        keys::check(conf).map_err(Error::config)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let master = conf
            .get(keys::MASTER)
            .map_or(Ok(Master::DEFAULT), Master::parse);
        let master = master.map_err(Error::config)?;
        let Master::Local { max_failures, .. } = master;
        if max_failures > 1 {
            notice("a failed task is not tried again: the F of local[N,F] has no effect");
        }
        let asked = master.resolve(cores).min(keys::MOST_PARTITIONS as usize);
        let workers = asked.min(MOST_WORKERS.max(cores));
        let duration = |key, unit| conf.duration(key, unit).map_err(Error::config);
        let location = |key| conf.location(key).map_err(Error::config);
        let integer = |key| conf.integer(key).map_err(Error::config);
        let boolean = |key| Ok::<_, Error>(conf.boolean(key).map_err(Error::config)? == Some(true));
        let stop_at_reset = boolean(keys::STOP_AT_RESET)?;
        let millis = TimeUnit::Milliseconds;
        let interval = interval(conf, batch_duration)?;
        let parallelism = integer(keys::DEFAULT_PARALLELISM)?;
        let partitions = match parallelism {
            None => asked,
            // The keys' table lets nothing larger through.
            Some(count) => u32::try_from(count).unwrap_or(u32::MAX) as usize,
        };
        let std = |key, default| Ok::<_, Error>(duration(key, millis)?.unwrap_or(default).to_std());
        let size = |key, default: u64| {
            let size = conf.size(key).map_err(Error::config)?;
            Ok::<_, Error>(size.map_or(default, |size| size.as_bytes()))
        };
        let format = conf.get(keys::PRINT_FORMAT).unwrap_or("pyspark").trim();
        let max_line = size(keys::MAX_LINE_BYTES, LONGEST_LINE)?;
        Ok(Settings {
            conf: conf.clone(),
            workers,
            partitions,
            partitions_given: parallelism.is_some(),
            interval,
            block_interval: std(keys::BLOCK_INTERVAL, Duration::milliseconds(200))?,
            restart_delay: restart_delay(std(keys::RECEIVER_RESTART_DELAY, Duration::seconds(2))?),
            // Spark 3.5: zero or less is no limit.
            max_rate: integer(keys::RECEIVER_MAX_RATE)?
                .and_then(|rate| u64::try_from(rate).ok())
                .filter(|&rate| rate > 0),
            min_remember: match duration(keys::FILE_MIN_REMEMBER, TimeUnit::Seconds)? {
                Some(length) => length,
                None => duration(keys::FILE_MIN_REMEMBER_OLD, TimeUnit::Seconds)?
                    .unwrap_or(Duration::minutes(1)),
            },
            grace: std(keys::GRACEFUL_STOP_TIMEOUT, interval * 10)?,
            max_batches: integer(keys::MAX_BATCHES)?.and_then(|count| u64::try_from(count).ok()),
            stop_at_eof: boolean(keys::STOP_AT_EOF)? || stop_at_reset,
            stop_at_reset,
            dialing: dialing(conf)?,
            print_num: integer(keys::PRINT_NUM)?.unwrap_or(10),
            print_format: PrintFormat::parse(format).unwrap_or(PrintFormat::PySpark),
            max_in_flight: size(keys::MAX_BYTES_IN_FLIGHT, 256 << 20)?,
            max_line: max_line as usize,
            checkpoint: location(keys::CHECKPOINT_DIRECTORY)?,
            checkpoint_dir: location(keys::CHECKPOINT_DIR)?,
            name: conf.get(keys::APP_NAME).unwrap_or_default().to_owned(),
            recover: recover(conf)?,
            missed_batches: match conf.get(keys::MISSED_BATCHES).map(str::trim) {
                Some("skip") => MissedBatches::Skip,
                _ => MissedBatches::Run,
            },
            snapshot_log_bytes: size(keys::CHECKPOINT_LOG_BYTES, 32 << 20)?,
            wal: wal(conf)?,
            most_skipped: most_skipped(conf)?,
            dead_letters: location(keys::DEAD_LETTER_DIR)?,
            durable: true,
        })
    }
}

/// The batch interval that is set, or else the program's.
fn interval(conf: &Conf, batch_duration: Duration) -> Result<Duration> {
    let set = conf.duration(keys::BATCH_INTERVAL, TimeUnit::Milliseconds);
    let interval = set.map_err(Error::config)?.unwrap_or(batch_duration);
    if interval.as_millis() <= 0 {
        return Err(Error::config(format_args!(
            "the batch interval must be positive, but was {interval}"
        )));
    }
    if interval > Duration::LONGEST {
        let longest = Duration::LONGEST;
        return Err(Error::config(format_args!(
            "the batch interval must be at most {longest} (a hundred years), but was {interval}"
        )));
    }
    Ok(interval)
}

/// The way in which the receivers' log is made durable, if there is to be one.
fn wal(conf: &Conf) -> Result<Option<WalSync>> {
    let asked = conf.boolean(keys::RECEIVER_WAL).map_err(Error::config)?;
    if asked != Some(true) {
        return Ok(None);
    }
    let sync = conf.get(keys::WAL_SYNC).map(str::trim);
    Ok(Some(sync.and_then(WalSync::parse).unwrap_or_default()))
}

/// A run that skips so many records at most is one whose input has changed, or whose program has.
const MOST_SKIPPED: u64 = 1000;

fn most_skipped(conf: &Conf) -> Result<Option<u64>> {
    if conf.get(keys::ON_RECORD_ERROR).map(str::trim) != Some("skip") {
        return Ok(None);
    }
    let asked = conf
        .integer(keys::MAX_RECORD_ERRORS)
        .map_err(Error::config)?;
    let asked = asked.and_then(|most| u64::try_from(most).ok());
    Ok(Some(asked.unwrap_or(MOST_SKIPPED)))
}

fn dialing(conf: &Conf) -> Result<DialSettings> {
    let duration = |key| {
        let length = conf.duration(key, TimeUnit::Milliseconds);
        length.map_err(Error::config)
    };
    let keep_alive = match conf.get(keys::KEEP_ALIVE).map(str::trim) {
        Some("off") => None,
        _ => Some(duration(keys::KEEP_ALIVE)?.unwrap_or(Duration::minutes(1))),
    };
    Ok(DialSettings {
        timeout: duration(keys::CONNECT_TIMEOUT)?.map(Duration::to_std),
        keep_alive: keep_alive.map(Duration::to_std),
    })
}

/// No shorter than a receiver can be started again: a delay of zero would be a loop without a
/// pause.
fn restart_delay(asked: StdDuration) -> StdDuration {
    if asked < SHORTEST_RESTART {
        let key = keys::RECEIVER_RESTART_DELAY;
        notice(format_args!(
            "{key} is {}ms, and receivers wait {SHORTEST_RESTART:?} at least: they are started \
             again after that",
            asked.as_millis()
        ));
    }
    asked.max(SHORTEST_RESTART)
}

fn recover(conf: &Conf) -> Result<Start> {
    let key = keys::CHECKPOINT_RECOVER;
    let asked = conf.get(key).unwrap_or("false").trim();
    match (asked.to_ascii_lowercase().as_str(), asked.parse()) {
        ("true", _) => Ok(Start::Recover),
        ("false", _) => Ok(Start::Anew),
        (_, Ok(generation)) => Ok(Start::RecoverFrom(generation)),
        _ => Err(Error::config(format_args!(
            "{key} should be true, false or the number of a generation, but was '{asked}'"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thousands of threads take seconds to start, and a limit on memory ends the process then.
    #[test]
    fn local_n_names_more_partitions_than_there_are_threads() {
        let of = |master: &str| {
            let conf = Conf::from_iter([(keys::MASTER, master)]);
            let settings = Settings::resolve(&conf, Duration::seconds(1)).unwrap();
            (settings.workers, settings.partitions)
        };
        assert_eq!(of("local[3]"), (3, 3));
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        assert_eq!(of("local[65536]"), (cores.max(MOST_WORKERS), 65_536));
    }

    #[test]
    fn a_silent_sender_is_asked_after_a_minute_unless_a_setting_says_otherwise() {
        let of = |settings: &[(&str, &str)]| {
            let conf = settings.iter().copied().collect();
            dialing(&conf)
                .unwrap()
                .keep_alive
                .map(|silence| silence.as_secs())
        };
        assert_eq!(of(&[]), Some(60));
        assert_eq!(of(&[(keys::KEEP_ALIVE, "5min")]), Some(300));
        assert_eq!(of(&[(keys::KEEP_ALIVE, "off")]), None);
    }
}
