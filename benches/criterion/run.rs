//! One engine, many batches: what the benches of the engine measure.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millrace::DStream;
use millrace::Text;
use millrace::pipeline::Lines;
use millrace::testing::Setup;

/// Batches that are run before the clock starts: they bring up buffers and tables.
const WARM: usize = 2;

/// Times `batches` batches of `message`, from the input to the last record, when `first` has
/// been a batch of its own before them. `program` makes outputs; the one that is registered
/// behind them notes the time.
pub(crate) fn time(
    setup: &Setup,
    first: &[u8],
    message: &[u8],
    batches: u64,
    program: impl FnOnce(&DStream<Text, Lines>),
) -> Duration {
    let batches = usize::try_from(batches).expect("as many batches fit into memory");
    let mut messages = vec![first];
    messages.resize(1 + WARM + batches, message);
    let ends = Arc::new(Mutex::new(Vec::with_capacity(messages.len())));
    let noted = Arc::clone(&ends);
    setup.run(&messages, |lines| {
        program(lines);
        lines.foreach_rdd(move |_| noted.lock().expect("no batch fails").push(Instant::now()));
    });
    let ends = ends.lock().expect("no batch fails");
    ends[WARM + batches].duration_since(ends[WARM])
}
