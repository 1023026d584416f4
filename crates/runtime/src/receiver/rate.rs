//! The limit on the rate at which a receiver stores: `spark.streaming.receiver.maxRate`.
//!
//! A smooth bucket of tokens, as Spark's is: tokens come in evenly, at most one second's worth
//! of them is saved up, and a record that finds the bucket short passes at once if none before
//! it has to wait; the next one waits for both. So from any moment on, `t` seconds let at most
//! `rate * (t + 1) + 1` records pass. The time is the context's clock.

use std::sync::{Arc, MutexGuard};

use millrace_types::{BatchTime, Lock};

use crate::clock::Clock;

/// A token is counted in thousandths: a rate of one per second brings one of them per millisecond.
const TOKEN: i128 = 1000;

/// Lets so many records pass in a second.
pub struct RateLimiter {
    clock: Arc<dyn Clock>,
    bucket: Lock<Bucket>,
}

struct Bucket {
    /// Records per second.
    rate: i128,
    /// Thousandths of tokens; below zero if what has passed is not paid for yet.
    tokens: i128,
    /// When they were counted.
    at: i64,
}

impl Bucket {
    fn refill(&mut self, now: i64) {
        if now > self.at {
            let come = i128::from(now - self.at) * self.rate;
            self.tokens = (self.tokens + come).min(self.rate * TOKEN);
        }
        // A clock that was set back brings nothing, and is counted from there.
        self.at = now;
    }

    /// The number of records that may pass now.
    fn ready(&self) -> u64 {
        if self.tokens < 0 {
            return 0;
        }
        u64::try_from(self.tokens / TOKEN + 1).unwrap_or(u64::MAX)
    }

    /// When the next record may pass.
    fn next(&self) -> BatchTime {
        let debt = (-self.tokens).max(0);
        let wait = (debt + self.rate - 1) / self.rate;
        let wait = i64::try_from(wait).unwrap_or(i64::MAX);
        BatchTime::from_millis(self.at.saturating_add(wait))
    }
}

impl RateLimiter {
    /// A limiter for `rate` records per second, which must not be zero.
    pub fn new(rate: u64, clock: Arc<dyn Clock>) -> RateLimiter {
        let bucket = Bucket {
            rate: i128::from(rate),
            tokens: 0,
            at: clock.now(),
        };
        RateLimiter {
            clock,
            bucket: Lock::new(bucket),
        }
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        let mut bucket = self.bucket.lock();
        bucket.refill(self.clock.now());
        bucket
    }

    /// The number of records that may pass now.
    pub(crate) fn ready(&self) -> u64 {
        self.bucket().ready()
    }

    /// Notes that records have passed.
    pub(crate) fn spend(&self, records: u64) {
        self.bucket().tokens -= i128::from(records) * TOKEN;
    }

    /// Waits until a record may pass, `latest` has come or `interrupted` holds; says whether a
    /// record may pass.
    pub fn wait(&self, latest: BatchTime, interrupted: &dyn Fn() -> bool) -> bool {
        let next = self.bucket().next().min(latest);
        self.clock.wait_until(next, interrupted);
        self.ready() > 0
    }

    /// Lets one record pass, as soon as it may or `interrupted` holds.
    pub(crate) fn pass(&self, interrupted: &dyn Fn() -> bool) {
        loop {
            let next = {
                let mut bucket = self.bucket();
                if bucket.ready() > 0 || interrupted() {
                    bucket.tokens -= TOKEN;
                    return;
                }
                bucket.next()
            };
            self.clock.wait_until(next, interrupted);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use millrace_types::Duration;
    use proptest::prelude::*;

    use super::*;
    use crate::clock::ManualClock;

    fn limiter(rate: u64) -> (RateLimiter, ManualClock) {
        let clock = ManualClock::new();
        (RateLimiter::new(rate, Arc::new(clock.clone())), clock)
    }

    proptest! {
        /// A caller that always wants more gets the rate, evenly: one record at the start, and
        /// then each one when it is due.
        #[test]
        fn the_rate_is_met_and_kept(
            rate in 1_u64..5000, steps in prop::collection::vec(0_i64..300, 1..40),
        ) {
            let (limiter, clock) = limiter(rate);
            let (mut passed, mut now) = (0, 0);
            for step in steps {
                // More than a second would fill the bucket and spill.
                clock.advance(Duration::milliseconds(step));
                now += step as u64;
                while limiter.ready() > 0 {
                    limiter.pass(&|| false);
                    passed += 1;
                }
                prop_assert_eq!(passed, now * rate / 1000 + 1);
            }
        }

        /// Between any two moments, whatever the pauses, no more records pass than the time
        /// between them brings, and a second's worth, and one.
        #[test]
        fn a_pause_saves_up_a_second_and_no_more(
            rate in 1_u64..2000,
            steps in prop::collection::vec((0_i64..5000, 0_u64..3000), 1..20),
        ) {
            let (limiter, clock) = limiter(rate);
            let (mut now, mut passed) = (0, vec![(0, 0)]);
            for (pause, wanted) in steps {
                clock.advance(Duration::milliseconds(pause));
                now += pause as u64;
                let count = wanted.min(limiter.ready());
                limiter.spend(count);
                passed.push((now, count));
                for (start, from) in passed.iter().map(|&(time, _)| time).enumerate() {
                    let since: u64 = passed[start..].iter().map(|&(_, count)| count).sum();
                    prop_assert!(since <= rate * (now - from) / 1000 + rate + 1);
                }
            }
        }
    }

    #[test]
    fn a_thread_waits_for_its_turn_on_the_clock() {
        let (limiter, clock) = limiter(2);
        let (send, passed) = channel();
        thread::scope(|scope| {
            let limiter = &limiter;
            scope.spawn(move || {
                for number in 0..4 {
                    limiter.pass(&|| false);
                    send.send(number).unwrap();
                }
            });
            assert_eq!(passed.recv(), Ok(0), "the first one is free");
            for number in 1..4 {
                clock.advance(Duration::milliseconds(499));
                assert!(passed.try_recv().is_err(), "the next is a millisecond away");
                clock.advance(Duration::milliseconds(1));
                assert_eq!(passed.recv(), Ok(number));
            }
        });
    }

    #[test]
    fn who_is_interrupted_does_not_wait() {
        let (limiter, _clock) = limiter(1);
        for _ in 0..3 {
            limiter.pass(&|| true);
        }
        assert_eq!(limiter.ready(), 0);
        assert!(!limiter.wait(BatchTime::from_millis(i64::MAX), &|| true));
        assert!(!limiter.wait(BatchTime::from_millis(0), &|| false));
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nobody() {
        let (limiter, clock) = limiter(10);
        clock.advance(Duration::seconds(7200));
        limiter.spend(limiter.ready());
        clock.set(Duration::seconds(-3600));
        assert_eq!(limiter.ready(), 0);
        clock.advance(Duration::milliseconds(100));
        assert_eq!(limiter.ready(), 1);
    }

    #[test]
    fn the_largest_rate_is_a_rate() {
        let (limiter, clock) = limiter(i64::MAX as u64);
        limiter.spend(u64::MAX);
        clock.advance(Duration::seconds(10));
        assert!(limiter.ready() > 1_000_000);
    }
}
