//! Python's text of records and times, for programs whose own output has to look like a PySpark
//! program's. `print` has it by itself. Also where PySpark's `repartition` begins to deal, for
//! datasets that are not the engine's.

pub use millrace_engine::python::{first_dealt, str_of};
pub use millrace_runtime::zone::local_time;
