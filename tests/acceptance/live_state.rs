//! `millrace-state` asks running programs: the same lines as of a checkpoint directory, and clear
//! words where there is nobody to ask.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use super::harness::{Connection, Finished, Launch, Program, Reserved, Sender, Signal};
use super::page::address;

const STATE: &str = env!("CARGO_BIN_EXE_millrace-state");

/// A run of the tool.
fn asked(arguments: &[&str]) -> Finished {
    Launch::of(STATE).args(arguments).start().finish()
}

/// The lines that the tool gives with code 0.
fn lines(arguments: &[&str]) -> Vec<String> {
    let stdout = asked(arguments).with_code(0).stdout;
    stdout.lines().map(str::to_owned).collect()
}

/// The words with which the tool refuses: code 2, one line, nothing on stdout.
fn refused(arguments: &[&str]) -> String {
    let finished = asked(arguments).with_code(2);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.lines().count()),
        ("", 1)
    );
    finished.stderr
}

fn with_page(launch: Launch) -> Launch {
    launch
        .threads(2)
        .every("100ms")
        .conf("spark.ui.enabled", "true")
        .conf("spark.ui.port", "0")
}

/// A program that has counted words, with the address of its page.
fn counting(sender: &Sender) -> (Program, Connection, String) {
    let program = with_page(Launch::stateful()).start_at(sender);
    let url = format!("http://{}", address(&program));
    let mut connection = sender.accept();
    connection.send(b"to be or not to be <script>alert(1)</script>\n");
    program.wait_for_stdout("the words", |text| text.contains("'to', 2").then_some(()));
    // Figures are told once per second at most, by another thread than the one that prints.
    while !lines(&["stats", &url])
        .iter()
        .any(|line| line.contains("7 keys"))
    {
        thread::yield_now();
    }
    (program, connection, url)
}

#[test]
fn a_running_program_says_what_a_directory_says() {
    let sender = Sender::new();
    let (program, connection, url) = counting(&sender);
    let listed = lines(&["ls", &url]);
    assert!(listed[0].starts_with("running local-"), "{listed:?}");
    assert!(
        listed[0].ends_with("completed, interval 100 ms"),
        "{listed:?}"
    );
    assert!(
        listed[1].starts_with("  store 0: state of update_state_by_key at "),
        "{listed:?}"
    );
    let stats = lines(&["stats", &url]);
    assert!(stats[1].ends_with(" bytes of keys and values"), "{stats:?}");
    let questions: [&[&str]; 6] = [
        &["get", "be"],
        &["get", "<script>alert(1)</script>"],
        &["top", "--limit", "2"],
        &["top", "--prefix", "<"],
        &["prefix", "o"],
        &["prefix", "", "--store", "0", "--limit=1000"],
    ];
    let ask = |place: &str| {
        let line = |question: &&[&str]| {
            let (command, rest) = question.split_first().unwrap();
            let mut line = vec![*command, place];
            line.extend(rest);
            lines(&line)
        };
        questions.iter().map(line).collect::<Vec<_>>()
    };
    let live = ask(&url);
    assert_eq!(live[0], [r#"{"key":"be","value":2}"#]);
    assert_eq!(
        live[1],
        [r#"{"key":"<script>alert(1)</script>","value":1}"#]
    );
    assert_eq!(
        live[2],
        [r#"{"key":"be","value":2}"#, r#"{"key":"to","value":2}"#]
    );
    assert_eq!(live[4], [r#"{"key":"or","value":1}"#]);
    assert_eq!(live[5].len(), 7);
    // As a browser shows the address.
    assert_eq!(lines(&["get", &format!("{url}/streaming/"), "be"]), live[0]);
    for (command, key) in [("get", "nobody"), ("get", "'")] {
        let nothing = asked(&[command, &url, key]).with_code(1);
        assert_eq!((nothing.stdout.as_str(), nothing.stderr.as_str()), ("", ""));
    }
    assert!(lines(&["prefix", &url, "nobody"]).is_empty());
    let said = refused(&["get", "--store", "3", &url, "be"]);
    assert!(said.contains("there is no store 3"), "{said}");
    for command in [
        &["export", &url][..],
        &["verify", &url],
        &["get", "--generation=1", &url, "a"],
    ] {
        let said = refused(command);
        assert!(said.contains("is for checkpoint directories"), "{said}");
    }
    drop(connection);
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let directory = finished.path("checkpoint");
    assert_eq!(ask(directory.to_str().unwrap()), live);
    let said = refused(&["get", &url, "be"]);
    assert!(
        said.contains("nobody answers at http://127.0.0.1:"),
        "{said}"
    );
}

#[test]
fn a_program_that_keeps_nothing_says_so() {
    let sender = Sender::new();
    let program = with_page(Launch::network_wordcount()).start_at(&sender);
    let url = format!("http://{}/", address(&program));
    program.wait_for_more_batches(1);
    let said = loop {
        let said = refused(&["top", &url]);
        if !said.contains("has not completed a batch yet") {
            break said;
        }
    };
    assert!(said.contains("keeps no state"), "{said}");
    assert_eq!(lines(&["ls", &url]).len(), 1);
}

/// A server that gives every request the same answer.
fn stranger(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let request = BufReader::new(connection.try_clone().unwrap());
            let head = request.lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            // The client may have gone.
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn whoever_answers_instead_is_named() {
    let nobody = format!("http://127.0.0.1:{}", Reserved::new().port());
    for (url, why) in [
        (nobody.as_str(), "nobody answers"),
        ("http://no-such-host.invalid:4040/", "nobody answers"),
        ("https://localhost:4040/", "by http, not by https"),
        ("http://localhost:page/", "'page' is no port"),
        ("localhost:4040", "is http://localhost:4040"),
        (&stranger("SSH-2.0-OpenSSH_9.2\r\n"), "none of HTTP"),
        (&stranger("HTTP/1.1 200 OK\r\n\r\n<html>"), "no JSON"),
        (&stranger("HTTP/1.1 200 OK\r\n\r\n{}"), "no list of runs"),
        (&stranger("HTTP/1.1 200 OK\r\n\r\n[{}]"), "no id"),
        (
            &stranger("HTTP/1.1 404 Not Found\r\n\r\n<html>"),
            "status 404",
        ),
        (&stranger("HTTP/1.1 302 Found\r\n\r\n"), "status 302"),
        (
            &stranger("HTTP/1.1 421 No\r\n\r\nuse its\naddress"),
            r"use its\naddress",
        ),
        (
            &stranger("HTTP/1.1 200 OK\r\n\r\n[{\"id\":\"a\"},{\"id\":\"b\"}]"),
            "2 runs",
        ),
    ] {
        let said = refused(&["top", url]);
        assert!(said.contains(why), "{url}: {said}");
    }
    let one = stranger("HTTP/1.1 200 OK\r\n\r\n[{\"id\":\"a\"}]");
    let said = refused(&["top", &format!("{one}history/b/")]);
    assert!(said.contains("shows no run b"), "{said}");
}
