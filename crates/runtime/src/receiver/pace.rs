//! Lines of a socket at the rate that is allowed: `spark.streaming.receiver.maxRate` counts
//! records, and those of a socket of lines are only known by their ends.
//!
//! A little is read ahead, and bytes are handed on up to the last line end that may pass. What
//! stays unread fills the kernel's buffers, and TCP slows the sender.

use std::io::{self, ErrorKind, Read};

use millrace_text::{LineByte, LineScanner};
use millrace_types::BatchTime;

use super::rate::RateLimiter;

/// The number of bytes that are read ahead.
const AHEAD: usize = 16 << 10;

/// Hands on what a connection brings, line by line as the limiter allows.
pub(super) struct PacedLines<'a> {
    limiter: &'a RateLimiter,
    ahead: Vec<u8>,
    /// The number of bytes of it that have been handed on.
    from: usize,
    /// The scanner of the bytes that have been handed on.
    scanner: LineScanner,
}

impl<'a> PacedLines<'a> {
    pub(super) fn new(limiter: &'a RateLimiter) -> PacedLines<'a> {
        PacedLines {
            limiter,
            ahead: Vec::new(),
            from: 0,
            scanner: LineScanner::default(),
        }
    }

    /// True if there is something that was read ahead.
    pub(super) fn has_more(&self) -> bool {
        self.from < self.ahead.len()
    }

    /// Waits until a line may pass, `latest` has come or `interrupted` holds; says whether one
    /// may.
    pub(super) fn wait(&self, latest: BatchTime, interrupted: &dyn Fn() -> bool) -> bool {
        self.limiter.wait(latest, interrupted)
    }

    /// Reads into `into` what may pass now: everything if `all`.
    pub(super) fn read(
        &mut self,
        mut source: impl Read,
        into: &mut [u8],
        all: bool,
    ) -> io::Result<usize> {
        let mut allowed = if all { u64::MAX } else { self.limiter.ready() };
        if allowed == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        if !self.has_more() {
            self.ahead.resize(AHEAD, 0);
            self.from = 0;
            let read = source.read(&mut self.ahead);
            self.ahead.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        let mut lines = 0;
        let mut count = 0;
        for &byte in self.ahead[self.from..].iter().take(into.len()) {
            let mut scanner = self.scanner;
            let seen = scanner.see(byte);
            if allowed == 0 && seen != LineByte::EndOfPair {
                break;
            }
            if seen == LineByte::End {
                allowed -= 1;
                lines += 1;
            }
            self.scanner = scanner;
            into[count] = byte;
            count += 1;
        }
        self.from += count;
        self.limiter.spend(lines);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use millrace_types::Duration;
    use proptest::prelude::*;

    use super::*;
    use crate::clock::ManualClock;

    /// Counts the lines that have ended, one byte after the other, as the rule is written.
    fn ended(bytes: &[u8]) -> u64 {
        let before = [0].iter().chain(bytes);
        let ends = before
            .zip(bytes)
            .filter(|&(&before, &byte)| byte == b'\r' || byte == b'\n' && before != b'\r');
        ends.count() as u64
    }

    proptest! {
        #[test]
        fn all_bytes_pass_and_lines_only_when_they_may(
            pieces in prop::collection::vec(
                prop::sample::select(vec![&b"\n"[..], b"\r", b"\r\n", b"line", b"\n\r"]), 0..40),
            rate in 1_u64..20,
            room in 1_usize..30,
            at_once in 1_usize..30,
        ) {
            let input = pieces.concat();
            let clock = ManualClock::new();
            let limiter = RateLimiter::new(rate, Arc::new(clock.clone()));
            let mut pace = PacedLines::new(&limiter);
            let (mut source, mut passed, mut now) = (input.as_slice(), Vec::new(), 0);
            while passed.len() < input.len() {
                let mut into = vec![0; room];
                match pace.read((&mut source).take(at_once as u64), &mut into, false) {
                    Ok(count) => {
                        prop_assert!(count > 0, "a read of nothing looks like the end");
                        passed.extend(&into[..count]);
                    }
                    Err(error) => {
                        prop_assert_eq!(error.kind(), ErrorKind::WouldBlock);
                        clock.advance(Duration::milliseconds(50));
                        now += 50;
                    }
                }
                prop_assert!(ended(&passed) <= rate * now / 1000 + 1);
            }
            prop_assert_eq!(&passed, &input);
            prop_assert!(now * rate <= 1000 * ended(&input) + 50 * rate, "nobody waits for more");
            let end = pace.read(io::empty(), &mut [0; 8], true);
            prop_assert_eq!(end.unwrap(), 0);
        }
    }

    #[test]
    fn who_stops_reads_what_is_there() {
        let clock = ManualClock::new();
        let limiter = RateLimiter::new(1, Arc::new(clock));
        let mut pace = PacedLines::new(&limiter);
        let (mut source, mut into) = (&b"a\nb\nc\n"[..], [0; 64]);
        assert_eq!(pace.read(&mut source, &mut into, false).unwrap(), 2);
        assert!(pace.has_more());
        assert_eq!(pace.read(&mut source, &mut into, true).unwrap(), 4);
        assert!(!pace.has_more());
    }
}
