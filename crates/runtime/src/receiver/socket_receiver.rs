//! Sockets that a program's function, or a framing, makes records of.
//!
//! They are [`Receiver`]s like a program's own: one thread connects, and reads until the
//! connection ends; then it is tried again, as with a socket of lines. Stopping closes the
//! reading side, so that what the kernel has received already is still read.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use millrace_engine::data::Data;

use super::custom::Receiver;
use super::dialer::address;
use super::reading_side::ReadingSide;
use super::receiver_context::ReceiverContext;

/// The end of a connection.
pub struct Ending {
    pub(super) ended: io::Result<()>,
    /// Bytes of a record that the end cut off.
    pub(super) unfinished: usize,
}

/// The work on a connection until it ends.
type Session<T> = dyn Fn(&ReceiverContext<T>, TcpStream) -> Ending + Send + Sync;

/// The receiver of a socket.
pub struct SocketSource<T> {
    host: String,
    port: u16,
    session: Arc<Session<T>>,
    reading: Arc<ReadingSide>,
}

impl<T: Data> SocketSource<T> {
    /// A receiver of connections to `host` and `port`, each of which `session` reads to its end.
    pub fn new(
        host: &str,
        port: u16,
        session: impl Fn(&ReceiverContext<T>, TcpStream) -> Ending + Send + Sync + 'static,
    ) -> SocketSource<T> {
        SocketSource {
            host: host.to_owned(),
            port,
            session: Arc::new(session),
            reading: Arc::default(),
        }
    }
}

/// A session that stores what `converter` makes of the connection. The converter may hide the
/// error of a broken connection, so the connection itself is asked.
pub fn converted<T: Data, I: Iterator<Item = T>>(
    converter: impl Fn(TcpStream) -> I,
) -> impl Fn(&ReceiverContext<T>, TcpStream) -> Ending {
    move |context, connection| {
        let asked = connection.try_clone();
        context.store_many(converter(connection));
        Ending {
            ended: asked.and_then(|connection| is_whole(&connection)),
            unfinished: 0,
        }
    }
}

/// A connection that its sender has closed still has its other end; one that broke has none.
fn is_whole(connection: &TcpStream) -> io::Result<()> {
    match connection.peer_addr() {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::ConnectionReset.into())
        }
        // The sender is there, or nothing can be said of it.
        _ => Ok(()),
    }
}

impl<T: Data> Receiver for SocketSource<T> {
    type Item = T;

    fn on_start(&mut self, context: ReceiverContext<T>) {
        let (host, port) = (self.host.clone(), self.port);
        let (session, reading) = (Arc::clone(&self.session), Arc::clone(&self.reading));
        reading.open();
        context.spawn("socket", move |context| {
            let connected = context.connect(&host, port).and_then(|connection| {
                reading.hold(&connection)?;
                Ok(connection)
            });
            let connection = match connected {
                Ok(connection) => connection,
                Err(error) => return context.restart(&error.to_string()),
            };
            let Ending { ended, unfinished } = session(&context, connection);
            context.disconnected(&address(&host, port), ended, unfinished);
        });
    }

    fn on_stop(&mut self) {
        self.reading.close();
    }
}
