//! Runs a program on given batches and looks at what comes out: no socket, no clock. This is how
//! programs are tested.
//!
//! ```text
//! cargo run -p millrace --example given_batches
//! ```

use millrace::testing::run_batches;

fn main() {
    let batches = run_batches(&["to be\nor not\n", "to be\n"], |lines| {
        lines
            .flat_map(|line| line.split(" "))
            .map(|word| (word, 1_i64))
            .reduce_by_key(|a, b| a + b)
    });
    assert_eq!(batches[0].len(), 4, "four words in the first batch");
    assert_eq!(batches[1].len(), 2, "two in the second");
}
