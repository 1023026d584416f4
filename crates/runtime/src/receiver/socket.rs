//! The socket text receiver: a TCP client that never gives up.
//!
//! As Spark's: the program connects to the sender, on whichever of the host's addresses
//! answers; a connection that is refused, reset or ended is tried again after a delay, for
//! ever, while batches go on. A line on standard error is written once per
//! change and not once per try, and for what changes again and again at growing intervals.

use std::io::{self, Read};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use millrace_engine::durable::StoreError;
use millrace_types::BatchTime;

use crate::clock::Clock;

use super::block_generator::BlockGenerator;
use super::counts::InputCounters;
use super::dialer::{Dialer, NotDialed, address};
use super::ingest::Ingest;
use super::pace::PacedLines;
use super::rate::RateLimiter;
use super::reading_side::ReadingSide;
use super::reports::{BY_DRIVER, Reports};
use super::surroundings::{ReceiverSettings, Surroundings};
use super::voice::{Voice, broken, closed};

/// The number of bytes that are still read when a stop is asked for: about what a kernel
/// buffers. A sender that goes on sending does not keep the program from ending.
const READ_AFTER_STOP: usize = 16 << 20;

/// The address that a socket receiver connects to, and its longest line.
#[derive(Debug, Clone)]
pub struct SocketSettings {
    /// The host, by name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `millrace.receiver.maxLineBytes`.
    pub max_line: usize,
}

/// Receives the lines of one socket.
pub struct SocketReceiver {
    socket: SocketSettings,
    address: String,
    settings: ReceiverSettings,
    blocks: Arc<BlockGenerator>,
    reports: Reports,
    voice: Voice,
    dialer: Dialer,
    counters: Arc<InputCounters>,
    clock: Arc<dyn Clock>,
    limiter: Option<RateLimiter>,
    reading: ReadingSide,
}

/// Why a connection was left.
enum End {
    Stopped,
    /// The sender closed it.
    Closed,
    /// The connection broke.
    Broken(io::Error),
    /// The connection could not be made.
    Refused(io::Error),
}

impl SocketReceiver {
    /// A receiver that stores the lines of `socket` in `blocks`.
    pub fn new(
        socket: SocketSettings,
        blocks: Arc<BlockGenerator>,
        surroundings: Surroundings,
    ) -> SocketReceiver {
        let reports = surroundings.reports("SocketReceiver");
        let Surroundings {
            settings,
            limiter,
            dialer,
            counters,
            clock,
            ..
        } = surroundings;
        SocketReceiver {
            address: address(&socket.host, socket.port),
            voice: Voice::new(settings.stream, Arc::clone(&clock)),
            socket,
            settings,
            blocks,
            reports,
            dialer,
            counters,
            clock,
            limiter,
            reading: ReadingSide::default(),
        }
    }

    fn connect_and_receive(&self) -> End {
        match self.connect() {
            Ok(Some(connection)) => {
                if self.voice.is_well() {
                    let line = format!("connected to {}", self.address);
                    self.voice.say("connected", line);
                }
                self.receive(&connection)
            }
            Ok(None) => End::Stopped,
            // The run stops with an error, which says why.
            Err(NotDialed { ends_run: true, .. }) => End::Stopped,
            Err(NotDialed { error, .. }) => End::Refused(error),
        }
    }

    /// The rest of a line that a broken connection leaves may be half of a word (Spark 3.5 drops
    /// it too).
    fn drop_unfinished(&self) {
        let bytes = self.blocks.seal_whole();
        if bytes > 0 {
            self.counters.unfinished_dropped(bytes);
            self.voice.dropped(&self.address, "line", bytes);
        }
    }

    /// A connection that is known to `stop`; `None` if a stop came before it was tried.
    fn connect(&self) -> Result<Option<TcpStream>, NotDialed> {
        let SocketSettings { host, port, .. } = &self.socket;
        let stopped = || self.reading.is_closed();
        let Some(connection) = self.dialer.dial(host, *port, stopped)? else {
            return Ok(None);
        };
        self.prepare(&connection).map_err(|error| NotDialed {
            error,
            ends_run: false,
        })?;
        Ok(Some(connection))
    }

