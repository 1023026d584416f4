//! Law 6 from outside: with a budget far below what is sent, nothing is lost and nobody waits
//! for ever. The counting itself is tested beside the budget.

use std::sync::{Arc, Mutex};

use millrace::keys;

use super::support::{counted, run_with, words};

/// The number of lines that are sent: many times the budget, and more than two kernels keep
/// for a socket.
const LINES: u64 = 1_500_000;

/// The sum of the numbers on all lines, and how many words there were, with the given budget.
fn run(budget: &str, keyed: bool) -> (u64, u64) {
    let input: String = (0..LINES)
        .map(|number| format!("number {number}\n"))
        .collect();
    let seen = Arc::new(Mutex::new((0, 0)));
    let noted = Arc::clone(&seen);
    let ended = run_with(
        &[(keys::MAX_BYTES_IN_FLIGHT, budget)],
        input,
        move |_, lines| {
            if keyed {
                // Blocks are let go as soon as they have been combined.
                counted(lines).foreach_rdd(move |rdd| {
                    for (word, count) in rdd.collect() {
                        let mut seen = noted.lock().unwrap();
                        let number = word.parse::<u64>();
                        *seen = (seen.0 + number.unwrap_or(0), seen.1 + count as u64);
                    }
                });
            } else {
                // Blocks are held until their batch runs, which reads them more than once.
                words(lines).foreach_rdd(move |rdd| {
                    let words = rdd.collect();
                    let numbers = words.iter().filter_map(|word| word.parse::<u64>().ok());
                    let mut seen = noted.lock().unwrap();
                    *seen = (seen.0 + numbers.sum::<u64>(), seen.1 + rdd.count());
                });
            }
        },
    );
    ended.unwrap();
    let seen = seen.lock().unwrap();
    *seen
}

#[test]
fn a_small_budget_slows_the_sender_and_loses_nothing() {
    let all = (LINES * (LINES - 1) / 2, 2 * LINES);
    for budget in ["1", "2m", "5m"] {
        assert_eq!(run(budget, false), all, "held until the tick, {budget}");
        assert_eq!(run(budget, true), all, "combined as they come, {budget}");
    }
}
