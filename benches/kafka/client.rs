//! The client library alone: one consumer of all partitions, and hundreds of records per call.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::hint::black_box;
use std::ptr;
use std::time::Instant;

use rdkafka::ClientConfig;
use rdkafka::bindings as c;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::{Outcome, Read, TOPIC};

/// The most records of a call.
const BATCH: usize = 512;

/// The wait for a record, in milliseconds.
const WAIT: i32 = 60_000;

/// Takes records out of a queue, as many as there is room for; gives how many there were.
fn take(
    queue: *mut c::rd_kafka_queue_t,
    wait: i32,
    into: &mut [*mut c::rd_kafka_message_t],
) -> usize {
    // SAFETY: the queue lives, and there is room for as many as are asked for.
    let count =
        unsafe { c::rd_kafka_consume_batch_queue(queue, wait, into.as_mut_ptr(), into.len()) };
    usize::try_from(count).unwrap_or(0)
}

/// Reads so many records.
///
/// # Errors
/// If the library refuses something or a record does not come.
pub(crate) fn read(brokers: &str, records: u64, partitions: i32) -> Outcome<Read> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config.set("group.id", "bench");
    config.set("enable.auto.commit", "false");
    // By default it fetches nothing for a second whenever a hundred thousand records wait.
    config.set("queued.min.messages", "1000000");
    config.set("fetch.queue.backoff.ms", "5");
    let consumer: BaseConsumer = config.create()?;
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        let added = all.add_partition_offset(TOPIC, partition, Offset::Beginning);
        added?;
    }
    consumer.assign(&all)?;
    // SAFETY: the client lives until the end of the function.
    let queue = unsafe { c::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
    let (mut first, mut count) = (None, 0);
    while count < records {
        let mut taken = [ptr::null_mut(); BATCH];
        // A call that may wait does so until all of them are there.
        let some = take(queue, 0, &mut taken);
        let taken_count = match some {
            0 => take(queue, WAIT, &mut taken[..1]),
            some => some,
        };
        if taken_count == 0 {
            return Err(format!("{count} records have come, and then none").into());
        }
        first.get_or_insert_with(Instant::now);
        for message in &taken[..taken_count] {
            // SAFETY: the call gave it, and nobody else has it.
            unsafe {
                let payload: *const c_void = (**message).payload;
                let is_record =
                    (**message).err == c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
                count += u64::from(is_record);
                if !payload.is_null() {
                    black_box(*payload.cast::<u8>());
                }
                c::rd_kafka_message_destroy(*message);
            }
        }
    }
    let last = Instant::now();
    // SAFETY: it is not used again.
    unsafe { c::rd_kafka_queue_destroy(queue) };
    Ok(Read {
        records: count,
        first: first.unwrap_or(last),
        last,
    })
}
