//! Options of a stream: those of the program, and those of the settings.

use std::collections::BTreeMap;
use std::time::Duration as StdDuration;

use millrace::settings::TimeUnit;
use millrace::{Conf, Duration, keys};

use crate::error::Error;
use crate::limit::Limits;
use crate::pid::Gains;
use crate::planner::Ends;
use crate::starting::StartingOffsets;

/// Options of a stream of Kafka. A setting is stronger than an option.
///
/// ```
/// use millrace_kafka::{KafkaOptions, StartingOffsets};
/// let options = KafkaOptions::new()
///     .starting_offsets(StartingOffsets::Earliest)
///     .param("group.id", "counters")
///     .param("security.protocol", "SASL_SSL");
/// # drop(options);
/// ```
#[derive(Debug, Clone, Default)]
pub struct KafkaOptions {
    starting: Option<StartingOffsets>,
    params: BTreeMap<String, String>,
}

impl KafkaOptions {
    /// None: the stream begins behind what is there, and commits to no group.
    pub fn new() -> KafkaOptions {
        KafkaOptions::default()
    }

    /// Sets where the stream begins if there is no checkpoint to go on from. Stronger than the
    /// parameter `auto.offset.reset`. [`StartingOffsets::Committed`] needs the parameter `group.id`.
    pub fn starting_offsets(mut self, starting: StartingOffsets) -> KafkaOptions {
        self.starting = Some(starting);
        self
    }

    /// A parameter of the client, by the name that it has in librdkafka, which are those of
    /// Kafka's Java client for the most part. With `group.id` the offsets of a batch are
    /// committed to that group when the batch is durable.
    pub fn param(mut self, key: impl Into<String>, value: impl Into<String>) -> KafkaOptions {
        self.params.insert(key.into(), value.into());
        self
    }
}

/// Everything that is to be known of a stream.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) starting: StartingOffsets,
    /// The beginning of a partition of which the group has committed nothing.
    pub(crate) reset: StartingOffsets,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) loss: OnLoss,
    pub(crate) patience: StdDuration,
    pub(crate) budget: u64,
    pub(crate) limits: Limits,
    pub(crate) backpressure: Option<Backpressure>,
    pub(crate) interval: Duration,
}

/// The way on when records are gone that were not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnLoss {
    /// The run ends.
    Fail,
    /// The stream goes on at the oldest record that there is.
    Oldest,
    /// The stream goes on behind the newest one: the parameter `auto.offset.reset` says so.
    Newest,
}

impl OnLoss {
    fn of(fails: bool, params: &BTreeMap<String, String>) -> OnLoss {
        let reset = params.get("auto.offset.reset").map(|reset| reset.trim());
        match (fails, reset) {
            (true, _) => OnLoss::Fail,
            (false, Some("latest" | "largest")) => OnLoss::Newest,
            (false, _) => OnLoss::Oldest,
        }
    }

    /// The offset at which it goes on, if it does.
    pub(crate) fn goes_on(self, ends: Ends) -> Option<i64> {
        match self {
            OnLoss::Fail => None,
            OnLoss::Oldest => Some(ends.low),
            OnLoss::Newest => Some(ends.high),
        }
    }
}

/// The end of a partition that the parameter `auto.offset.reset` names.
fn reset(params: &BTreeMap<String, String>) -> Result<StartingOffsets, Error> {
    let Some(text) = params.get("auto.offset.reset") else {
        return Ok(StartingOffsets::Latest);
    };
    match StartingOffsets::parse(text)? {
        StartingOffsets::Committed => Err(Error::Setting(format!(
            "auto.offset.reset should be earliest or latest, but was '{text}'"
        ))),
        reset => Ok(reset),
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Backpressure {
    pub(crate) gains: Gains,
    /// Records per second before the first estimate; 0 is no limit.
    pub(crate) initial: f64,
}

impl Resolved {
    pub(crate) fn of(
        options: KafkaOptions,
        conf: &Conf,
        interval: Duration,
    ) -> Result<Resolved, Error> {
        let setting = |error: millrace::settings::ConfError| Error::Setting(error.to_string());
        let number = |key, default: f64| match conf.get(key) {
            None => Ok(default),
            Some(text) => text
                .trim()
                .parse()
                .map_err(|_| Error::Setting(format!("{key} should be a number, but was '{text}'"))),
        };
        let yes = |key| conf.boolean(key).map_err(setting);
        let mut params = options.params;
        for (key, value) in conf.iter() {
            if let Some(key) = key.strip_prefix(keys::KAFKA_CLIENT) {
                params.insert(key.to_owned(), value.to_owned());
            }
        }
        let reset = reset(&params)?;
        let starting = match (conf.get(keys::KAFKA_STARTING_OFFSETS), options.starting) {
            (Some(text), _) => StartingOffsets::parse(text)?,
            (None, Some(starting)) => starting,
            (None, None) => reset.clone(),
        };
        if starting == StartingOffsets::Committed && !params.contains_key("group.id") {
            let needs = "the starting offsets 'committed' need the parameter group.id";
            return Err(Error::Setting(needs.to_owned()));
        }
        let patience = conf.duration(keys::KAFKA_POLL, TimeUnit::Milliseconds);
        let patience = patience.map_err(setting)?;
        let budget = conf.size(keys::MAX_BYTES_IN_FLIGHT).map_err(setting)?;
        let backpressure = yes(keys::BACKPRESSURE)? == Some(true);
        let gains = Gains {
            proportional: number(keys::PID_PROPORTIONAL, 1.0)?,
            integral: number(keys::PID_INTEGRAL, 0.2)?,
            derived: number(keys::PID_DERIVED, 0.0)?,
            least: number(keys::PID_MIN_RATE, 100.0)?,
            interval: interval.as_millis() as f64,
        };
        let fails = yes(keys::KAFKA_FAIL_ON_DATA_LOSS)? != Some(false);
        let loss = OnLoss::of(fails, &params);
        Ok(Resolved {
            starting,
            reset,
            params,
            loss,
            patience: patience.unwrap_or(Duration::minutes(2)).to_std(),
            budget: budget.map_or(256 << 20, |budget| budget.as_bytes()),
            limits: Limits {
                most: number(keys::KAFKA_MAX_RATE, 0.0)?,
                least: number(keys::KAFKA_MIN_RATE, 1.0)? as u64,
            },
            backpressure: backpressure.then_some(Backpressure {
                gains,
                initial: number(keys::BACKPRESSURE_INITIAL, 0.0)?,
            }),
            interval,
        })
    }
}
