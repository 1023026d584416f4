//! `direct_kafka_wordcount` on a real broker: exact counts, whoever is killed; offsets that are
//! committed and shown; records that are odd; TLS.
//!
//! The broker is slow, so these tests are for truth and not for speed. Faults of clusters are tried on librdkafka's mock
//! cluster, in `crates/kafka/tests`.

mod anew;
mod broker;
mod counted;
mod memory;
mod odd;
mod recovery;
mod scripted;
mod tls;
