//! A connection to whichever address of a host answers.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection on the first address that answers; `None` if `stopped` held before one was tried.
pub(super) fn connect(
    host: &str,
    port: u16,
    stopped: impl Fn() -> bool,
) -> io::Result<Option<TcpStream>> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host, port).to_socket_addrs()? {
        if stopped() {
            return Ok(None);
        }
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(connection) => return Ok(Some(connection)),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
