//! The reading side of a receiver's connection, which a stop closes.
//!
//! A stop may come at any moment, also while the connection is being made. In every case the
//! bytes that the kernel has received are read, and none are waited for: closing the reading
//! side ends the stream behind them. Nothing is lost silently by a stop.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use millrace_types::{Lock, Wakeup};

/// The connection of one receiver, which its own thread reads and any thread may end.
#[derive(Default)]
pub(super) struct ReadingSide {
    state: Lock<State>,
    closed: Wakeup,
}

#[derive(Default)]
struct State {
    closed: bool,
    connection: Option<TcpStream>,
}

impl State {
    fn shut(&self) {
        if let Some(connection) = &self.connection {
            // A connection that is gone needs no waking.
            drop(connection.shutdown(Shutdown::Read));
        }
    }
}

impl ReadingSide {
    /// Begins anew, after an end that another start of the receiver follows.
    pub(super) fn open(&self) {
        *self.state.lock() = State::default();
    }

    /// Takes `connection`, which a stop ends from now on. If the stop was there first, it ends
    /// behind the bytes that the kernel has received.
    ///
    /// # Errors
    /// If the system has no second handle for the connection.
    pub(super) fn hold(&self, connection: &TcpStream) -> io::Result<()> {
        let connection = connection.try_clone()?;
        let mut state = self.state.lock();
        state.connection = Some(connection);
        if state.closed {
            state.shut();
        }
        Ok(())
    }

    /// Lets go of the connection, which has ended.
    pub(super) fn release(&self) {
        self.state.lock().connection = None;
    }

    /// Ends the connection, and every later one, behind what the kernel has received.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.shut();
        self.closed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Waits until a stop comes, `patience` at most; true if it came.
    pub(super) fn wait_closed(&self, patience: Duration) -> bool {
        let state = self.state.lock();
        let waited = self
            .closed
            .wait_timeout_while(state, patience, |state| !state.closed);
        waited.0.closed
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A connection on which `sent` has been received, and its sender, which stays.
    fn connection(sent: &[u8]) -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        // An end that does not come must fail a test, not hang it.
        let patience = Some(Duration::from_secs(60));
        receiver.set_read_timeout(patience).unwrap();
        let mut sender = listener.accept().unwrap().0;
        sender.write_all(sent).unwrap();
        while receiver.peek(&mut vec![0; sent.len()]).unwrap() < sent.len() {}
        (receiver, sender)
    }

    fn rest(mut connection: TcpStream) -> String {
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_connection_ends_behind_what_was_received() {
        let (receiver, _sender) = connection(b"a\nb\n");
        let side = ReadingSide::default();
        side.hold(&receiver).unwrap();
        side.close();
        assert_eq!(rest(receiver), "a\nb\n");
    }

    #[test]
    fn a_connection_that_was_made_while_a_stop_came_ends_behind_what_was_received() {
        let (receiver, _sender) = connection(b"a\nb\n");
        let side = ReadingSide::default();
        side.close();
        side.hold(&receiver).unwrap();
        assert_eq!(rest(receiver), "a\nb\n");
    }

    #[test]
    fn a_side_that_is_opened_again_holds_its_connection() {
        let (receiver, mut sender) = connection(b"a\n");
        let side = ReadingSide::default();
        side.close();
        side.open();
        side.hold(&receiver).unwrap();
        assert!(!side.is_closed());
        sender.write_all(b"b\n").unwrap();
        drop(sender);
        assert_eq!(rest(receiver), "a\nb\n");
    }
}
