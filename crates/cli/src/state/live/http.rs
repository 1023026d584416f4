//! One question to a page and its answer, over a connection of its own.
//!
//! The other end may be anything that listens there. So nothing of it is believed before it has
//! been read, an answer has a greatest length and a last moment, and what it says is shown in one
//! line.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::error::LiveError;
use super::url::PageUrl;

/// The time in which somebody has to take a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// The time in which an answer has to be there. A search takes 3 seconds at most, and four others
/// may wait in front of it.
const ANSWER: Duration = Duration::from_secs(20);

/// The most bytes of an answer: a thousand entries of twice 64 KiB.
const MOST: usize = 128 << 20;

/// An answer: its status, and its text.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Asks for `path`.
///
/// # Errors
/// If there is no answer, or it is none of HTTP.
pub(super) fn get(url: &PageUrl, path: &str) -> Result<Answer, LiveError> {
    let end = Instant::now() + ANSWER;
    let no_answer = |error: io::Error| LiveError::no_answer(url, error);
    let mut stream = connect(url).map_err(no_answer)?;
    let host = url.authority();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.set_write_timeout(Some(CONNECT)).map_err(no_answer)?;
    stream.write_all(request.as_bytes()).map_err(no_answer)?;
    let answer = read_all(&mut stream, end).map_err(no_answer)?;
    parsed(&answer).ok_or_else(|| LiveError::stranger(url, "its answer is none of HTTP"))
}

fn connect(url: &PageUrl) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in url.place().to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn read_all(stream: &mut TcpStream, end: Instant) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece) {
            Ok(0) => return Ok(answer),
            Ok(length) if answer.len() + length > MOST => {
                return Err(io::Error::other("its answer does not end"));
            }
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_late(&error) => return Err(late()),
            Err(error) => return Err(error),
        }
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn late() -> io::Error {
    let seconds = ANSWER.as_secs();
    let why = format!("no whole answer within {seconds} seconds");
    io::Error::new(ErrorKind::TimedOut, why)
}

/// Status and text of an answer that is whole.
fn parsed(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let version = first.next()?;
    if !version.starts_with("HTTP/1.") {
        return None;
    }
    let status = first.next()?.parse().ok()?;
    let body = &answer[end + 4..];
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length = match length {
        Some(length) => length.trim().parse().ok()?,
        None => body.len(),
    };
    let body = String::from_utf8(body.get(..length)?.to_vec()).ok()?;
    Some(Answer { status, body })
}

/// A text as it stands in the query of a path.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_answers_are_read_and_nothing_else() {
        let answer = parsed(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (404, "no\n"));
        for stranger in [
            &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
            b"",
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nno",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nno",
            b"HTTP/1.1 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n\xff",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
        ] {
            assert!(parsed(stranger).is_none(), "{stranger:?}");
        }
    }

    #[test]
    fn texts_stand_in_a_path_whatever_they_are() {
        assert_eq!(encoded("a-Z_0.~"), "a-Z_0.~");
        assert_eq!(encoded("a b&c=<ä>\r\n"), "a%20b%26c%3D%3C%C3%A4%3E%0D%0A");
    }
}
