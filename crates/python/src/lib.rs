//! The engine as Python's package `millrace` sees it.
//!
//! Python modules beside this crate say what a program means: they have PySpark's names and
//! rules. Here is what they stand on: streams that receive, a clock that makes batches, the
//! records of a batch as Python's objects, Spark's hash of a key. The law: nothing here holds
//! the interpreter's lock while it waits.

mod batch;
mod compile;
mod convert;
mod engine;
mod hash;
#[cfg(feature = "kafka")]
mod kafka;
mod listener;
mod location;
mod lock;
mod object;
mod page;
mod plan;
mod raised;
mod receiver;
mod settings;
mod stderr;
mod stdout;
mod stream;
mod window;

use pyo3::prelude::*;

/// The extension module of the package.
#[pymodule]
mod _engine {
    use super::*;
    #[pymodule_export]
    use crate::batch::{Batch, Records};
    #[pymodule_export]
    use crate::compile::LoweredFunction;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::hash::{first_dealt, portable_hash};
    #[cfg(feature = "kafka")]
    #[pymodule_export]
    use crate::kafka::{KafkaOffsets, KafkaRanges, kafka_direct_stream};
    #[pymodule_export]
    use crate::location::local_path;
    #[pymodule_export]
    use crate::raised::described;
    #[pymodule_export]
    use crate::settings::{kept_partitions, parallelism, settings};
    #[pymodule_export]
    use crate::stderr::{
        Pauses, finish_stderr, has_live_line, log_as, retire_live_line, say, say_last, says,
        set_log_level, step_aside,
    };
    #[pymodule_export]
    use crate::stdout::show;
    #[pymodule_export]
    use crate::stream::Stream;
    #[pymodule_export]
    use crate::window::{Held, RecordFunction};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::object::register();
        module.add("CANNOT_MAKE", crate::object::CANNOT_MAKE)?;
        module.add("MOST_PARTITIONS", millrace_types::keys::MOST_PARTITIONS)
    }
}
