//! A client that says exactly what a test wants it to say.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// The status, head and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends `request` as it is and reads to the end of the connection.
pub(crate) fn send(address: &str, request: &str) -> Answer {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

/// A connection to the server at `http://ADDRESS/`.
pub(crate) fn connect(address: &str) -> TcpStream {
    let host = address
        .strip_prefix("http://")
        .unwrap()
        .trim_end_matches('/');
    let stream = TcpStream::connect(host).unwrap();
    let patience = Some(Duration::from_secs(240));
    stream.set_read_timeout(patience).unwrap();
    stream
}

/// The answer to a plain request for `path`.
pub(crate) fn get(address: &str, path: &str) -> Answer {
    let head = "Host: localhost\r\nConnection: close\r\n\r\n";
    send(address, &format!("GET {path} HTTP/1.1\r\n{head}"))
}

/// The JSON at `path`.
pub(crate) fn json(address: &str, path: &str) -> Value {
    let answer = get(address, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert!(answer.head.contains("content-type: application/json"));
    serde_json::from_str(&answer.body).unwrap()
}
