//! The life of receivers on a clock that stands still until a test moves it.

use std::sync::mpsc::{self, channel};
use std::thread;

use millrace_engine::pipeline::{NodeId, Pipeline, Received};
use millrace_types::{
    BatchTime, Duration as Millis, ReceiverInfo, StreamId, StreamingEvent, StreamingListener,
};

use crate::clock::{Clock, ManualClock};
use crate::listener::ListenerBus;
use crate::receiver::{
    Budget, DialSettings, Dialer, InputSpec, InputTracker, LastEnd, ReceiverSettings,
};

use super::*;

const NODE: NodeId = NodeId(0);

/// The actions of a receiver under test when it is started or stopped.
struct Scripted {
    start: Box<dyn FnMut(ReceiverContext<u32>) + Send>,
    stop: Box<dyn FnMut() + Send>,
}

impl Receiver for Scripted {
    type Item = u32;

    fn on_start(&mut self, context: ReceiverContext<u32>) {
        (self.start)(context);
    }

    fn on_stop(&mut self) {
        (self.stop)();
    }
}

/// Passes on what it is told of receivers.
struct Telling(mpsc::Sender<StreamingEvent>);

impl StreamingListener for Telling {
    fn on_receiver_started(&mut self, info: &ReceiverInfo) {
        // Here and below: the test may have heard enough.
        let _ = self.0.send(StreamingEvent::ReceiverStarted(info.clone()));
    }

    fn on_receiver_error(&mut self, info: &ReceiverInfo) {
        let _ = self.0.send(StreamingEvent::ReceiverError(info.clone()));
    }

    fn on_receiver_stopped(&mut self, info: &ReceiverInfo) {
        let _ = self.0.send(StreamingEvent::ReceiverStopped(info.clone()));
    }
}

/// Restarts take two seconds, and closed connections are no ends.
fn around(
    clock: &ManualClock,
    listeners: millrace_engine::error::Result<Arc<ListenerBus>>,
) -> Surroundings {
    let settings = ReceiverSettings {
        stream: StreamId(5),
        block_interval: Duration::from_millis(200),
        restart_delay: Duration::from_secs(2),
        last_end: LastEnd::Never,
    };
    let dialing = DialSettings {
        timeout: None,
        keep_alive: None,
    };
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    Surroundings {
        settings,
        limiter: None,
        dialer: Dialer::new(dialing, Arc::clone(&clock), Arc::new(|_| {})),
        counters: Arc::default(),
        clock,
        listeners: listeners.unwrap(),
    }
}

struct Run {
    supervisor: Arc<Supervisor<Scripted>>,
    clock: ManualClock,
    tracker: Arc<InputTracker>,
    events: mpsc::Receiver<StreamingEvent>,
    ended: mpsc::Receiver<bool>,
}

impl Run {
    /// Runs a receiver with a restart delay of two seconds on a clock that stands still.
    fn of(
        start: impl FnMut(ReceiverContext<u32>) + Send + 'static,
        stop: impl FnMut() + Send + 'static,
    ) -> Run {
        let tracker = Arc::new(InputTracker::new(vec![InputSpec {
            node: NODE,
            stream: StreamId(5),
            name: String::new(),
            stages: Vec::new(),
            held: true,
        }]));
        let budget = Arc::new(Budget::new(1 << 30));
        let clock = ManualClock::new();
        let receiver = Scripted {
            start: Box::new(start),
            stop: Box::new(stop),
        };
        let (tell, events) = channel();
        let surroundings = around(&clock, ListenerBus::start(vec![Box::new(Telling(tell))]));
        let records = RecordGenerator::new(budget, Arc::clone(&tracker), 0);
        let mut supervisor = Supervisor::new(receiver, records, surroundings);
        supervisor.patience = Duration::ZERO;
        let supervisor = Arc::new(supervisor);
        let own = Arc::clone(&supervisor);
        let (end, ended) = channel();
        thread::spawn(move || end.send(own.run()));
        Run {
            supervisor,
            clock,
            tracker,
            events,
            ended,
        }
    }

