//! The life of a program's receiver: started, restarted, stopped, its panics contained.
//!
//! One thread a receiver, `millrace-recv-N`, calls `on_start` and `on_stop`, cuts the open block
//! at every block interval, and does what the receiver's own threads ask for. It waits on the
//! context's clock, so that tests own the delays. A panic of the program's code restarts its
//! receiver and harms nobody else (law 7).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millrace_types::{BatchTime, StreamId};

use crate::clock::Clock;
use crate::data::Data;
use crate::listener::ListenerBus;
use crate::notice::notice;
use crate::panics::message_of;
use crate::patience::{PATIENCE, Threads};

use super::custom::{Receiver, ReceiverContext};
use super::rate::RateLimiter;
use super::records::RecordGenerator;
use super::reports::{BY_DRIVER, Reports};

/// No start has this number.
const NONE: u64 = 0;

/// What a receiver may ask for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Restart {
        message: String,
        /// The error in full, if there is more of it than the message.
        error: String,
        delay: Duration,
        /// When the delay is over: it begins when the restart is asked for.
        again: BatchTime,
    },
    Stop {
        message: String,
    },
}

/// How a receiver of records behaves.
#[derive(Debug, Clone)]
pub(crate) struct ReceiverSettings {
    pub(crate) stream: StreamId,
    /// `spark.streaming.blockInterval`.
    pub(crate) block_interval: Duration,
    /// `spark.streaming.receiverRestartDelay`.
    pub(crate) restart_delay: Duration,
}

/// What the supervisor shares with the contexts it gives out.
pub(super) struct Shared<T> {
    pub(super) records: RecordGenerator<T>,
    pub(super) stream: StreamId,
    pub(super) restart_delay: Duration,
    reports: Reports,
    limiter: Option<RateLimiter>,
    clock: Arc<dyn Clock>,
    /// The start that runs, or `NONE`. Written under the lock of `command`.
    runs: AtomicU64,
    command: Mutex<Option<Command>>,
    /// The context stops.
    stopping: AtomicBool,
    /// What was said last, until something is stored again: a sender that is away is reported
    /// once and not once a try.
    said: Mutex<Option<String>>,
    threads: Arc<Threads>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Data> Shared<T> {
    pub(super) fn runs(&self, start: u64) -> bool {
        self.runs.load(Ordering::Acquire) == start
    }

    /// Waits until the rate allows one more record.
    pub(super) fn pass(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.pass(&|| self.is_stopping());
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether the supervisor has something to do: nothing runs any more.
    fn is_wanted(&self) -> bool {
        self.runs(NONE)
    }

    /// Asks the supervisor for something, in the name of a start that still runs.
    pub(super) fn command(&self, start: u64, command: Command) {
        {
            let mut asked = lock(&self.command);
            if !self.runs(start) {
                return;
            }
            *asked = Some(command);
            self.runs.store(NONE, Ordering::Release);
        }
        self.clock.wake();
    }

    /// Notes that a start begins, unless the context stops.
    fn begin(&self, start: u64) -> bool {
        let _command = lock(&self.command);
        if self.is_stopping() {
            return false;
        }
        self.runs.store(start, Ordering::Release);
        true
    }

    fn stop(&self) {
        {
            let _command = lock(&self.command);
            self.stopping.store(true, Ordering::Release);
            self.runs.store(NONE, Ordering::Release);
        }
        self.clock.wake();
    }

    /// Tells of an error with which the receiver goes on.
    pub(super) fn error(&self, message: &str, error: &str) {
        self.reports.error(message, error);
        self.say(message, message);
    }

    /// Says `line` on standard error if `message` is news.
    fn say(&self, message: &str, line: &str) {
        let mut said = lock(&self.said);
        if self.records.take_stored() {
            *said = None;
        }
        if said.as_deref() != Some(message) {
            notice(format_args!("receiver {}: {line}", self.stream.0));
            *said = Some(message.to_owned());
        }
    }

    pub(super) fn spawn(
        self: &Arc<Self>,
        name: &str,
        context: ReceiverContext<T>,
        body: impl FnOnce(ReceiverContext<T>) + Send + 'static,
    ) {
        let (own, thread) = (context.clone(), name.to_owned());
        let running = self.threads.one_more();
        let started = std::thread::Builder::new()
            .name(format!("millrace-recv-{}-{name}", self.stream.0))
            .spawn(move || {
                let _running = running;
                let ended = catch_unwind(AssertUnwindSafe(|| body(own.clone())));
                if let Err(payload) = ended {
                    let error = message_of(&*payload);
                    own.restart_because(&format!("its thread {thread} panicked: {error}"), error);
                }
            });
        if let Err(error) = started {
            context.restart(&format!("cannot start its thread {name}: {error}"));
        }
    }

    /// `length` from now.
    pub(super) fn after(&self, length: Duration) -> BatchTime {
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        BatchTime::from_millis(self.clock.now().saturating_add(length))
    }

    /// Waits for the threads of the receiver; says so if some do not end in time.
    fn join(&self, patience: Duration) {
        let left = self.threads.wait(patience);
        if left > 0 {
            notice(format_args!(
                "receiver {}: {left} of its threads did not end when it was stopped and are left \
                 behind; what they store from now on is not taken",
                self.stream.0
            ));
        }
    }
}

/// The name of a receiver's type, as reports have it (Spark: the name of the class).
pub(crate) fn class_of<R>() -> &'static str {
    let path = std::any::type_name::<R>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

/// Runs a receiver.
pub(crate) struct Supervisor<R: Receiver> {
    shared: Arc<Shared<R::Item>>,
    receiver: Mutex<R>,
    block_interval: Duration,
    patience: Duration,
}

impl<R: Receiver> Supervisor<R> {
    pub(crate) fn new(
        receiver: R,
        settings: &ReceiverSettings,
        records: RecordGenerator<R::Item>,
        limiter: Option<RateLimiter>,
        clock: Arc<dyn Clock>,
        listeners: Arc<ListenerBus>,
    ) -> Supervisor<R> {
        let reports = Reports {
            stream: settings.stream,
            name: format!("{}-{}", class_of::<R>(), settings.stream.0),
            listeners,
            clock: Arc::clone(&clock),
        };
        let shared = Shared {
            records,
            stream: settings.stream,
            restart_delay: settings.restart_delay,
            reports,
            limiter,
            clock,
            runs: AtomicU64::new(NONE),
            command: Mutex::new(None),
            stopping: AtomicBool::new(false),
            said: Mutex::new(None),
            threads: Arc::default(),
        };
        Supervisor {
            shared: Arc::new(shared),
            receiver: Mutex::new(receiver),
            block_interval: settings.block_interval,
            patience: PATIENCE,
        }
    }

    /// Asks the receiver to end.
    pub(crate) fn stop(&self) {
        self.shared.stop();
    }

    /// Takes no records any more: it did not end when it was asked to.
    pub(crate) fn leave(&self) {
        self.shared.records.close();
    }

    /// Takes a block that an earlier run has written down.
    pub(crate) fn restore(&self, written: &[u8]) -> Result<(), String> {
        self.shared.records.restore(written)
    }

    /// Cuts the open block.
    pub(crate) fn seal(&self) {
        self.shared.records.seal();
    }

    /// Runs the receiver until it stops or is stopped; says whether it stopped by itself.
    pub(crate) fn run(&self) -> bool {
        let shared = &self.shared;
        let mut receiver = lock(&self.receiver);
        let mut start = NONE;
        // Why it stopped, if it did so by itself.
        let by_itself = loop {
            start += 1;
            if !shared.begin(start) {
                break None;
            }
            shared.reports.started();
            let context = ReceiverContext::new(Arc::clone(shared), start);
            let started = catch_unwind(AssertUnwindSafe(|| receiver.on_start(context.clone())));
            if let Err(payload) = started {
                let error = message_of(&*payload);
                context.restart_because(&format!("on_start panicked: {error}"), error);
            }
            self.serve();
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| receiver.on_stop())) {
                let error = message_of(&*payload);
                shared.error(&format!("on_stop panicked: {error}"), &error);
            }
            // Not in the head of the match, whose temporaries live as long as its arms: whoever
            // stops the receiver takes this lock, and the restart below waits.
            let asked = lock(&shared.command).take();
            match asked {
                None => break None,
                Some(Command::Stop { message }) => {
                    notice(format_args!(
                        "receiver {}: stopped: {message}",
                        shared.stream.0
                    ));
                    break Some(message);
                }
                Some(Command::Restart {
                    message,
                    error,
                    delay,
                    again,
                }) => {
                    let line = format!("{message}; starting it again after {delay:?}");
                    shared.reports.restarts(delay, &message, &error);
                    shared.say(&message, &line);
                    shared.clock.wait_until(again, &|| shared.is_stopping());
                }
            }
        };
        shared.join(self.patience);
        shared.records.close();
        let reason = by_itself.as_deref();
        shared.reports.stopped(reason.unwrap_or(BY_DRIVER));
        by_itself.is_some()
    }

