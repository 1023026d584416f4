//! Clients that are slow, many or rude cost neither threads nor files without bound, and others
//! are answered.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::client::{connect, get, json};
use crate::play::{conf, page, run, tell};

/// Entries of a directory of this process in /proc.
fn entries(kind: &str) -> usize {
    fs::read_dir(format!("/proc/self/{kind}")).unwrap().count()
}

/// True if the server has closed the connection by now.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.read(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// The time that a client has for the head of its request, with which it loses its place.
const DEADLINE: Duration = Duration::from_secs(3);

/// Three hundred clients come and one that asks. True if it was answered before the first of the
/// others lost its place by a deadline.
fn is_served_at_once(address: &str) -> bool {
    let begun = Instant::now();
    let mut silent: Vec<_> = (0..300).map(|_| connect(address)).collect();
    for (number, stream) in silent.iter_mut().enumerate() {
        // Some say nothing at all, others all but the end.
        if number % 2 == 0 {
            // One that has been sent away already cannot.
            let _ = stream.write_all(b"GET /api/v1/version HTTP/1.1\r\nHost: localhost\r\n");
        }
    }
    assert_eq!(get(address, "/api/v1/version").status, 200);
    let at_once = begun.elapsed() < DEADLINE;
    // Those that came first made room, and the one that asks took the place of the last of them.
    for (number, stream) in silent[..=300 - 128].iter_mut().enumerate() {
        assert!(is_closed(stream), "client {number} kept its place");
    }
    at_once
}

#[test]
fn three_hundred_clients_that_never_finish_a_request_keep_nobody_out() {
    let (_ui, address, _listener, _) = page(&conf(&[]));
    let threads = entries("task");
    // If clients had to wait for the deadlines of others, no try would be short: all but 128 of 300
    // wait for one, and the last of them for two. A machine that is busy may spoil some.
    let tries = (0..10).filter(|_| is_served_at_once(&address));
    assert!(
        tries.take(1).count() == 1,
        "it waits for the others' deadlines"
    );
    // Other tests of this process come and go; a thread per client would be hundreds.
    assert!(entries("task") < threads + 100);
}

#[test]
fn listening_has_places_of_its_own() {
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    let request = format!(
        "GET /api/v1/applications/{}/streaming/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
        info.id
    );
    let mut listening: Vec<_> = (0..64)
        .map(|_| {
            let mut stream = connect(&address);
            stream.write_all(request.as_bytes()).unwrap();
            let mut lines = BufReader::new(stream);
            let mut status = String::new();
            lines.read_line(&mut status).unwrap();
            assert!(status.contains("200"), "{status}");
            lines
        })
        .collect();
    let events = format!("/api/v1/applications/{}/streaming/events", info.id);
    assert_eq!(get(&address, &events).status, 503);
    // All of them see a change, and everything else is answered meanwhile.
    tell(&mut listener, &run(0, 7, (1, 1), None));
    for lines in &mut listening {
        let mut seen = lines.lines().map(|line| line.unwrap());
        let first = |line: &String| line.starts_with("retry: ") || line.starts_with("data: ");
        assert_eq!(seen.find(first).unwrap(), "retry: 1000");
        let mut overviews = seen.filter(|line| line.starts_with("data: "));
        assert!(overviews.any(|line| line.contains("\"numProcessedRecords\":7")));
    }
    assert_eq!(json(&address, "/api/v1/version")["spark"], "3.5.9");
}

/// A change is never sent for its own sake: whoever reads late gets what is the case then.
#[test]
fn a_client_is_sent_the_newest_and_no_backlog() {
    const BATCHES: i64 = 2000;
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    let mut stream = connect(&address);
    let path = format!("/api/v1/applications/{}/streaming/events", info.id);
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    let mut overviews = lines.filter(|line| line.starts_with("data: "));
    overviews.next().unwrap();
    let begun = Instant::now();
    for number in 0..BATCHES {
        tell(&mut listener, &run(number, 1, (1, 1), None));
    }
    // Four a second while there are changes, the one that was made before them, and the newest.
    let most = begun.elapsed().as_millis() / 250 + 3;
    let newest = format!("\"numTotalCompletedBatches\":{BATCHES},");
    let before = overviews.take_while(|overview| !overview.contains(&newest));
    let sent = before.count();
    assert!((sent as u128) < most, "{sent} overviews, at most {most}");
}

#[test]
fn the_next_port_is_taken_when_one_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let settings = conf(&[("spark.ui.port", &port.to_string())]);
    let (ui, address, _listener, _) = page(&settings);
    assert_ne!(address, format!("http://127.0.0.1:{port}/"));
    assert_eq!(get(&address, "/api/v1/version").status, 200);
    drop(ui);
    let none = conf(&[
        ("spark.ui.port", &port.to_string()),
        ("spark.port.maxRetries", "0"),
    ]);
    let info = millrace_ui::RunInfo::new("n", "local", millrace_types::Duration::seconds(1));
    let ui = millrace_ui::Ui::start(&none, info).unwrap();
    let said = ui.address().unwrap_err().to_string();
    assert!(
        said.contains(&port.to_string()) && said.contains("spark.ui.port"),
        "{said}"
    );
}

#[test]
fn a_page_that_is_off_is_not_served() {
    let (ui, ..) = page(&conf(&[("spark.ui.enabled", "false")]));
    assert!(matches!(ui.address(), Ok(None)));
}