    /// Moves the clock by `millis`, in steps in which blocks are cut.
    fn advance(&self, millis: i64) {
        self.clock.advance(Millis::milliseconds(millis));
    }

    /// All records that have been cut since the last call.
    fn records(&self) -> Vec<u32> {
        let batch = self.tracker.close_batch(BatchTime::from_millis(0), &[], 0);
        let mut records = Vec::new();
        for block in &batch.blocks[&NODE] {
            Received::of(NODE).drive(0, block, |record| records.push(record));
        }
        records
    }
}

/// The starts of a receiver, by number.
type Starts = mpsc::Receiver<(usize, ReceiverContext<u32>)>;

/// A receiver that tells of every start, by number.
fn telling(
    mut run: impl FnMut(usize, &ReceiverContext<u32>) + Send + 'static,
) -> (Run, Starts, mpsc::Receiver<()>) {
    let (started, starts) = channel();
    let (stopped, stops) = channel();
    let mut number = 0;
    let start = move |context: ReceiverContext<u32>| {
        number += 1;
        // The test may be over.
        let _ = started.send((number, context.clone()));
        run(number, &context);
    };
    let stop = move || {
        let _ = stopped.send(());
    };
    (Run::of(start, stop), starts, stops)
}

#[test]
fn a_restart_waits_for_its_delay_on_the_clock() {
    let (run, starts, stops) = telling(|_, _| {});
    let (_, first) = starts.recv().unwrap();
    assert!(first.is_started() && !first.is_stopped());
    assert_eq!(first.stream_id(), StreamId(5));
    first.store(1);
    first.restart("the sender is away");
    assert!(first.is_stopped(), "at once");
    stops.recv().unwrap();
    run.advance(1999);
    assert!(starts.try_recv().is_err(), "the delay is not over");
    run.advance(1);
    let (number, second) = starts.recv().unwrap();
    assert_eq!(number, 2);
    assert!(second.is_started() && first.is_stopped());
    // What belongs to the start of before has nothing to say any more.
    first.restart("late");
    first.stop("late");
    assert!(second.is_started());
    assert!(first.store(2), "its records are records");
    second.restart_after("now", Duration::ZERO);
    run.advance(SHORTEST_RESTART.as_millis() as i64);
    let (number, third) = starts.recv().unwrap();
    assert_eq!(number, 3);
    third.store_block(vec![3, 4]);
    run.supervisor.stop();
    assert_eq!(run.ended.recv(), Ok(false));
    assert_eq!(run.records(), [1, 2, 3, 4]);
}

#[test]
fn a_clock_that_is_set_makes_no_restart_late_or_early() {
    let (run, starts, _stops) = telling(|_, _| {});
    for hours in [-1, 1] {
        let (_, context) = starts.recv().unwrap();
        run.clock.set(Millis::minutes(60 * hours));
        context.restart("the sender is away");
        run.advance(1999);
        assert!(starts.try_recv().is_err(), "the delay is not over");
        run.advance(1);
    }
    starts.recv().unwrap();
    run.supervisor.stop();
    assert_eq!(run.ended.recv(), Ok(false));
}

#[test]
fn a_stop_does_not_wait_for_the_restart_delay() {
    let (run, starts, _stops) = telling(|_, _| {});
    let (_, context) = starts.recv().unwrap();
    context.restart_after("the sender is away", Duration::MAX);
    // It is said when the delay has begun.
    let waits = |event| matches!(event, StreamingEvent::ReceiverStopped(_));
    while !waits(run.events.recv().unwrap()) {}
    // Nor does whoever asks for another restart.
    let (own, (tell, told)) = (Arc::clone(&run.supervisor), channel());
    thread::spawn(move || {
        context.restart("late");
        own.stop();
        // Nobody waits any more if this took too long.
        let _ = tell.send(());
    });
    let waited = told.recv_timeout(Duration::from_secs(20));
    waited.expect("the clock stands still, and a stop returns");
    assert_eq!(run.ended.recv_timeout(Duration::from_secs(20)), Ok(false));
    assert!(starts.try_recv().is_err(), "it is not started again");
}

