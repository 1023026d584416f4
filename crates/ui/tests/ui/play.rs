//! A run that a test plays: its events, and a page that shows them.

use std::collections::BTreeMap;

use millrace_types::{
    BatchInfo, BatchTime, CheckpointInfo, Conf, Duration, OutputOperationInfo, ReceiverInfo,
    StreamId, StreamInputInfo, StreamingEvent, StreamingListener,
};
use millrace_ui::{RunInfo, Ui};

/// The time of the first batch.
pub(crate) const FIRST: i64 = 1_795_951_128_000;

pub(crate) fn conf(settings: &[(&str, &str)]) -> Conf {
    let mut conf = Conf::from_iter([("spark.ui.port", "0")]);
    conf.extend(settings.iter().copied());
    conf
}

/// A page, its address, and the listener that feeds it.
pub(crate) fn page(conf: &Conf) -> (Ui, String, Box<dyn StreamingListener>, RunInfo) {
    let info = RunInfo::new(
        "<script>alert(1)</script>",
        "local[2]",
        Duration::seconds(1),
    );
    let ui = Ui::start(conf, info.clone()).unwrap();
    let address = ui.address().unwrap().unwrap_or_default();
    let listener = Box::new(ui.listener());
    (ui, address, listener, info)
}

pub(crate) fn receiver(error: &str) -> ReceiverInfo {
    ReceiverInfo {
        stream_id: StreamId(0),
        name: "SocketReceiver-0".to_owned(),
        active: error.is_empty(),
        location: "localhost".to_owned(),
        executor_id: "driver".to_owned(),
        last_error_message: error.to_owned(),
        last_error: error.to_owned(),
        last_error_time: (!error.is_empty()).then_some(FIRST),
    }
}

/// Batch number `number` with `records` from a receiver, as far as it has come: `took` is how
/// long it waited and ran. Output 1 fails where `failure` says why.
pub(crate) fn batch(
    number: i64,
    records: u64,
    took: Option<(i64, i64)>,
    failure: Option<&str>,
) -> BatchInfo {
    let time = FIRST + number * 1000;
    let started = took.map(|(waited, _)| time + waited);
    let ended = took.map(|(waited, ran)| time + waited + ran);
    let input = StreamInputInfo {
        input_stream_id: StreamId(0),
        num_records: records,
        num_bytes: records * 10,
        metadata_description: None,
        block_metadata: Vec::new(),
    };
    let output = |id| OutputOperationInfo {
        batch_time: BatchTime::from_millis(time),
        id,
        name: format!("print at words.rs:{id}"),
        description: "print".to_owned(),
        start_time: started,
        end_time: ended,
        failure_reason: failure.filter(|_| id == 1).map(str::to_owned),
    };
    BatchInfo {
        batch_time: BatchTime::from_millis(time),
        stream_id_to_input_info: BTreeMap::from([(StreamId(0), input)]),
        submission_time: time,
        processing_start_time: started,
        processing_end_time: ended,
        output_operation_infos: BTreeMap::from([(0, output(0)), (1, output(1))]),
    }
}

/// The events of a batch that runs to its end.
pub(crate) fn run(
    number: i64,
    records: u64,
    took: (i64, i64),
    failure: Option<&str>,
) -> Vec<StreamingEvent> {
    let done = batch(number, records, Some(took), failure);
    let checkpoint = CheckpointInfo {
        batch_time: done.batch_time,
        bytes: 17,
        write: std::time::Duration::from_micros(90),
        sync: std::time::Duration::from_micros(400),
    };
    vec![
        StreamingEvent::BatchSubmitted(batch(number, records, None, None)),
        StreamingEvent::BatchStarted(batch(number, records, None, None)),
        StreamingEvent::BatchCompleted(done),
        StreamingEvent::BatchCheckpointed(checkpoint),
    ]
}

pub(crate) fn tell(listener: &mut Box<dyn StreamingListener>, events: &[StreamingEvent]) {
    for event in events {
        event.deliver(&mut **listener);
    }
}
