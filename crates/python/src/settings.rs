//! The settings a program finds, and what they mean.

use std::ffi::OsString;

use millrace::checkpoint::CheckpointReader;
use millrace_cli::Environment;
use millrace_types::{Conf, Master, MasterError, keys};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// The settings of this process: what `millrace-submit` was given, or else
/// `spark-defaults.conf` and the environment.
#[pyfunction]
pub(crate) fn settings() -> PyResult<Vec<(String, String)>> {
    let conf = millrace_cli::submitted(&Environment::of_process())
        .map_err(|exit| PyRuntimeError::new_err(exit.message))?;
    Ok(conf
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect())
}

/// The number of threads that a master asks for. Raises ValueError with Spark's words if
/// it is none.
#[pyfunction]
pub(crate) fn parallelism(master: &str) -> PyResult<usize> {
    let master = Master::parse(master).map_err(|error| {
        PyValueError::new_err(match error {
            // The settings that were typed have been looked at before the program began.
            MasterError::Cluster(_) => format!(
                "master '{master}' is a cluster's, and the program sets it itself when it runs on \
                 this machine already: leave it out of the program, and start that by \
                 'millrace-submit --master {master}', which hands it over to spark-submit"
            ),
            error => error.to_string(),
        })
    })?;
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(master.resolve(available))
}

/// The number of partitions of the checkpoint that a run goes on from; None if there is none that
/// says so. `recover` is what `millrace.checkpoint.recover` says.
#[pyfunction]
pub(crate) fn kept_partitions(directory: OsString, recover: &str) -> Option<u32> {
    let reader = CheckpointReader::open(directory).ok()?;
    let generation = match recover.trim().parse() {
        Ok(generation) => generation,
        Err(_) => reader.newest().ok()?,
    };
    reader.partitions(generation).ok()
}

/// The settings as the engine takes them. The log is the business of the SparkContext, whose program
/// may have chosen another level since.
pub(crate) fn conf_of(settings: Vec<(String, String)>) -> Conf {
    let mut conf = Conf::from_iter(settings);
    conf.set_if_missing(keys::MASTER, Master::DEFAULT.to_string());
    for key in [keys::LOG_LEVEL, keys::LOG_FORMAT] {
        conf.remove(key);
    }
    conf
}
