//! Sockets that a program's function, or a framing, makes records of.
//!
//! They are [`Receiver`]s like a program's own: one thread connects, and reads until the
//! connection ends; then it is tried again, as with a socket of lines. Stopping closes the
//! reading side, so that what the kernel has received already is still read.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::data::Data;

use super::connect::connect;
use super::custom::{Receiver, ReceiverContext};

/// What is done with a connection until it ends; an error says what broke.
type Session<T> = dyn Fn(&ReceiverContext<T>, TcpStream) -> Result<(), String> + Send + Sync;

/// The receiver of a socket.
pub(crate) struct SocketSource<T> {
    host: String,
    port: u16,
    /// `millrace.stopAtEof`: the end of a connection is the end of the stream.
    ends_at_eof: bool,
    session: Arc<Session<T>>,
    connection: Arc<Mutex<Option<TcpStream>>>,
}

fn slot(connection: &Mutex<Option<TcpStream>>) -> MutexGuard<'_, Option<TcpStream>> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Data> SocketSource<T> {
    pub(crate) fn new(
        host: &str,
        port: u16,
        ends_at_eof: bool,
        session: impl Fn(&ReceiverContext<T>, TcpStream) -> Result<(), String> + Send + Sync + 'static,
    ) -> SocketSource<T> {
        SocketSource {
            host: host.to_owned(),
            port,
            ends_at_eof,
            session: Arc::new(session),
            connection: Arc::default(),
        }
    }
}

/// A session that stores what `converter` makes of the connection.
pub(crate) fn converted<T: Data, I: Iterator<Item = T>>(
    converter: impl Fn(TcpStream) -> I,
) -> impl Fn(&ReceiverContext<T>, TcpStream) -> Result<(), String> {
    move |context, connection| {
        context.store_many(converter(connection));
        Ok(())
    }
}

impl<T: Data> Receiver for SocketSource<T> {
    type Item = T;

    fn on_start(&mut self, context: ReceiverContext<T>) {
        let (host, port, ends_at_eof) = (self.host.clone(), self.port, self.ends_at_eof);
        let (session, held) = (Arc::clone(&self.session), Arc::clone(&self.connection));
        context.spawn("socket", move |context| {
            let ended = match connect(&host, port, || context.is_stopped()) {
                Ok(None) => return,
                Ok(Some(connection)) => {
                    *slot(&held) = connection.try_clone().ok();
                    if context.is_stopped() {
                        // `on_stop` may have been there before the connection was.
                        return;
                    }
                    session(&context, connection)
                }
                Err(error) => Err(format!("cannot connect to {host}:{port}: {error}")),
            };
            match ended {
                Ok(()) if ends_at_eof => {
                    context.stop(&format!("{host}:{port} has closed the connection"));
                }
                Ok(()) => context.restart(&format!("{host}:{port} has closed the connection")),
                Err(message) => context.restart(&message),
            }
        });
    }

    fn on_stop(&mut self) {
        if let Some(connection) = slot(&self.connection).take() {
            // A connection that is gone needs no waking.
            drop(connection.shutdown(Shutdown::Read));
        }
    }
}
