//! The beginning of a run that goes on from a checkpoint: its first batch, the batches that are run
//! again, and the lines that say so.

use millrace_engine::error::{Error, Result};
use millrace_runtime::checkpoint::{Opened, described};
use millrace_runtime::notice::news;
use millrace_runtime::receiver::{Replayed, Written, stream_of};
use millrace_runtime::scheduler::{BatchQueue, Engine, FirstBatch, submit};
use millrace_types::{BatchTime, Duration, counted};

use super::missed::Missed;

/// Runs the batches of an earlier run again that were cut and not committed, each with its blocks
/// and its time, or `again`, of which nothing was received; and puts what was in no batch into the
/// one that is open.
pub(super) fn replay(
    engine: &Engine,
    streams: &[u32],
    replayed: Replayed,
    missed: Option<Missed>,
    again: Option<FirstBatch>,
    queue: &BatchQueue,
) -> Result<()> {
    let restore = |blocks: Vec<Written>| {
        for (_, payload) in blocks {
            let (stream, written) = stream_of(&payload).unwrap_or_default();
            let receiver = streams.iter().position(|own| *own == stream);
            let receiver = receiver.and_then(|at| engine.receivers.get(at));
            let refused = |what: &dyn std::fmt::Display| {
                Error::illegal(format!(
                    "a block of stream {stream} in the write-ahead log cannot be run: {what}"
                ))
            };
            let Some(receiver) = receiver else {
                return Err(refused(&"the program does not receive it any more"));
            };
            receiver.restore(written).map_err(|error| refused(&error))?;
        }
        Ok(())
    };
    say_replay(&replayed);
    let mut missed = missed;
    for again in replayed.batches {
        if let Some(missed) = &mut missed {
            queue.push_empty(missed.before(&again, engine.clock.now()));
        }
        restore(again.blocks)?;
        let now = engine.clock.now();
        let epoch = engine.executor.epochs().close_batch();
        let mut batch = engine.tracker.close_batch(again.time, &engine.stages, now);
        batch.epoch = epoch;
        batch.number = again.number;
        batch.log = Some(again.position);
        submit(engine, batch, queue);
    }
    if let Some(again) = again {
        let epoch = engine.executor.epochs().close_batch();
        let now = engine.clock.now();
        let mut batch = engine.tracker.close_batch(again.time, &engine.stages, now);
        (batch.number, batch.epoch) = (again.number, epoch);
        submit(engine, batch, queue);
    }
    restore(replayed.open)
}

/// Says what of an earlier run is run, in one line.
fn say_replay(replayed: &Replayed) {
    let cut = replayed.batches.len();
    let of_batches = replayed.batches.iter().flat_map(|batch| &batch.blocks);
    let sizes: Vec<usize> = of_batches
        .chain(&replayed.open)
        .map(|(_, payload)| payload.len())
        .collect();
    let (blocks, bytes) = (sizes.len(), sizes.iter().sum::<usize>());
    let again = match cut {
        0 => String::new(),
        1 => "; 1 batch that was cut short is run again".to_owned(),
        _ => format!("; {cut} batches that were cut short are run again"),
    };
    if blocks > 0 || cut > 0 {
        let (blocks, bytes) = (counted(blocks, "block"), counted(bytes, "byte"));
        news(format_args!(
            "going on with what was received before the crash: {blocks} ({bytes}) of the \
             write-ahead log{again}"
        ));
    }
}

/// Says from which generation a run goes on, behind which batch, and how many ticks have passed
/// since, with the first batch at `first` and the time now; of a run that leaves them out another
/// line says that.
pub(super) fn say_recovery(
    opened: &Opened,
    first: &FirstBatch,
    now: i64,
    interval: Duration,
    skips_missed: bool,
) {
    if !opened.recovers {
        return;
    }
    let place = opened.checkpoint.place();
    let behind = match (opened.last, opened.cut_short) {
        (Some(last), _) => format!("after its {}", described(&last)),
        (None, Some(_)) => "with its first batch, which was cut short".to_owned(),
        (None, None) => {
            news(format_args!(
                "going on from {place}, which has no batch yet"
            ));
            return;
        }
    };
    if skips_missed {
        news(format_args!("going on from {place} {behind}"));
        return;
    }
    let late = now - first.time.as_millis();
    let missed = match late {
        0.. => late / interval.as_millis() + 1,
        _ => 0,
    };
    let s = if missed == 1 { "" } else { "s" };
    news(format_args!(
        "going on from {place} {behind}; {missed} interval{s} missed since"
    ));
}

/// The batches that a run begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begin {
    /// The batch that was cut short, if its time stands apart from the others'.
    pub(super) again: Option<FirstBatch>,
    pub(super) first: FirstBatch,
}

/// The first batch of a run at `now`: the first multiple of the interval after it; or, of a run
/// that goes on, the batch that was cut short, else the one after the last that was committed.
/// Batches that were missed meanwhile are made one after the other, each with its own time (Spark
/// 3.5). With another interval than before there is no grid to go on with, and nothing that was
/// missed; what was cut short has its own time then, too.
pub(super) fn begin(
    opened: Option<&Opened>,
    now: i64,
    interval: Duration,
    skips_missed: bool,
) -> Begin {
    let anew = BatchTime::from_millis(now).next_multiple_after(interval);
    let at = |number: u64, time: BatchTime| FirstBatch { time, number };
    let last = opened.and_then(|opened| opened.last);
    let after = last.map(|last| {
        at(
            last.number + 1,
            BatchTime::from_millis(last.time) + interval,
        )
    });
    let cut_short = opened.and_then(|opened| opened.cut_short);
    let again = cut_short.map(|cut| at(cut.number, BatchTime::from_millis(cut.time)));
    let same = opened.is_some_and(|opened| opened.interval_ms == interval.as_millis());
    match (again, after) {
        (Some(first), _) | (None, Some(first)) if same && !skips_missed => {
            Begin { again: None, first }
        }
        (Some(cut), _) => Begin {
            again,
            first: at(cut.number + 1, anew.max(cut.time + interval)),
        },
        // Never a time that was before.
        (None, Some(after)) => Begin {
            again: None,
            first: at(after.number, anew.max(after.time)),
        },
        (None, None) => Begin {
            again: None,
            first: at(1, anew),
        },
    }
}
