//! Counts the words of the last thirty seconds, every ten seconds. A slide costs what entered and
//! what left, however long the window is.
//!
//! ```text
//! nc -lk 9999
//! cargo run --release -p millrace --example sliding_window
//! ```

use millrace::{Conf, Duration, Result, StreamingContext};

fn main() -> Result<()> {
    let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
    let lines = ssc.socket_text_stream("localhost", 9999);
    lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .reduce_by_key_and_window(|a, b| a + b, Duration::seconds(30), Duration::seconds(10))
        .print();
    ssc.start()?;
    ssc.await_termination()
}
