//! The life of a context: its states, one of it in a process, and what it tells of itself.

use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};

use millrace::context::{ActiveOrCreated, ContextState};
use millrace::events::{BatchInfo, OutputOperationInfo, ReceiverInfo, StreamingEvent};
use millrace::{Conf, Duration, ErrorKind, StreamingContext, StreamingListener, keys};

use super::support::{Live, failure, run_to_the_end, watched};

/// A context as programs make it, with an output and a socket that nobody serves.
fn context() -> StreamingContext {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[1]");
    let ssc = StreamingContext::new(&conf, Duration::milliseconds(20)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    ssc.socket_text_stream("127.0.0.1", port)
        .foreach_rdd(|_| ());
    ssc
}

#[test]
fn a_context_says_what_it_was_made_of() {
    let ssc = context();
    assert_eq!(ssc.conf().get(keys::MASTER), Some("local[1]"));
    assert_eq!(ssc.batch_duration(), Duration::milliseconds(20));
    let second = ssc.queue_stream(vec![vec![1]]);
    drop(second);
    let inputs = ssc.input_streams();
    let ids: Vec<u32> = inputs.iter().map(|input| input.id.0).collect();
    assert_eq!(ids, [0, 1]);
    assert!(inputs[0].name.starts_with("socket text stream 127.0.0.1:"));
}

/// A checkpoint that cannot be read is refused, or left as it is by who would rather begin anew.
#[test]
fn a_damaged_checkpoint_is_begun_anew_beside_only_when_that_was_asked_for() {
    let context = || {
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[1]");
        conf.set(keys::MAX_BATCHES, "1");
        let ssc = millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap();
        ssc.queue_stream(vec![vec![1]]).foreach_rdd(|_| ());
        Ok(ssc)
    };
    let run = |ssc: StreamingContext| {
        ssc.start()?;
        ssc.await_termination()?;
        Ok::<_, millrace::Error>(ssc.is_recovering())
    };
    for name in ["meta", "log/log-00000000000000000001.log"] {
        let place = tempfile::tempdir().unwrap();
        let goes_on = |on_error: bool| {
            let made = if on_error {
                StreamingContext::get_or_create_on_error(place.path(), context)
            } else {
                StreamingContext::get_or_create(place.path(), context)
            };
            run(made.unwrap())
        };
        assert!(!goes_on(true).unwrap(), "there is nothing yet");
        assert!(goes_on(true).unwrap(), "what is whole is gone on from");
        let path = place.path().join("generation-000001").join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[60] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let error = failure(goes_on(false).map(drop)).to_string();
        assert!(error.contains("is damaged at byte 48"), "{error}");
        assert!(!goes_on(true).unwrap(), "{name}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        // What is damaged and known to be older is in nobody's way.
        assert_eq!(goes_on(false).is_ok(), name != "meta");
    }
}

/// The only test that starts such contexts: tests run side by side in one process.
#[test]
fn one_context_is_active_in_a_process() {
    watched(|| {
        assert!(StreamingContext::get_active().is_none());
        let (one, other) = (context(), context());
        let line = line!() + 1;
        one.start().unwrap();
        assert_eq!(one.get_state(), ContextState::Active);
        let create = || panic!("there is no need for another one");
        let active = StreamingContext::get_active_or_create(None, create).unwrap();
        assert!(matches!(active, ActiveOrCreated::Active(_)));
        let error = failure(other.start());
        assert_eq!(error.kind(), ErrorKind::Illegal);
        let words = "Only one StreamingContext may be started in this process. Currently running \
                     StreamingContext was started at ";
        let place = error.to_string();
        let place = place.strip_prefix(words).expect(words);
        assert!(place.contains(&format!("context.rs:{line}:")), "{place}");
        // One that was refused has not been harmed.
        assert_eq!(other.get_state(), ContextState::Initialized);
        StreamingContext::get_active().unwrap().stop(false);
        one.await_termination().unwrap();
        let place = tempfile::tempdir().unwrap();
        for (directory, there) in [(None, false), (Some(place.path().join("state")), true)] {
            let create = || Ok(context());
            let made = StreamingContext::get_active_or_create(directory.as_deref(), create);
            assert!(matches!(made.unwrap(), ActiveOrCreated::Created(_)));
            assert_eq!(place.path().join("state").is_dir(), there);
        }
        assert!(StreamingContext::get_active().is_none());
        other.start().unwrap();
        other.stop(true);
        assert_eq!(other.get_state(), ContextState::Stopped);
        // One that could not start has not kept the place.
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[1]");
        let empty = StreamingContext::new(&conf, Duration::seconds(1)).unwrap();
        failure(empty.start());
        assert_eq!(empty.get_state(), ContextState::Stopped);
        assert!(StreamingContext::get_active().is_none());
        // One that is dropped while it runs has left it.
        let dropped = context();
        dropped.start().unwrap();
        assert!(StreamingContext::get_active().is_some());
        drop(dropped);
        assert!(StreamingContext::get_active().is_none());
    });
}

#[test]
fn a_run_that_ends_by_itself_has_stopped() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(10), &[(keys::MAX_BATCHES, "2")]);
        live.lines.foreach_rdd(|_| ());
        assert_eq!(live.context.get_state(), ContextState::Initialized);
        live.context.start().unwrap();
        while live.context.get_state() != ContextState::Stopped {
            std::thread::yield_now();
        }
        let error = failure(live.context.start());
        assert_eq!(
            error.to_string(),
            "StreamingContext has already been stopped"
        );
        live.context.await_termination().unwrap();
        let never = Live::new(Duration::seconds(1), &[]).context;
        never.stop(true);
        assert_eq!(never.get_state().to_string(), "STOPPED");
    });
}

