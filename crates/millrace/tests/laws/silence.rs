//! Law 8: no listener can delay a batch, or break one.

use std::io::Write;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use millrace::events::{BatchInfo, OutputOperationInfo};
use millrace::{Duration, StreamingListener};

use super::support::{Live, run_to_the_end, watched};

/// Does not return from its first event before it is told to.
struct Stuck {
    entered: Sender<()>,
    release: Option<Receiver<()>>,
    batches: Arc<Mutex<Vec<i64>>>,
}

impl StreamingListener for Stuck {
    fn on_streaming_started(&mut self, _: i64) {
        self.entered.send(()).unwrap();
        if let Some(release) = self.release.take() {
            release.recv().unwrap();
        }
    }

    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.batches
            .lock()
            .unwrap()
            .push(batch.batch_time.as_millis());
    }
}

#[test]
fn a_listener_that_does_not_return_holds_up_nobody() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(10), &[]);
        let (entered, has_entered) = channel();
        let (free, release) = channel();
        let told = Arc::new(Mutex::new(Vec::new()));
        live.context.add_streaming_listener(Stuck {
            entered,
            release: Some(release),
            batches: Arc::clone(&told),
        });
        let (run, batches) = channel();
        live.lines.foreach_rdd_with_time(move |rdd, time| {
            // The test may have what it wanted.
            let _ = run.send((time.as_millis(), rdd.collect()));
        });
        let listener = live.listener;
        let sender = thread::spawn(move || listener.accept().unwrap().0);
        live.context.start().unwrap();
        let mut connection = sender.join().unwrap();
        has_entered.recv().unwrap();
        connection.write_all(b"a line\n").unwrap();
        // The line comes through, and many batches after it, while the listener is stuck.
        let (with_line, _) = batches
            .iter()
            .find(|(_, lines)| lines == &["a line"])
            .unwrap();
        let last = with_line + 10 * 20;
        assert!(batches.iter().any(|(time, _)| time >= last));
        assert_eq!(*told.lock().unwrap(), [0_i64; 0]);
        free.send(()).unwrap();
        live.context.stop(false);
        // It is told everything in the end, in order.
        let told = told.lock().unwrap();
        assert!(told.is_sorted() && told.contains(&with_line) && told.contains(&last));
    });
}

/// Panics at every event that it is told of, and counts them.
struct Fragile(Arc<Mutex<u32>>);

impl StreamingListener for Fragile {
    fn on_batch_completed(&mut self, _: &BatchInfo) {
        *self.0.lock().unwrap_or_else(|broken| broken.into_inner()) += 1;
        panic!("not made for this");
    }
}

/// Notes the outputs that ended, and how.
#[derive(Clone, Default)]
struct Outputs(Arc<Mutex<Vec<OutputOperationInfo>>>);

impl StreamingListener for Outputs {
    fn on_output_operation_completed(&mut self, operation: &OutputOperationInfo) {
        self.0.lock().unwrap().push(operation.clone());
    }
}

#[test]
fn a_listener_that_panics_harms_only_itself() {
    let calls = Arc::new(Mutex::new(0));
    let (fragile, outputs) = (Fragile(Arc::clone(&calls)), Outputs::default());
    let (told, seen) = (outputs.clone(), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&seen);
    let ended = run_to_the_end("a\nb\n".repeat(1000), move |context, lines| {
        context.add_streaming_listener(fragile);
        context.add_streaming_listener(outputs);
        lines.foreach_rdd(move |rdd| *counted.lock().unwrap() += rdd.count());
    });
    ended.unwrap();
    assert_eq!(*seen.lock().unwrap(), 2000);
    assert_eq!(*calls.lock().unwrap(), 1, "it is not called again");
    let told = told.0.lock().unwrap();
    assert!(!told.is_empty() && told.iter().all(|output| output.failure_reason.is_none()));
}

#[test]
fn a_listener_is_told_why_an_output_failed() {
    let outputs = Outputs::default();
    let told = outputs.clone();
    let ended = run_to_the_end("a\n", move |context, lines| {
        context.add_streaming_listener(outputs);
        lines.foreach_rdd(|rdd| assert!(rdd.is_empty(), "a record came"));
    });
    ended.unwrap_err();
    let told = told.0.lock().unwrap();
    let reasons = told
        .iter()
        .filter_map(|output| output.failure_reason.as_ref());
    let reasons: Vec<_> = reasons.collect();
    assert_eq!(reasons.len(), 1, "{told:?}");
    assert!(reasons[0].ends_with("a record came"), "{reasons:?}");
}
