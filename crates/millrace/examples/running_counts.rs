//! Counts words since the start, and goes on after a crash: the counts are in the directory
//! `running-counts` of the working directory.
//!
//! ```text
//! nc -lk 9999
//! cargo run --release -p millrace --example running_counts
//! ```

use millrace::{Conf, Duration, Result, StreamingContext, Values};

fn main() -> Result<()> {
    let create = || {
        let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
        ssc.checkpoint("running-counts")?;
        let lines = ssc.socket_text_stream("localhost", 9999);
        lines
            .flat_map(|line| line.split(" "))
            .map(|word| (word, 1_i64))
            .update_state_by_key(|new: &Values<i64>, count: Option<i64>| {
                Some(count.unwrap_or(0) + new.iter().sum::<i64>())
            })
            .print();
        Ok(ssc)
    };
    let ssc = StreamingContext::get_or_create("running-counts", create)?;
    ssc.start()?;
    ssc.await_termination()
}