/// Stops its context when it is told of a batch, as one may not.
struct Stops {
    context: Arc<OnceLock<Arc<StreamingContext>>>,
    told: Option<Sender<()>>,
}

impl StreamingListener for Stops {
    fn on_batch_completed(&mut self, _: &BatchInfo) {
        if let (Some(told), Some(context)) = (self.told.take(), self.context.get()) {
            context.stop(false);
            told.send(()).unwrap();
        }
    }
}

#[test]
fn a_listener_does_not_stop_its_context() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(10), &[]);
        live.lines.foreach_rdd(|_| ());
        let (told, has_tried) = channel();
        let context = Arc::new(OnceLock::new());
        live.context.add_streaming_listener(Stops {
            context: Arc::clone(&context),
            told: Some(told),
        });
        live.context.start().unwrap();
        let live = Arc::new(live.context);
        context.set(Arc::clone(&live)).unwrap();
        has_tried.recv().unwrap();
        assert_eq!(live.get_state(), ContextState::Active);
        let error = failure(live.await_termination());
        assert_eq!(
            error.to_string(),
            "Cannot stop StreamingContext within listener bus thread."
        );
        live.stop(false);
        live.await_termination().unwrap();
    });
}

#[test]
fn what_is_remembered_is_said_once_and_before_the_start() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(10), &[]);
        live.lines.foreach_rdd(|_| ());
        for duration in [0, -5] {
            let refused = live.context.remember(Duration::milliseconds(duration));
            assert_eq!(failure(refused).kind(), ErrorKind::Illegal);
        }
        live.context.remember(Duration::seconds(1)).unwrap();
        assert_eq!(
            failure(live.context.remember(Duration::seconds(2))).to_string(),
            "Remember duration already set as 1000 ms. Cannot set it again."
        );
        live.context.start().unwrap();
        // Spark 3.5: it changes nothing any more.
        live.context.remember(Duration::seconds(2)).unwrap();
        live.context.stop(false);
    });
}

#[test]
fn a_list_is_cut_into_something() {
    let error = failure(run_to_the_end("", |ssc, lines| {
        assert_eq!(ssc.parallelize_in(vec![1], 0).collect(), [1]);
        lines.print();
    }));
    assert_eq!(error.to_string(), "Positive number of partitions required");
}

/// Notes everything it is told.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<StreamingEvent>>>);

