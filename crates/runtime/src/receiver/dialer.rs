//! Connections to senders: on whichever address of a host answers, asked now and then whether
//! the other end is still there.
//!
//! Nobody answering is no error for as long as nobody says so: then a run that waits for a
//! sender in vain ends (`millrace.receiver.connectTimeout`).

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use millrace_engine::error::Error;
use millrace_types::{Host, Lock, keys, reason};
use socket2::{SockRef, TcpKeepalive};

use crate::clock::Clock;

/// The longest that one address may take to answer.
const ONE_ADDRESS: Duration = Duration::from_secs(5);

/// The number of times that a silent sender is asked, and does not answer, before it counts as
/// gone.
const UNANSWERED_PROBES: u32 = 3;

/// Ends the run with an error.
pub type Fail = Arc<dyn Fn(Error) + Send + Sync>;

/// The settings with which connections are made.
#[derive(Debug, Clone, Copy)]
pub struct DialSettings {
    /// `millrace.receiver.connectTimeout`; none: for ever.
    pub timeout: Option<Duration>,
    /// `millrace.receiver.keepAlive`; none: a silent sender is never asked.
    pub keep_alive: Option<Duration>,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct NotDialed {
    pub(super) error: io::Error,
    /// The run ends by this: nobody is to try again, or to say so.
    pub(super) ends_run: bool,
}

/// Makes the connections of one receiver.
pub struct Dialer {
    settings: DialSettings,
    clock: Arc<dyn Clock>,
    fail: Fail,
    /// Since when nobody has answered, in milliseconds of the time that passes: a clock that is
    /// set is nobody's silence.
    unanswered: Lock<Option<i64>>,
}

impl Dialer {
    /// A dialer that waits by `clock` and hands the errors that end a run to `fail`.
    pub fn new(settings: DialSettings, clock: Arc<dyn Clock>, fail: Fail) -> Dialer {
        Dialer {
            settings,
            clock,
            fail,
            unanswered: Lock::default(),
        }
    }

    /// A connection on the first address of the host that answers; none if `stopped` held before
    /// one was tried. A host that can never be one ends the run, and so does a try that fails
    /// when nobody has answered for too long.
    pub(super) fn dial(
        &self,
        host: &str,
        port: u16,
        stopped: impl Fn() -> bool,
    ) -> Result<Option<TcpStream>, NotDialed> {
        let host = Host::parse(host).map_err(|error| {
            (self.fail)(Error::config(&error));
            NotDialed {
                error: io::Error::new(io::ErrorKind::InvalidInput, error),
                ends_run: true,
            }
        })?;
        let now = self.clock.reading().steady;
        let since = *self.unanswered.lock().get_or_insert(now);
        let address = host.with_port(port);
        let dialed = self.dial_each(&host, port, stopped);
        if let Ok(Some(_)) = &dialed {
            *self.unanswered.lock() = None;
        }
        dialed.map_err(|error| {
            let ends_run = self.gives_up(since, &address, &error);
            let what = format!("cannot connect to {address}: {}", reason(&error));
            let error = io::Error::new(error.kind(), what);
            NotDialed { error, ends_run }
        })
    }