    fn prepare(&self, connection: &TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(self.settings.block_interval))?;
        self.reading.hold(connection)
    }

    fn receive(&self, mut connection: &TcpStream) -> End {
        let mut sealed = Instant::now();
        let mut after_stop = 0;
        let mut cut_lines = 0;
        let mut pace = self.limiter.as_ref().map(PacedLines::new);
        let stopped = || self.reading.is_closed();
        loop {
            if sealed.elapsed() >= self.settings.block_interval {
                self.blocks.seal();
                sealed = Instant::now();
            }
            if let Some(pace) = &pace
                && !stopped()
                && !pace.wait(self.next_seal(), &stopped)
            {
                continue;
            }
            // Waits outside the lock that the tick needs; the read below then has something.
            let ahead = pace.as_ref().is_some_and(PacedLines::has_more);
            let waited = if ahead {
                Ok(1)
            } else {
                connection.peek(&mut [0])
            };
            match waited {
                Ok(_) => {}
                Err(error) if is_pause(&error) => {
                    if self.reading.is_closed() {
                        return End::Stopped;
                    }
                    continue;
                }
                Err(error) => return self.failed(error),
            }
            let all = pace.is_some() && stopped();
            let read = self.blocks.fill(|spare| match &mut pace {
                None => connection.read(spare),
                Some(pace) => pace.read(connection, spare, all),
            });
            match read {
                Ok(0) if self.reading.is_closed() => return End::Stopped,
                Ok(0) => return End::Closed,
                Ok(count) if self.reading.is_closed() => {
                    after_stop += count;
                    if after_stop > READ_AFTER_STOP {
                        return End::Stopped;
                    }
                }
                Ok(_) => {}
                Err(error) if is_pause(&error) => {}
                Err(error) => return self.failed(error),
            }
            let cut = self.blocks.take_cut_lines();
            if cut > 0 {
                self.counters.lines_cut(cut);
                if cut_lines == 0 {
                    self.say_cut();
                }
                cut_lines += cut;
            }
        }
    }

    /// Once a connection: how often it happened is in the summary.
    fn say_cut(&self) {
        let (address, limit) = (&self.address, self.socket.max_line);
        let line = format_args!(
            "a line of {address} is longer than millrace.receiver.maxLineBytes ({limit}) and was \
             cut there: what follows is a line of its own; nothing was dropped"
        );
        self.voice.say("cut", line);
    }

    fn next_seal(&self) -> BatchTime {
        let interval = i64::try_from(self.settings.block_interval.as_millis());
        let interval = interval.unwrap_or(i64::MAX);
        BatchTime::from_millis(self.clock.now().saturating_add(interval))
    }

    fn failed(&self, error: io::Error) -> End {
        if self.reading.is_closed() {
            return End::Stopped;
        }
        End::Broken(error)
    }
}

impl Ingest for SocketReceiver {
    /// Asks the receiver to end. Bytes that the kernel has received already are still read.
    fn stop(&self) {
        self.reading.close();
        // Nor does it wait for its rate any more.
        self.clock.wake();
    }

    /// Receives until it is stopped, or until the stream has ended if it can end. Runs on the
    /// receiver's own thread; true if the stream has ended by itself.
    fn run(&self) -> bool {
        let ended = loop {
            self.reports.started();
            let end = self.connect_and_receive();
            self.reading.release();
            let last_end = self.settings.last_end;
            let (is_last, message) = match &end {
                End::Stopped => (false, String::new()),
                End::Closed => (last_end.at_close(), closed(&self.address)),
                End::Broken(error) => (last_end.at_error(error), broken(&self.address, error)),
                End::Refused(error) => (false, error.to_string()),
            };
            match end {
                End::Broken(_) => self.drop_unfinished(),
                _ => self.blocks.seal_all(),
            }
            if is_last || matches!(end, End::Stopped) {
                break is_last;
            }
            let delay = self.settings.restart_delay;
            self.reports.restarts(delay, &message, "");
            let line = format!("{message}; trying again every {delay:?} until it answers");
            self.voice.trouble(&message, line);
            if self.reading.wait_closed(delay) {
                break false;
            }
        };
        self.voice.end();
        self.reports.stopped(if ended {
            "The stream has ended"
        } else {
            BY_DRIVER
        });
        ended
    }

    fn seal(&self) {
        self.blocks.seal();
    }

    fn restore(&self, written: &[u8]) -> Result<(), StoreError> {
        self.blocks.restore(written)
    }
}

/// The read had nothing to read within its time, or was interrupted: nothing is wrong. (A
/// sender that has vanished is `TimedOut`.)
fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, WouldBlock};
    matches!(error.kind(), Interrupted | WouldBlock)
}
