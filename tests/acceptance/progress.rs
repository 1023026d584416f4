//! The live line: on a terminal, never in the way of anything else, and gone at the end.

use super::harness::{Launch, Program, Sender, Signal, screen};

/// Waits until the line has been drawn of a batch with records.
fn wait_for_line(program: &Program) {
    program.wait_for_stderr("the live line", |text| {
        let drawn = text.split('\r').find(|line| line.contains(" records/s"))?;
        (!drawn.contains(" 0 records/s")).then_some(())
    });
}

/// Runs with words, lets the sender go, and asks for an end; gives all that was on the terminal.
fn run(launch: Launch) -> (String, String) {
    let sender = Sender::new();
    let launch = launch.conf("spark.streaming.receiverRestartDelay", "1h");
    let program = launch.threads(2).every("50ms").start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"a b a\n");
    connection.settle();
    wait_for_line(&program);
    drop(connection);
    program.wait_for_stderr("the end of the connection", |text| {
        text.contains("receiver 0: ").then_some(())
    });
    program.wait_for_more_batches(3);
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    (finished.stdout, finished.stderr)
}

#[test]
fn the_line_is_redrawn_in_place_makes_room_and_leaves_nothing() {
    let (stdout, terminal) = run(Launch::network_wordcount().on_terminal(200));
    assert!(
        !stdout.contains(['\r', '\u{1b}']) && stdout.contains("('a', 2)"),
        "{stdout}"
    );
    let rows = screen(&terminal, 200);
    assert_eq!(rows.len(), 3, "{rows:#?}");
    assert!(rows[0].starts_with("millrace: receiver 0: "), "{rows:#?}");
    assert!(rows[1].starts_with("millrace: stopping: "), "{rows:#?}");
    assert_eq!(rows[2], "", "{rows:#?}");
    // Between the two messages it is there again.
    let (_, behind) = terminal.split_once("receiver 0: ").unwrap();
    assert!(behind.contains("\rbatch "), "{terminal:?}");
}

#[test]
fn the_line_names_a_batch_by_the_time_with_which_it_is_printed() {
    let launch = Launch::network_wordcount().on_terminal(200);
    let (stdout, terminal) = run(launch.env("TZ", "XST-5:30"));
    let drawn = terminal.split('\r');
    let times = drawn.filter_map(|line| line.strip_prefix("batch ")?.get(..8));
    let times: Vec<&str> = times.collect();
    assert!(!times.is_empty(), "{terminal:?}");
    for time in times {
        assert!(stdout.contains(&format!(" {time}")), "{time}: {stdout}");
    }
}

#[test]
fn the_line_is_cut_to_the_width_of_the_terminal() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().on_terminal(30).every("50ms");
    let program = launch.until_eof().start_at(&sender);
    let connection = sender.accept();
    program.wait_for_stderr("the live line", |text| {
        text.contains("batch ").then_some(())
    });
    connection.close();
    let terminal = program.finish().with_code(0).stderr;
    assert_eq!(screen(&terminal, 30), [""]);
    assert!(!terminal.contains('\n'), "{terminal:?}");
}

#[test]
fn a_run_says_how_it_is_doing_when_and_where_it_was_asked_to() {
    let run = |launch: Launch| {
        let sender = Sender::new();
        let launch = launch.every("20ms").conf("millrace.maxBatches", 30);
        let program = launch.start_at(&sender);
        let _connection = sender.accept();
        program.finish().with_code(0).stderr
    };
    let count = Launch::network_wordcount;
    assert_eq!(run(count()), "");
    assert_eq!(
        run(count().on_terminal(80).args(["--progress", "never"])),
        ""
    );
    assert_eq!(run(count().on_terminal(80).env("TERM", "dumb")), "");
    let always = run(count().args(["--progress", "always"]));
    assert!(always.contains("\rbatch "), "{always:?}");
    let summary = run(count().arg("--summary"));
    assert!(
        summary.starts_with("millrace: the figures of the run\n"),
        "{summary}"
    );
    assert!(
        summary.contains("\n  batches             30\n"),
        "{summary}"
    );
}

#[test]
fn a_terminal_that_takes_nothing_delays_no_batch_and_no_end() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().on_stopped_terminal();
    let program = launch.until_eof().every("50ms").start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"a b a\n");
    program.wait_for_stdout("the words", |text| text.contains("('a', 2)").then_some(()));
    program.wait_for_more_batches(5);
    connection.close();
    program.finish().with_code(0);
}
