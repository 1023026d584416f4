//! The log of what receivers took in.

use std::fs;

use super::super::harness::{Launch, Sender, Signal};
use super::{
    COUNTED, RECEIVERS_LOG, killed, said_of_recovery, state_tool, stateful, wait_for_body,
};

/// The message names the way on, which is one.
#[test]
fn a_receivers_log_that_is_damaged_refuses_a_recovery_until_it_is_put_aside() {
    let logged = || stateful().conf(RECEIVERS_LOG, true);
    let sender = Sender::new();
    let program = logged().start_at(&sender);
    sender.accept().send(b"a a\n");
    wait_for_body(&program, COUNTED);
    program.wait_for_more_batches(1);
    program.signal(Signal::Kill);
    let killed = program.finish();
    let log = killed.path("state/generation-000001/blocks/blocks-00000000000000000001.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes[8] ^= 1;
    fs::write(&log, &bytes).unwrap();
    let recover = logged().arg("--recover").conf("millrace.maxBatches", 1);
    let refused = recover.after(killed).start_at(&sender).finish();
    let refused = refused.with_code(1);
    let said = said_of_recovery(&refused);
    assert_eq!(said.len(), 1, "{}", refused.stderr);
    for part in [
        "/blocks/blocks-00000000000000000001.log is damaged at byte 0: ",
        "; `millrace-state drop-received --generation=1 state` puts that log aside, and the program \
         goes on without what was received and not run",
    ] {
        assert!(said[0].contains(part), "{part}: {}", said[0]);
    }
    let aside = state_tool(refused, &["drop-received", "--generation=1", "state"]);
    let place = "state/generation-000001/blocks-aside-1";
    let said = format!("generation 1 goes on without what was received; that is in {place} now\n");
    assert_eq!(aside.stdout, said);
    let kept = aside.path(place).join(log.file_name().unwrap());
    assert_eq!(fs::read(kept).unwrap(), bytes);
    let recover = logged().arg("--recover").conf("millrace.maxBatches", 1);
    let finished = recover.after(aside).start_at(&sender).finish();
    assert_eq!(finished.with_code(0).bodies(), [COUNTED]);
}

/// A generation with a higher number and no newer batch is passed over, and not without a word if it
/// has something that was received.
#[test]
fn what_was_received_in_a_generation_that_is_passed_over_is_named() {
    let sender = Sender::new();
    let logged = || stateful().conf(RECEIVERS_LOG, true);
    // The block is durable before its batch is cut.
    let launch = logged().every("1h");
    let launch = launch.env("MILLRACE_FAILPOINT", "wal.block.after-sync");
    let program = launch.after(killed()).start_at(&sender);
    sender.accept().send(b"b\n");
    let cut_short = program.finish();
    assert_eq!(cut_short.code, None, "{}", cut_short.stderr);
    let recover = logged().arg("--recover").conf("millrace.maxBatches", 1);
    let finished = recover.after(cut_short).start_at(&sender).finish();
    let finished = finished.with_code(0);
    assert_eq!(finished.bodies(), [COUNTED]);
    let said = "generation 2 has 1 block that was received and not run, and is passed over: go on \
                from it with --recover=2";
    assert!(finished.stderr.contains(said), "{}", finished.stderr);
    let recover = logged().arg("--recover=2").conf("millrace.maxBatches", 1);
    let finished = recover.after(finished).start_at(&sender).finish();
    let stderr = &finished.stderr;
    let said = "millrace: going on with what was received before the crash: 1 block (";
    assert!(stderr.contains(said), "{stderr}");
    assert!(
        stderr.contains(" bytes) of the write-ahead log"),
        "{stderr}"
    );
    assert_eq!(
        finished.with_code(0).bodies(),
        ["('hello', 1)\n('world', 1)\n('b', 1)"]
    );
}

#[test]
fn a_log_of_what_is_received_needs_a_directory() {
    let launch = Launch::network_wordcount().conf(RECEIVERS_LOG, true);
    let refused = launch.start_at(&Sender::new()).finish().with_code(1);
    let said = format!("Error: {RECEIVERS_LOG} needs a directory: add --checkpoint-dir DIR\n");
    assert_eq!(refused.stderr, said);
}

#[test]
fn a_log_of_what_is_received_is_made_when_something_is() {
    let launch = Launch::stateful().threads(2).every("1h");
    let launch = launch
        .arg("--checkpoint-dir=state")
        .conf(RECEIVERS_LOG, true);
    let sender = Sender::new();
    let program = launch.start_at(&sender);
    // It receives, and has opened whatever it opens at its start.
    let mut connection = sender.accept();
    let generation = program.directory().join("state/generation-000001");
    assert!(generation.join("meta").is_file());
    assert!(!generation.join("blocks").exists());
    connection.send(b"a\n");
    while !generation.join("blocks").is_dir() {
        std::thread::yield_now();
    }
}
