//! The queue of one partition, and the messages that come out of it.
//!
//! The `rdkafka` crate hands messages over one by one, and tells of the end of a partition
//! without the offset at which it is. Both are needed here: hundreds of records per call, and to
//! know that an end is not one of before the records that are waited for. So this module calls
//! the C library itself, and is the one module of the crate that may.
#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as c;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use crate::client::Context;

/// The most messages that are taken out of a queue at once.
const BATCH: usize = 512;

/// The queue of one partition of a consumer.
pub(crate) struct Queue {
    queue: NonNull<c::rd_kafka_queue_t>,
    /// The queue and its messages belong to the client.
    _client: Arc<BaseConsumer<Context>>,
}

// SAFETY: librdkafka's queues may be used by any thread, and by several.
unsafe impl Send for Queue {}

impl Queue {
    /// The queue of a partition, which from now on is not one with that of the consumer. `None`
    /// if there is no such thing.
    pub(crate) fn of(
        client: &Arc<BaseConsumer<Context>>,
        topic: &str,
        partition: i32,
    ) -> Option<Queue> {
        let topic = CString::new(topic).ok()?;
        let native = client.client().native_ptr();
        // SAFETY: the client lives, and the name ends with a zero.
        let queue = unsafe { c::rd_kafka_queue_get_partition(native, topic.as_ptr(), partition) };
        let queue = NonNull::new(queue)?;
        // SAFETY: the queue was given just now; to forward it nowhere is allowed.
        unsafe { c::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut()) };
        Some(Queue {
            queue,
            _client: Arc::clone(client),
        })
    }

    /// Takes what is there, and waits for the first message if nothing is.
    pub(crate) fn take(&self, patience: Duration, into: &mut VecDeque<Message>) {
        if self.take_some(Duration::ZERO, BATCH, into) == 0 {
            self.take_some(patience, 1, into);
        }
    }

    fn take_some(&self, wait: Duration, most: usize, into: &mut VecDeque<Message>) -> usize {
        let mut taken = [ptr::null_mut(); BATCH];
        let wait = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue lives, and the array has room for as many as are asked for.
        let count = unsafe {
            c::rd_kafka_consume_batch_queue(
                self.queue.as_ptr(),
                wait,
                taken.as_mut_ptr(),
                most.min(BATCH),
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        let messages = taken[..count].iter().copied().filter_map(NonNull::new);
        into.extend(messages.map(Message));
        count
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: it is not used again; the client still lives.
        unsafe { c::rd_kafka_queue_destroy(self.queue.as_ptr()) };
    }
}

/// A message, which is destroyed when it is dropped. It must not outlive its client, which the
/// owner of the queue sees to.
pub(crate) struct Message(NonNull<c::rd_kafka_message_t>);

// SAFETY: a message is a counted buffer that nobody changes.
unsafe impl Send for Message {}

/// The meaning of a message.
pub(crate) enum Event {
    /// There is a record.
    Record,
    /// The partition ends at the message's offset, as far as is known.
    End,
    /// Something is wrong.
    Wrong(RDKafkaErrorCode, String),
}

impl Message {
    fn raw(&self) -> &c::rd_kafka_message_t {
        // SAFETY: it is not destroyed before `self` is dropped.
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn event(&self) -> Event {
        match self.raw().err {
            c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Event::Record,
            c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF => Event::End,
            code => {
                // SAFETY: the message lives, and what is given lives as long, with a zero behind.
                let reason = unsafe {
                    let reason = c::rd_kafka_message_errstr(self.0.as_ptr());
                    match reason.is_null() {
                        true => String::new(),
                        false => CStr::from_ptr(reason).to_string_lossy().into_owned(),
                    }
                };
                Event::Wrong(code.into(), reason)
            }
        }
    }

    pub(crate) fn offset(&self) -> i64 {
        self.raw().offset
    }

    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: so many bytes belong to the message.
        unsafe { bytes(self.raw().payload, self.raw().len) }
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: so many bytes belong to the message.
        unsafe { bytes(self.raw().key, self.raw().key_len) }
    }

    /// Milliseconds since 1970.
    pub(crate) fn timestamp(&self) -> Option<i64> {
        let mut kind = c::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message lives.
        let time = unsafe { c::rd_kafka_message_timestamp(self.0.as_ptr(), &mut kind) };
        (kind != c::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE).then_some(time)
    }

    /// The header of this number.
    pub(crate) fn header(&self, index: usize) -> Option<(&str, Option<&[u8]>)> {
        let mut headers = ptr::null_mut();
        let (mut name, mut value, mut size): (*const c_char, *const c_void, usize) =
            (ptr::null(), ptr::null(), 0);
        // SAFETY: the message lives; what is found in it lives as long.
        unsafe {
            let none = c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
            if c::rd_kafka_message_headers(self.0.as_ptr(), &mut headers) != none
                || c::rd_kafka_header_get_all(headers, index, &mut name, &mut value, &mut size)
                    != none
            {
                return None;
            }
            let name = CStr::from_ptr(name).to_str().unwrap_or("\u{fffd}");
            Some((name, bytes(value, size)))
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { c::rd_kafka_message_destroy(self.0.as_ptr()) };
    }
}

/// # Safety
/// Unless the pointer is null, so many bytes are behind it and live as long as the result.
unsafe fn bytes<'a>(at: *const c_void, len: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    (!at.is_null()).then(|| unsafe { std::slice::from_raw_parts(at.cast(), len) })
}
