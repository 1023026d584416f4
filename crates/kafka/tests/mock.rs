//! Streams of librdkafka's mock cluster: brokers that go and come, leaders that change, records
//! that are gone or do not come.

#![allow(clippy::unwrap_used)]

mod mock {
    mod cluster;
    mod faults;
    mod life;
    mod limits;
    mod loss;
    mod records;
    mod recovery;
    mod stops;
}
