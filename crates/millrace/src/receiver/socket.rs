//! The socket text receiver: a TCP client that never gives up.
//!
//! As Spark's: the program connects to the sender, on whichever of the host's addresses
//! answers; a connection that is refused, reset or ended is tried again after a delay, for
//! ever, while batches go on. What is said on standard error is said once a
//! change and not once a try, and what changes again and again is said at growing intervals.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use millrace_types::{BatchTime, StreamId};

use crate::clock::Clock;
use crate::listener::ListenerBus;

use super::block_generator::BlockGenerator;
use super::connect::connect;
use super::pace::Pace;
use super::rate::RateLimiter;
use super::reports::{BY_DRIVER, Reports};
use super::voice::Voice;

/// What is still read when a stop is asked for: about what a kernel buffers. A sender that goes
/// on sending does not keep the program from ending.
const READ_AFTER_STOP: usize = 16 << 20;

/// How a socket receiver behaves.
#[derive(Debug, Clone)]
pub(crate) struct SocketSettings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) stream: StreamId,
    /// `spark.streaming.blockInterval`.
    pub(crate) block_interval: Duration,
    /// `spark.streaming.receiverRestartDelay`.
    pub(crate) restart_delay: Duration,
    /// `millrace.stopAtEof`: the end of a connection is the end of the stream.
    pub(crate) ends_at_eof: bool,
    /// `millrace.receiver.maxLineBytes`, for what is said of a longer line.
    pub(crate) max_line: usize,
}

/// The part of a receiver that others may touch: how it is told to stop.
pub(crate) struct SocketReceiver {
    settings: SocketSettings,
    blocks: Arc<BlockGenerator>,
    reports: Reports,
    voice: Voice,
    clock: Arc<dyn Clock>,
    /// `spark.streaming.receiver.maxRate`, if there is one.
    limiter: Option<RateLimiter>,
    control: Mutex<Control>,
    stop: Condvar,
}

#[derive(Default)]
struct Control {
    stopped: bool,
    connection: Option<TcpStream>,
}

/// Why a connection was left.
enum End {
    Stopped,
    /// The sender closed it.
    Eof,
    /// It could not be made, or it broke.
    Failed(String),
}

impl SocketReceiver {
    pub(crate) fn new(
        settings: SocketSettings,
        blocks: Arc<BlockGenerator>,
        listeners: Arc<ListenerBus>,
        clock: Arc<dyn Clock>,
        limiter: Option<RateLimiter>,
    ) -> SocketReceiver {
        let (control, stop) = (Mutex::default(), Condvar::new());
        let reports = Reports {
            stream: settings.stream,
            name: format!("SocketReceiver-{}", settings.stream.0),
            listeners,
            clock: Arc::clone(&clock),
        };
        SocketReceiver {
            voice: Voice::new(settings.stream, Arc::clone(&clock)),
            settings,
            blocks,
            reports,
            clock,
            limiter,
            control,
            stop,
        }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the receiver to end. What the kernel has received already is still read.
    pub(crate) fn stop(&self) {
        let mut control = self.control();
        control.stopped = true;
        if let Some(connection) = &control.connection {
            // A connection that is gone needs no waking.
            drop(connection.shutdown(Shutdown::Read));
        }
        self.stop.notify_all();
        drop(control);
        // Nor does it wait for its rate any more.
        self.clock.wake();
    }

    /// Receives until it is stopped, or until the stream has ended if it can end. Runs on the
    /// receiver's own thread; says whether the stream has ended by itself.
    pub(crate) fn run(&self) -> bool {
        let ended = loop {
            self.reports.started();
            let end = match self.connect() {
                Ok(Some(connection)) => {
                    if self.voice.is_well() {
                        let line = format!("connected to {}", self.address());
                        self.voice.say("connected", line);
                    }
                    self.receive(&connection)
                }
                Ok(None) => End::Stopped,
                Err(error) => End::Failed(format!("cannot connect to {}: {error}", self.address())),
            };
            self.control().connection = None;
            self.blocks.seal_all();
            let message = match end {
                End::Stopped => break false,
                End::Eof if self.settings.ends_at_eof => break true,
                End::Eof => format!("{} has closed the connection", self.address()),
                End::Failed(message) => message,
            };
            let delay = self.settings.restart_delay;
            self.reports.restarts(delay, &message, "");
            let line = format!("{message}; trying again every {delay:?} until it answers");
            self.voice.trouble(&message, line);
            if self.pause() {
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

    fn address(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// Waits for the restart delay; says whether a stop came.
    fn pause(&self) -> bool {
        let delay = self.settings.restart_delay;
        let waiting = self
            .stop
            .wait_timeout_while(self.control(), delay, |c| !c.stopped);
        waiting.unwrap_or_else(PoisonError::into_inner).0.stopped
    }

    /// A connection that is known to `stop`; `None` if a stop came.
    fn connect(&self) -> io::Result<Option<TcpStream>> {
        let SocketSettings { host, port, .. } = &self.settings;
        let stopped = || self.control().stopped;
        let Some(connection) = connect(host, *port, stopped)? else {
            return Ok(None);
        };
        connection.set_read_timeout(Some(self.settings.block_interval))?;
        let mut control = self.control();
        control.connection = Some(connection.try_clone()?);
        Ok((!control.stopped).then_some(connection))
    }

    fn receive(&self, mut connection: &TcpStream) -> End {
        let mut sealed = Instant::now();
        let mut after_stop = 0;
        let mut pace = self.limiter.as_ref().map(Pace::new);
        let stopped = || self.control().stopped;
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
            let ahead = pace.as_ref().is_some_and(Pace::has_more);
            let waited = if ahead {
                Ok(1)
            } else {
                connection.peek(&mut [0])
            };
            match waited {
                Ok(_) => {}
                Err(error) if is_pause(&error) => {
                    if self.control().stopped {
                        return End::Stopped;
                    }
                    continue;
                }
                Err(error) => return self.failed(&error),
            }
            let all = pace.is_some() && stopped();
            let read = self.blocks.fill(|spare| match &mut pace {
                None => connection.read(spare),
                Some(pace) => pace.read(connection, spare, all),
            });
            match read {
                Ok(0) if self.control().stopped => return End::Stopped,
                Ok(0) => return End::Eof,
                Ok(count) if self.control().stopped => {
                    after_stop += count;
                    if after_stop > READ_AFTER_STOP {
                        return End::Stopped;
                    }
                }
                Ok(_) => {}
                Err(error) if is_pause(&error) => {}
                Err(error) => return self.failed(&error),
            }
            let cut = self.blocks.take_cut_lines();
            if cut > 0 {
                let limit = self.settings.max_line;
                let line = format!(
                    "a line is longer than millrace.receiver.maxLineBytes ({limit}) and was cut \
                     there: what follows is a line of its own; nothing was dropped"
                );
                self.voice.say("cut", line);
            }
        }
    }

    fn next_seal(&self) -> BatchTime {
        let interval = i64::try_from(self.settings.block_interval.as_millis());
        let interval = interval.unwrap_or(i64::MAX);
        BatchTime::from_millis(self.clock.now().saturating_add(interval))
    }

    fn failed(&self, error: &io::Error) -> End {
        if self.control().stopped {
            return End::Stopped;
        }
        End::Failed(format!(
            "the connection to {} broke: {error}",
            self.address()
        ))
    }
}

/// The read timed out or was interrupted: nothing is wrong.
fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}