/// The kind of the next event, and what it says: whether the receiver is active, its last
/// error's message, the error, and whether there is a time.
fn next(run: &Run) -> (&'static str, bool, String, String, bool) {
    let (kind, info) = match run.events.recv().unwrap() {
        StreamingEvent::ReceiverStarted(info) => ("started", info),
        StreamingEvent::ReceiverError(info) => ("error", info),
        StreamingEvent::ReceiverStopped(info) => ("stopped", info),
        other => panic!("{other:?}"),
    };
    let (message, error) = (info.last_error_message, info.last_error);
    let timed = info.last_error_time.is_some();
    (kind, info.active, message, error, timed)
}

fn told(
    kind: &'static str,
    active: bool,
    message: &str,
    error: &str,
    timed: bool,
) -> (&'static str, bool, String, String, bool) {
    (kind, active, message.to_owned(), error.to_owned(), timed)
}

#[test]
fn listeners_are_told_in_spark_s_words() {
    let (run, starts, _stops) = telling(|_, _| {});
    let (_, first) = starts.recv().unwrap();
    assert_eq!(next(&run), told("started", true, "", "", false));
    first.report_error("a hiccup");
    assert_eq!(next(&run), told("error", true, "a hiccup", "", true));
    first.report_error_because("a hiccup", "the third today");
    let because = told("error", true, "a hiccup", "the third today", true);
    assert_eq!(next(&run), because);
    first.restart("the sender is away");
    let message = "Restarting receiver with delay 2000ms: the sender is away";
    assert_eq!(next(&run), told("stopped", false, message, "", true));
    run.advance(2000);
    let (_, second) = starts.recv().unwrap();
    assert_eq!(next(&run), told("started", true, "", "", false));
    second.restart_after_because("lost", "reset by peer", Duration::ZERO);
    let message = "Restarting receiver with delay 0ms: lost";
    assert_eq!(
        next(&run),
        told("stopped", false, message, "reset by peer", true)
    );
    run.advance(SHORTEST_RESTART.as_millis() as i64);
    let (_, third) = starts.recv().unwrap();
    assert_eq!(next(&run), told("started", true, "", "", false));
    third.stop("there is no more");
    assert_eq!(
        next(&run),
        told("stopped", false, "there is no more", "", false)
    );
    assert_eq!(run.ended.recv(), Ok(true));
}

#[test]
fn a_context_that_stops_is_named_as_the_reason() {
    let (run, starts, _stops) = telling(|_, _| {});
    starts.recv().unwrap();
    assert_eq!(next(&run), told("started", true, "", "", false));
    run.supervisor.stop();
    assert_eq!(
        next(&run),
        told("stopped", false, "Stopped by driver", "", false)
    );
}

#[test]
fn panics_restart_the_receiver_and_harm_nobody() {
    let (run, starts, _stops) = telling(|number, context| match number {
        1 => panic!("in on_start"),
        2 => context.spawn("reader", |context| {
            context.store(2);
            panic!("in a thread");
        }),
        _ => {
            context.store(3);
        }
    });
    for number in 1..=3 {
        // When the restart has been asked for is the thread's affair.
        let started = loop {
            match starts.try_recv() {
                Ok((number, _)) => break number,
                Err(_) => run.advance(100),
            }
            thread::yield_now();
        };
        assert_eq!(started, number);
    }
    run.supervisor.stop();
    assert_eq!(run.ended.recv(), Ok(false));
    assert_eq!(run.records(), [2, 3]);
}