    /// Cuts blocks until the receiver is to end.
    fn serve(&self) {
        let shared = &self.shared;
        while !shared.is_wanted() {
            let next = shared.after(self.block_interval);
            shared.clock.wait_until(next, &|| shared.is_wanted());
            shared.records.seal();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, channel};
    use std::thread;

    use millrace_types::{Duration as Millis, ReceiverInfo, StreamingEvent, StreamingListener};

    use super::*;
    use crate::clock::ManualClock;
    use crate::pipeline::{NodeId, Pipeline, Received};
    use crate::receiver::{Budget, InputSpec, InputTracker};

    const NODE: NodeId = NodeId(0);

    /// What a receiver under test does when it is started or stopped, and that it was.
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
            let settings = ReceiverSettings {
                stream: StreamId(5),
                block_interval: Duration::from_millis(200),
                restart_delay: Duration::from_secs(2),
            };
            let receiver = Scripted {
                start: Box::new(start),
                stop: Box::new(stop),
            };
            let (tell, events) = channel();
            let mut supervisor = Supervisor::new(
                receiver,
                &settings,
                RecordGenerator::new(budget, Arc::clone(&tracker), 0),
                None,
                Arc::new(clock.clone()),
                ListenerBus::start(vec![Box::new(Telling(tell))]).unwrap(),
            );
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
            let batch = self.tracker.cut(BatchTime::from_millis(0), &[], 0);
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
        let (number, third) = starts.recv().unwrap();
        assert_eq!(number, 3);
        third.store_block(vec![3, 4]);
        run.supervisor.stop();
        assert_eq!(run.ended.recv(), Ok(false));
        assert_eq!(run.records(), [1, 2, 3, 4]);
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
        let wait = Mutex::new(Some(wait));
        let (run, starts, _stops) = telling(move |_, context| {
            let (wait, told) = (lock(&wait).take(), told.clone());
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
        run.supervisor.leave();
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
}
