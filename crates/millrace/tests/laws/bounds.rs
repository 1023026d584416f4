//! Law 6 from outside: with a budget far below what is sent, nothing is lost and nobody waits
//! for ever. What the budget counts is tested where it is counted.

use std::sync::{Arc, Mutex};

use millrace::keys;

use super::support::run_with;

/// What is sent: many times the budget, and more than two kernels keep for a socket.
const LINES: u64 = 1_500_000;

/// The sum of the numbers on all lines, and how many lines there were, with the given budget.
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
            let numbers = lines.map(|line| line["number ".len()..].parse::<u64>().unwrap_or(0));
            if keyed {
                // Blocks are let go as soon as they have been combined.
                let sums = numbers.map(|number| (number % 7, (number, 1)));
                let sums = sums.reduce_by_key(|a: (u64, u64), b| (a.0 + b.0, a.1 + b.1));
                sums.foreach_rdd(move |rdd| {
                    for (_, (sum, count)) in rdd.collect() {
                        let mut seen = noted.lock().unwrap();
                        *seen = (seen.0 + sum, seen.1 + count);
                    }
                });
            } else {
                // Blocks are held until their batch runs, which reads them more than once.
                numbers.foreach_rdd(move |rdd| {
                    let mut seen = noted.lock().unwrap();
                    *seen = (
                        seen.0 + rdd.collect().iter().sum::<u64>(),
                        seen.1 + rdd.count(),
                    );
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
    let all = (LINES * (LINES - 1) / 2, LINES);
    for budget in ["1", "2m", "5m"] {
        assert_eq!(run(budget, false), all, "held until the tick, {budget}");
        assert_eq!(run(budget, true), all, "combined as they come, {budget}");
    }
}