#[test]
fn a_panic_in_on_stop_does_not_keep_a_receiver_from_ending() {
    let (started, starts) = channel();
    let start = move |context| {
        let _ = started.send(context);
    };
    let run = Run::of(start, || panic!("in on_stop"));
    starts.recv().unwrap().restart_after("once", Duration::ZERO);
    run.advance(SHORTEST_RESTART.as_millis() as i64);
    let context = starts.recv().unwrap();
    context.stop("enough");
    assert_eq!(run.ended.recv(), Ok(true), "it ended by itself");
    assert!(starts.try_recv().is_err(), "and is not started again");
    assert!(
        !context.store(1),
        "what comes now is not taken, and it is told"
    );
}

#[test]
fn blocks_are_cut_at_the_block_interval() {
    let (run, starts, _stops) = telling(|_, context| {
        context.store_many([1, 2, 3]);
    });
    starts.recv().unwrap();
    let mut records = Vec::new();
    while records.len() < 3 {
        run.advance(200);
        thread::yield_now();
        records.extend(run.records());
    }
    assert_eq!(records, [1, 2, 3]);
    run.supervisor.stop();
    assert_eq!(run.ended.recv(), Ok(false));
}

#[test]
fn threads_that_do_not_end_are_left_behind_and_can_store_no_more() {
    let (go, wait) = channel::<()>();
    let (told, tells) = channel();
    let wait = Lock::new(Some(wait));
    let (run, starts, _stops) = telling(move |_, context| {
        let (wait, told) = (wait.lock().take(), told.clone());
        context.spawn("deaf", move |context| {
            context.store(1);
            let _ = told.send(true);
            let _ = wait.map(|wait| wait.recv());
            let _ = told.send(context.store(2));
        });
    });
    starts.recv().unwrap();
    assert_eq!(tells.recv(), Ok(true));
    run.supervisor.stop();
    assert_eq!(run.ended.recv(), Ok(false), "it is not waited for for ever");
    drop(go);
    assert_eq!(tells.recv(), Ok(false));
    assert_eq!(run.records(), [1]);
}

#[test]
fn a_receiver_that_is_left_behind_stores_nothing_more() {
    let (go, wait) = channel::<()>();
    let (told, tells) = channel();
    let start = move |context: ReceiverContext<u32>| {
        let _ = told.send(context.store(1));
        // It ends when the test lets it go.
        let _ = wait.recv();
        let _ = told.send(context.store(2));
    };
    let run = Run::of(start, || {});
    assert_eq!(tells.recv(), Ok(true));
    run.supervisor.stop();
    run.supervisor.abandon();
    assert_eq!(run.records(), [1]);
    drop(go);
    assert_eq!(tells.recv(), Ok(false));
    assert_eq!(run.ended.recv(), Ok(false));
}

#[test]
fn a_stop_before_the_start_starts_nothing() {
    let (run, starts, _stops) = telling(|_, _| {});
    starts.recv().unwrap();
    run.supervisor.stop();
    assert_eq!(run.ended.recv(), Ok(false));
    assert!(!run.supervisor.run());
    assert!(starts.try_recv().is_err());
}

#[test]
fn restarts_without_a_delay_make_no_loop_without_a_pause() {
    let (run, starts, _stops) = telling(|_, context| {
        context.restart_after("the sender is away", Duration::ZERO);
    });
    let shortest = SHORTEST_RESTART.as_millis() as i64;
    for number in 1..=20 {
        assert_eq!(starts.recv().unwrap().0, number);
        // It is waited for when it has been told.
        let waits = |event| matches!(event, StreamingEvent::ReceiverStopped(_));
        while !waits(run.events.recv().unwrap()) {}
        run.advance(shortest - 1);
        assert!(
            starts.try_recv().is_err(),
            "the clock stands before the next start"
        );
        run.advance(1);
    }
    run.supervisor.stop();
    assert_eq!(run.ended.recv(), Ok(false));
}
