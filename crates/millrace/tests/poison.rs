//! A program that skips records is killed around the moment at which it writes them down, and goes
//! on: every record that was skipped is written down once, and the others count once.
//!
//! The program is this test again, in a process of its own: it reads a socket, keeps a state and
//! has its input in the write-ahead log.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use millrace::{Conf, Duration, StateOptions, StreamingContext, Values, keys};
use tempfile::TempDir;

/// Names the address and the directory to the program.
const ADDRESS: &str = "MILLRACE_TEST_ADDRESS";
const DIRECTORY: &str = "MILLRACE_TEST_DIRECTORY";

/// The sums of lines such as `a 1`, by key.
fn sums(address: &str, directory: &str) -> millrace::Result<()> {
    millrace::panics::panics_in_one_line();
    let mut conf = Conf::new();
    for (key, value) in [
        (keys::MASTER, "local[2]"),
        (keys::CHECKPOINT_DIR, directory),
        (keys::CHECKPOINT_RECOVER, "true"),
        (keys::RECEIVER_WAL, "true"),
        (keys::ON_RECORD_ERROR, "skip"),
        (keys::STOP_AT_EOF, "true"),
    ] {
        conf.set(key, value);
    }
    let ssc = StreamingContext::new(&conf, Duration::milliseconds(50))?;
    let (host, port) = address.split_once(':').unwrap();
    ssc.socket_text_stream(host, port.parse().unwrap())
        .map(|line| {
            let (key, number) = line.as_str().split_once(' ').expect("a key and a number");
            (key.to_owned(), number.parse::<i64>().expect("a number"))
        })
        .update_state_by_key_with(
            |new: &Values<i64>, old: Option<i64>| Some(new.iter().sum::<i64>() + old.unwrap_or(0)),
            StateOptions::new().idle_keeps_state(),
        )
        .print();
    ssc.start()?;
    ssc.await_termination()
}

/// The program, when it is one.
#[test]
fn a_program_that_skips() {
    if let (Ok(address), Ok(directory)) = (env::var(ADDRESS), env::var(DIRECTORY)) {
        sums(&address, &directory).unwrap();
    }
}

fn start(listener: &TcpListener, directory: &Path, failpoint: Option<&str>) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "a_program_that_skips", "--nocapture"])
        .env(ADDRESS, listener.local_addr().unwrap().to_string())
        .env(DIRECTORY, directory)
        .env_remove("MILLRACE_FAILPOINT")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(failpoint) = failpoint {
        command.env("MILLRACE_FAILPOINT", failpoint);
    }
    command.spawn().unwrap()
}

/// Waits for the end; gives the code, and all that was printed and said.
fn finished(child: Child) -> (Option<i32>, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// All letters, from wherever they are.
fn letters(directory: &Path) -> Vec<serde_json::Value> {
    let files = fs::read_dir(directory.join("generation-000001/dead-letters"));
    let mut letters = Vec::new();
    for entry in files.into_iter().flatten() {
        let path = entry.unwrap().path();
        // What a kill has left unfinished has no name yet.
        if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let text = fs::read_to_string(path).unwrap();
            letters.extend(text.lines().map(|line| serde_json::from_str(line).unwrap()));
        }
    }
    letters
}

fn send(listener: &TcpListener, lines: &str) -> TcpStream {
    let (mut connection, _) = listener.accept().unwrap();
    connection.write_all(lines.as_bytes()).unwrap();
    connection
}

fn killed_at(failpoint: &str, written: usize) {
    let top = TempDir::new().unwrap();
    let directory = top.path().join("state");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let program = start(&listener, &directory, Some(failpoint));
    let connection = send(&listener, "a 1\nb x\na 2\n");
    let (code, _, said) = finished(program);
    assert_eq!(code, None, "{failpoint}: it was to be killed: {said}");
    drop(connection);
    assert_eq!(letters(&directory).len(), written, "{failpoint}: {said}");
    let program = start(&listener, &directory, None);
    drop(send(&listener, "a 4\nc\n"));
    let (code, printed, said) = finished(program);
    assert_eq!(code, Some(0), "{failpoint}: {said}");
    let last = printed.lines().rfind(|line| line.starts_with('('));
    assert_eq!(last, Some("('a', 7)"), "{failpoint}: {printed}");
    let letters = letters(&directory);
    let records: Vec<_> = letters.iter().map(|letter| &letter["record"]).collect();
    let mut records: Vec<&str> = records.iter().map(|text| text.as_str().unwrap()).collect();
    records.sort_unstable();
    assert_eq!(records, ["b x", "c"], "{failpoint}: {letters:?}");
    assert!(
        said.contains("was skipped") || said.contains("were skipped"),
        "{said}"
    );
    assert!(!said.contains("stack backtrace"), "{said}");
    assert!(!said.contains("panicked at"), "{said}");
}

#[test]
fn killed_before_the_letters_have_their_name() {
    killed_at("output.file.after-write", 0);
}

#[test]
fn killed_when_the_letters_are_there_and_their_batch_is_not_committed() {
    killed_at("output.file.after-rename", 1);
}

#[test]
fn a_program_says_once_what_it_skips_and_goes_on() {
    let top = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut program = start(&listener, &top.path().join("state"), None);
    let mut said = BufReader::new(program.stderr.take().unwrap()).lines();
    let mut connection = send(&listener, "b x\n");
    let skipped = said
        .by_ref()
        .map(|line| line.unwrap())
        .find(|line| line.contains("skipped"))
        .expect("it is said");
    assert!(
        skipped.contains(": 1 record was skipped, 1 since the start, "),
        "{skipped}"
    );
    assert!(skipped.contains("update_state_by_key at "), "{skipped}");
    assert!(skipped.contains("a number: ParseIntError"), "{skipped}");
    connection.write_all(b"a 1\n").unwrap();
    drop(connection);
    let rest: Vec<String> = said.map(|line| line.unwrap()).collect();
    assert!(
        !rest.iter().any(|line| line.contains("skipped")),
        "{rest:?}"
    );
    assert!(program.wait().unwrap().success());
}
