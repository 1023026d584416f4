//! The settings of the page and of the event log, read once.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use millrace_types::{Conf, ConfError, keys};

/// Spark's default for `spark.ui.port`.
const PORT: u16 = 4040;

/// Ports beyond the first that are tried, unless `spark.port.maxRetries` says otherwise.
const RETRIES: u16 = 16;

/// Completed batches that are kept, unless `spark.streaming.ui.retainedBatches` says otherwise.
pub(crate) const RETAINED: usize = 1000;

/// Settings of what watches a run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) enabled: bool,
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) retries: u16,
    pub(crate) retained: usize,
    /// The directory of the event log, if it is on.
    pub(crate) log: Option<LogSettings>,
}

/// The directory of an event log, and how much of it is kept.
#[derive(Debug, Clone)]
pub(crate) struct LogSettings {
    pub(crate) directory: PathBuf,
    /// Bytes after which a new file is begun.
    pub(crate) file_bytes: u64,
    /// Files of a run that are kept.
    pub(crate) files: usize,
}

impl Settings {
    /// Reads the settings of `conf`.
    ///
    /// # Errors
    /// The first value that its key does not take.
    pub(crate) fn resolve(conf: &Conf) -> Result<Settings, ConfError> {
        let enabled = conf.boolean(keys::UI_ENABLED)?.unwrap_or(true);
        let address = conf.get(keys::UI_BIND_ADDRESS);
        let address = address.map(address_of).transpose()?;
        Ok(Settings {
            enabled,
            address: address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: number(conf, keys::UI_PORT, PORT)?,
            retries: number(conf, keys::PORT_MAX_RETRIES, RETRIES)?,
            retained: positive(conf, keys::UI_RETAINED_BATCHES, RETAINED)?,
            log: log(conf)?,
        })
    }
}

fn address_of(text: &str) -> Result<IpAddr, ConfError> {
    let address = match text.trim().trim_matches(['[', ']']) {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        text => text.parse(),
    };
    let expected = "an IP address such as 127.0.0.1, 0.0.0.0 or ::1";
    address.map_err(|_| ConfError::new(keys::UI_BIND_ADDRESS, expected, text))
}

fn number(conf: &Conf, key: &str, default: u16) -> Result<u16, ConfError> {
    let Some(number) = conf.integer(key)? else {
        return Ok(default);
    };
    let text = number.to_string();
    u16::try_from(number).map_err(|_| ConfError::new(key, "a number from 0 to 65535", &text))
}

fn positive(conf: &Conf, key: &str, default: usize) -> Result<usize, ConfError> {
    let number = conf.integer(key)?;
    Ok(number
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(default))
}

fn log(conf: &Conf) -> Result<Option<LogSettings>, ConfError> {
    if !conf.boolean(keys::EVENT_LOG_ENABLED)?.unwrap_or(false) {
        return Ok(None);
    }
    let size = conf.size(keys::EVENT_LOG_FILE_BYTES)?;
    Ok(Some(LogSettings {
        directory: conf
            .location(keys::EVENT_LOG_DIR)?
            .unwrap_or_else(|| "/tmp/spark-events".into()),
        file_bytes: size.map_or(128 << 20, |size| size.as_bytes()),
        files: positive(conf, keys::EVENT_LOG_FILES, 8)?,
    }))
}