impl Log {
    fn note(&self, event: StreamingEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl StreamingListener for Log {
    fn on_streaming_started(&mut self, time: i64) {
        self.note(StreamingEvent::StreamingStarted { time });
    }
    fn on_receiver_started(&mut self, receiver: &ReceiverInfo) {
        self.note(StreamingEvent::ReceiverStarted(receiver.clone()));
    }
    fn on_receiver_stopped(&mut self, receiver: &ReceiverInfo) {
        self.note(StreamingEvent::ReceiverStopped(receiver.clone()));
    }
    fn on_batch_submitted(&mut self, batch: &BatchInfo) {
        self.note(StreamingEvent::BatchSubmitted(batch.clone()));
    }
    fn on_batch_started(&mut self, batch: &BatchInfo) {
        self.note(StreamingEvent::BatchStarted(batch.clone()));
    }
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.note(StreamingEvent::BatchCompleted(batch.clone()));
    }
    fn on_output_operation_started(&mut self, output: &OutputOperationInfo) {
        self.note(StreamingEvent::OutputOperationStarted(output.clone()));
    }
    fn on_output_operation_completed(&mut self, output: &OutputOperationInfo) {
        self.note(StreamingEvent::OutputOperationCompleted(output.clone()));
    }
}

#[test]
fn a_listener_is_told_everything_of_a_batch_in_order() {
    let log = Log::default();
    let told = log.clone();
    let ended = run_to_the_end("a\nb\nc\n", move |ssc, lines| {
        ssc.add_streaming_listener(log);
        lines.foreach_rdd(|rdd| assert!(rdd.is_empty(), "not a line"));
        lines
            .map(|line| (line, 1))
            .reduce_by_key(|a, b| a + b)
            .foreach_rdd(|rdd| drop(rdd.collect()));
    });
    failure(ended);
    let told = told.0.lock().unwrap();
    assert!(matches!(told[0], StreamingEvent::StreamingStarted { time } if time > 0));
    let receivers: Vec<&ReceiverInfo> = told
        .iter()
        .filter_map(|event| match event {
            StreamingEvent::ReceiverStarted(info) | StreamingEvent::ReceiverStopped(info) => {
                Some(info)
            }
            _ => None,
        })
        .collect();
    let &[started, stopped] = receivers.as_slice() else {
        panic!("{receivers:?}")
    };
    assert!(started.active && started.last_error_time.is_none());
    assert!(!stopped.active && stopped.last_error_message == "The stream has ended");
    assert_eq!(
        (started.name.as_str(), started.executor_id.as_str()),
        ("SocketReceiver-0", "driver")
    );
    // The batch with the lines, from the first event to the last.
    let completed = told.iter().rev().find_map(|event| match event {
        StreamingEvent::BatchCompleted(batch) if batch.num_records() == 3 => Some(batch),
        _ => None,
    });
    let batch = completed.expect("a batch with three lines");
    let time = batch.batch_time;
    let of_batch: Vec<String> = told
        .iter()
        .filter_map(|event| match event {
            StreamingEvent::BatchSubmitted(info) => Some((info.batch_time, "submitted".to_owned())),
            StreamingEvent::BatchStarted(info) => Some((info.batch_time, "started".to_owned())),
            StreamingEvent::BatchCompleted(info) => Some((info.batch_time, "completed".to_owned())),
            StreamingEvent::OutputOperationStarted(info) => {
                Some((info.batch_time, format!("output {} started", info.id)))
            }
            StreamingEvent::OutputOperationCompleted(info) => {
                Some((info.batch_time, format!("output {} completed", info.id)))
            }
            _ => None,
        })
        .filter_map(|(of, what)| (of == time).then_some(what))
        .collect();
    let order = [
        "submitted",
        "started",
        "output 0 started",
        "output 0 completed",
        "output 1 started",
        "output 1 completed",
        "completed",
    ];
    assert_eq!(of_batch, order);
    let inputs: Vec<_> = batch.stream_id_to_input_info.values().collect();
    assert_eq!(
        (inputs.len(), inputs[0].num_records, inputs[0].num_bytes),
        (1, 3, 6)
    );
    let outputs: Vec<_> = batch.output_operation_infos.values().collect();
    assert_eq!(outputs.len(), 2);
    for output in &outputs {
        assert!(output.name.starts_with("foreach_rdd at ") && output.duration().is_some());
    }
    // The one that failed says why, the other one ran all the same.
    let reason = outputs[0].failure_reason.as_ref().unwrap();
    assert!(reason.ends_with("not a line"), "{reason}");
    assert_eq!(outputs[1].failure_reason, None);
    let (scheduling, processing) = (
        batch.scheduling_delay().unwrap(),
        batch.processing_delay().unwrap(),
    );
    assert_eq!(batch.total_delay(), Some(scheduling + processing));
}

#[test]
fn a_listener_that_comes_after_the_start_is_told() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(10), &[]);
        live.lines.foreach_rdd(|_| ());
        live.context.start().unwrap();
        let log = Log::default();
        live.context.add_streaming_listener(log.clone());
        let completed = |log: &Log| {
            let told = log.0.lock().unwrap();
            told.iter()
                .any(|event| matches!(event, StreamingEvent::BatchCompleted(_)))
        };
        while !completed(&log) {
            std::thread::yield_now();
        }
        live.context.stop(false);
    });
}