    fn dial_each(
        &self,
        host: &Host,
        port: u16,
        stopped: impl Fn() -> bool,
    ) -> io::Result<Option<TcpStream>> {
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        let patience = ONE_ADDRESS.min(self.settings.timeout.unwrap_or(ONE_ADDRESS));
        for address in (host.as_str(), port).to_socket_addrs()? {
            if stopped() {
                return Ok(None);
            }
            match TcpStream::connect_timeout(&address, patience) {
                Ok(connection) => {
                    self.keep_alive(&connection)?;
                    return Ok(Some(connection));
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Has the system ask a silent sender whether it is there, for half of the time again.
    fn keep_alive(&self, connection: &TcpStream) -> io::Result<()> {
        let Some(silence) = self.settings.keep_alive else {
            return Ok(());
        };
        let whole_seconds = |length: Duration| length.max(Duration::from_secs(1));
        let keep_alive = TcpKeepalive::new()
            .with_time(whole_seconds(silence))
            .with_interval(whole_seconds(silence / (2 * UNANSWERED_PROBES)))
            .with_retries(UNANSWERED_PROBES);
        SockRef::from(connection).set_tcp_keepalive(&keep_alive)
    }

    /// Ends the run if nobody has answered for too long; says whether it did.
    fn gives_up(&self, since: i64, address: &str, error: &io::Error) -> bool {
        let Some(timeout) = self.settings.timeout else {
            return false;
        };
        let waited = self.clock.reading().steady.saturating_sub(since);
        let is_over = u128::try_from(waited).is_ok_and(|waited| waited >= timeout.as_millis());
        if is_over {
            let key = keys::CONNECT_TIMEOUT;
            let doing = format!("nobody has answered at {address} for {timeout:?} ({key})");
            let why = io::Error::new(error.kind(), reason(error));
            (self.fail)(Error::io(doing, why));
        }
        is_over
    }
}

/// Host and port as they are written together.
pub(super) fn address(host: &str, port: u16) -> String {
    match Host::parse(host) {
        Ok(host) => host.with_port(port),
        Err(_) => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv6Addr, TcpListener};
    use std::sync::mpsc::{Receiver, channel};

    use millrace_types::Duration as Millis;

    use crate::clock::ManualClock;

    use super::*;

    const NEVER: DialSettings = DialSettings {
        timeout: None,
        keep_alive: None,
    };

    fn dialer(settings: DialSettings) -> (Dialer, ManualClock, Receiver<Error>) {
        let clock = ManualClock::new();
        let (send, failures) = channel();
        let send = Lock::new(send);
        let fail = move |error| send.lock().send(error).unwrap();
        let dialer = Dialer::new(settings, Arc::new(clock.clone()), Arc::new(fail));
        (dialer, clock, failures)
    }

    /// A port at which nobody listens, as long as the socket lives.
    fn refusing() -> (socket2::Socket, u16) {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let socket = socket.unwrap();
        let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any.into()).unwrap();
        let port = socket.local_addr().unwrap().as_socket().unwrap().port();
        (socket, port)
    }

    #[test]
    fn nobody_answering_for_too_long_ends_the_run_and_no_sooner() {
        let timeout = Some(Duration::from_secs(10));
        let (dialer, clock, failures) = dialer(DialSettings { timeout, ..NEVER });
        let (_held, port) = refusing();
        let refused = || dialer.dial("127.0.0.1", port, || false).unwrap_err();
        for _ in 0..10 {
            let NotDialed { error, ends_run } = refused();
            assert!(!ends_run);
            let message = error.to_string();
            assert!(message.starts_with(&format!("cannot connect to 127.0.0.1:{port}: ")));
            assert!(failures.try_recv().is_err(), "the time is not over");
            clock.advance(Millis::milliseconds(999));
        }
        // Somebody answers, and the time begins anew.
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = server.local_addr().unwrap().port();
        assert!(dialer.dial("127.0.0.1", open, || false).unwrap().is_some());
        clock.advance(Millis::seconds(9));
        refused();
        clock.advance(Millis::seconds(9));
        refused();
        assert!(failures.try_recv().is_err());
        clock.advance(Millis::seconds(1));
        assert!(
            refused().ends_run,
            "nobody is to say that it is tried again"
        );
        let error = failures.try_recv().unwrap().to_string();
        let says = format!(
            "nobody has answered at 127.0.0.1:{port} for 10s (millrace.receiver.connectTimeout)"
        );
        assert!(error.starts_with(&says), "{error}");
    }

    #[test]
    fn without_a_timeout_nobody_gives_up() {
        let (dialer, clock, failures) = dialer(NEVER);
        let (_held, port) = refusing();
        for _ in 0..10 {
            dialer.dial("127.0.0.1", port, || false).unwrap_err();
            clock.advance(Millis::minutes(100_000));
        }
        assert!(failures.try_recv().is_err());
    }

    #[test]
    fn a_clock_that_is_set_neither_ends_the_patience_nor_prolongs_it() {
        let timeout = Some(Duration::from_secs(10));
        let (dialer, clock, failures) = dialer(DialSettings { timeout, ..NEVER });
        let (_held, port) = refusing();
        let refused = || dialer.dial("127.0.0.1", port, || false).unwrap_err();
        refused();
        clock.set(Millis::minutes(60));
        assert!(!refused().ends_run);
        clock.set(Millis::minutes(-600));
        clock.advance(Millis::seconds(10));
        assert!(refused().ends_run);
        assert!(failures.try_recv().is_ok());
    }

    #[test]
    fn a_host_that_can_never_be_one_ends_the_run_at_once() {
        let (dialer, _clock, failures) = dialer(NEVER);
        for host in [
            "",
            "a b",
            "tcp://localhost",
            "localhost:80",
            "ho*st",
            "256.1.1.1",
        ] {
            let refused = dialer.dial(host, 1, || false).unwrap_err();
            assert_eq!(refused.error.kind(), io::ErrorKind::InvalidInput);
            assert!(refused.ends_run);
            let error = failures.try_recv().unwrap().to_string();
            assert!(error.contains(&format!("'{host}'")), "{error}");
        }
    }

    #[test]
    fn an_address_in_brackets_is_an_address() {
        let Ok(server) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
            eprintln!("skipped: this machine has no ::1");
            return;
        };
        let port = server.local_addr().unwrap().port();
        let (dialer, _clock, _failures) = dialer(NEVER);
        assert!(dialer.dial("[::1]", port, || false).unwrap().is_some());
    }

    #[test]
    fn a_silent_sender_is_asked_unless_that_is_off() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let kept = |keep_alive: Option<u64>| {
            let keep_alive = keep_alive.map(Duration::from_secs);
            let (dialer, _clock, _failures) = dialer(DialSettings {
                keep_alive,
                ..NEVER
            });
            dialer.dial("127.0.0.1", port, || false).unwrap().unwrap()
        };
        assert!(!SockRef::from(&kept(None)).keepalive().unwrap());
        for (silence, interval) in [(60, 10), (3600, 600), (2, 1)] {
            let connection = kept(Some(silence));
            let socket = SockRef::from(&connection);
            assert!(socket.keepalive().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap().as_secs(), silence);
            assert_eq!(socket.tcp_keepalive_interval().unwrap().as_secs(), interval);
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), UNANSWERED_PROBES);
        }
    }
}
