//! Counts the words of every second that a TCP server sends.
//!
//! ```text
//! nc -lk 9999
//! cargo run --release -p millrace --example word_count
//! ```

use millrace::{Conf, Duration, Result, StreamingContext};

fn main() -> Result<()> {
    let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
    let lines = ssc.socket_text_stream("localhost", 9999);
    lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .reduce_by_key(|a, b| a + b)
        .print();
    ssc.start()?;
    ssc.await_termination()
}
