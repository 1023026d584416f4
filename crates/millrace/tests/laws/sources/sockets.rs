//! Sockets of records and of frames, converters of a program's own, and rates.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;

use millrace::{Conf, Duration, keys};

use super::super::support::watched;
use super::{ending, records, to_the_end};

/// A server for one connection, and what it sends.
fn server(bytes: Vec<u8>) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sending = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        connection.write_all(&bytes).unwrap();
    });
    (port, sending)
}

#[test]
fn sockets_of_records_and_of_frames_bring_all_of_them() {
    let (numbers, frames) = watched(|| {
        let (ports, senders): (Vec<u16>, Vec<_>) = [
            (0..100_000_u32).flat_map(u32::to_le_bytes).collect(),
            (0..2000_u32)
                .flat_map(|length| [&length.to_be_bytes()[..], &vec![7; length as usize]].concat())
                .collect(),
        ]
        .into_iter()
        .map(server)
        .unzip();
        let ssc = ending(&[(keys::MAX_BYTES_IN_FLIGHT, "2m")]);
        let numbers = ssc.socket_stream("127.0.0.1", ports[0], |connection| {
            let mut connection = BufReader::new(connection);
            std::iter::from_fn(move || {
                let mut bytes = [0; 4];
                connection.read_exact(&mut bytes).ok()?;
                Some(u32::from_le_bytes(bytes))
            })
        });
        let numbers = records(&numbers);
        let frames = ssc.raw_socket_stream("127.0.0.1", ports[1]);
        let frames = records(&frames.map(|frame| frame.len()));
        to_the_end(ssc).unwrap();
        senders
            .into_iter()
            .for_each(|sender| sender.join().unwrap());
        (
            numbers.iter().collect::<Vec<_>>(),
            frames.iter().collect::<Vec<_>>(),
        )
    });
    assert!(numbers.into_iter().eq(0..100_000));
    assert!(frames.into_iter().eq(0..2000));
}

#[test]
fn a_converter_that_panics_costs_its_connection_and_no_more() {
    let seen = watched(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sender = thread::spawn(move || {
            for message in [&b"1\n2\nbad\n9\n"[..], b"3\n"] {
                let (mut connection, _) = listener.accept().unwrap();
                // The first one is left before its end.
                let _ = connection.write_all(message);
            }
        });
        let ssc = ending(&[(keys::RECEIVER_RESTART_DELAY, "10ms")]);
        let numbers = ssc.socket_stream("127.0.0.1", port, |connection| {
            let lines = BufReader::new(connection)
                .lines()
                .map_while(std::result::Result::ok);
            lines.map(|line| line.parse::<u8>().unwrap())
        });
        let seen = records(&numbers);
        to_the_end(ssc).unwrap();
        sender.join().unwrap();
        seen.iter().collect::<Vec<_>>()
    });
    assert_eq!(seen, [1, 2, 3]);
}

#[test]
fn a_rate_that_is_none_is_refused_and_zero_is_no_limit() {
    let context = |rate: &str| {
        let mut conf = Conf::new();
        conf.set(keys::RECEIVER_MAX_RATE, rate);
        millrace::testing::context(&conf, Duration::seconds(1))
    };
    for rate in ["fast", "1.5", "10/s", ""] {
        assert!(context(rate).is_err(), "{rate}");
    }
    for rate in ["0", "-1", "9223372036854775807", "100"] {
        assert!(context(rate).is_ok(), "{rate}");
    }
}

#[test]
fn a_rate_limits_lines_and_loses_none() {
    let batches = watched(|| {
        let (port, sender) = server(b"line\r\n".repeat(1200));
        let ssc = ending(&[(keys::RECEIVER_MAX_RATE, "500")]);
        let (send, batches) = channel();
        let lines = ssc.socket_text_stream("127.0.0.1", port);
        lines.foreach_rdd_with_time(move |rdd, time| {
            send.send((time.as_millis(), rdd.count())).unwrap();
        });
        to_the_end(ssc).unwrap();
        sender.join().unwrap();
        batches.iter().collect::<Vec<_>>()
    });
    assert_eq!(batches.iter().map(|(_, count)| count).sum::<u64>(), 1200);
    let with_lines = batches.iter().filter(|(_, count)| *count > 0);
    let times: Vec<i64> = with_lines.map(|(time, _)| *time).collect();
    // A second's worth can have been saved up before the connection was there. The rest takes
    // 1.4 seconds; a machine that is busy may be late with its last batch.
    let took = times[times.len() - 1] - times[0];
    assert!(took >= 500, "{took} ms");
}
