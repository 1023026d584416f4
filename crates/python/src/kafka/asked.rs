//! The topics that a program asks for, and the parts of a record that it wants.

use std::collections::BTreeMap;

use millrace_kafka::{KafkaOptions, StartingOffsets, Topics};
use pyo3::prelude::*;

/// The topics of a stream, and where it begins.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Asked {
    pub(super) brokers: String,
    /// Names of topics, unless there is a pattern or there are offsets.
    topics: Vec<String>,
    pattern: Option<String>,
    /// Offsets to begin at, by topic and partition: these partitions and no others are read.
    offsets: Vec<(String, i32, i64)>,
    /// Parameters of the client.
    params: BTreeMap<String, String>,
    /// True if it begins where the group has committed.
    of_group: bool,
}

impl Asked {
    pub(super) fn resolved(&self) -> (Topics, KafkaOptions) {
        let mut options = params(&self.params);
        if self.of_group {
            options = options.starting_offsets(StartingOffsets::Committed);
        }
        if !self.offsets.is_empty() {
            let parts = self.offsets.iter();
            let topics = Topics::assign(parts.map(|(topic, part, _)| (topic.clone(), *part)));
            let offsets = self.offsets.iter().cloned();
            let offsets = offsets.map(|(topic, part, offset)| ((topic, part), offset));
            let starting = StartingOffsets::At(offsets.collect());
            return (topics, options.starting_offsets(starting));
        }
        let topics = match &self.pattern {
            Some(pattern) => Topics::pattern(pattern),
            None => Topics::subscribe(&self.topics),
        };
        (topics, options)
    }
}

/// Options of these parameters.
pub(super) fn params(params: &BTreeMap<String, String>) -> KafkaOptions {
    let each = params.iter();
    each.fold(KafkaOptions::new(), |options, (key, value)| {
        options.param(key, value)
    })
}

/// The parts of a record that a program wants.
#[derive(FromPyObject, Clone, Copy)]
#[pyo3(from_item_all)]
pub(crate) struct Wanted {
    /// True if a key is text, and not bytes that the program decodes.
    pub(super) key_is_text: bool,
    /// The same of a value.
    pub(super) value_is_text: bool,
    /// True if topic, partition, offset and time come first.
    pub(super) place: bool,
    /// True if the headers come last.
    pub(super) headers: bool,
}

impl Wanted {
    /// True if a record is its key and value and nothing else.
    pub(super) fn is_pair(self) -> bool {
        !self.place && !self.headers
    }
}
