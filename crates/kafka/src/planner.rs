//! A look at what the brokers have at this moment: partitions, and the offsets at which they
//! begin and end.
//!
//! Asked when the turn of a batch has come, by a client that reads nothing: a request for records
//! that are not there yet would hold up the answers behind it on the same connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::client::Context;
use crate::fault::{Trouble, Unreachable, subject};
use crate::topics::Selection;

/// The time that brokers may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same when they have not answered before: batches go on without them.
const GLANCE: Duration = Duration::from_millis(150);

/// The time in which a client says why a connection has failed.
const NEWS: Duration = Duration::from_millis(300);
/// The end of a reason that says less than those before it.
pub(crate) const LESS: &str = "brokers are down";
/// The number of times that they are asked again when a leader has changed meanwhile.
const RETRIES: usize = 3;

/// A topic and one of its partitions.
pub(crate) type Part = (String, i32);

/// The offsets at which a partition begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    /// The offset of the oldest record.
    pub(crate) low: i64,
    /// The offset behind the newest record.
    pub(crate) high: i64,
}

/// The partitions that the brokers have.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) ends: BTreeMap<Part, Ends>,
    /// Troubles, by what they are with.
    pub(crate) troubles: BTreeMap<String, Trouble>,
}

pub(crate) struct Planner {
    pub(crate) client: Arc<BaseConsumer<Context>>,
    selection: Selection,
    answered: bool,
    /// The reason that a connection has failed, until it has not: the client says it once in half a
    /// minute.
    known: Option<String>,
}

impl Planner {
    pub(crate) fn new(client: Arc<BaseConsumer<Context>>, selection: Selection) -> Planner {
        Planner {
            client,
            selection,
            answered: true,
            known: None,
        }
    }

    /// Asks the brokers.
    ///
    /// # Errors
    /// If they cannot be asked.
    pub(crate) fn look(&mut self) -> Result<View, Unreachable> {
        let patience = if self.answered { PATIENCE } else { GLANCE };
        let deadline = Instant::now() + patience;
        let mut view = self.view(deadline);
        for _ in 0..RETRIES {
            match &view {
                Err(error) if has_moved(error) => view = self.view(deadline),
                _ => break,
            }
        }
        let patience = if self.answered { NEWS } else { Duration::ZERO };
        self.answered = view.is_ok();
        if self.answered {
            // What a connection had to say before is of no use any more.
            drop(self.reason(Duration::ZERO));
            self.known = None;
        }
        view.map_err(|cause| Unreachable {
            cause,
            connection: self.newest_reason(patience),
        })
    }

    fn newest_reason(&mut self, patience: Duration) -> Option<String> {
        let news = self.reason(patience);
        if self.known.is_none() || news.as_ref().is_some_and(|it| !it.ends_with(LESS)) {
            self.known = news;
        }
        self.known.clone()
    }

    /// The newest error of a connection, which may come a moment after the request has failed.
    fn reason(&self, patience: Duration) -> Option<String> {
        let deadline = Instant::now() + patience;
        loop {
            // It comes out of the queue of events.
            while self.client.poll(Duration::ZERO).is_some() {}
            let reason = self.client.context().take_reason();
            let left = deadline.saturating_duration_since(Instant::now());
            if reason.is_some() || left.is_zero() {
                return reason;
            }
            drop(self.client.poll(left.min(Duration::from_millis(20))));
        }
    }

    /// The offsets that the group has committed of these partitions, where it has any.
    ///
    /// # Errors
    /// If the group cannot be asked.
    pub(crate) fn committed<'a>(
        &mut self,
        parts: impl Iterator<Item = &'a Part>,
    ) -> Result<BTreeMap<Part, i64>, Unreachable> {
        let mut asked = TopicPartitionList::new();
        for (topic, partition) in parts {
            asked.add_partition(topic, *partition);
        }
        if asked.count() == 0 {
            return Ok(BTreeMap::new());
        }
        let answer = self.client.committed_offsets(asked, PATIENCE);
        let answer = answer.map_err(|cause| Unreachable {
            cause,
            connection: self.newest_reason(NEWS),
        })?;
        let answer = answer.elements().into_iter();
        let some = answer.filter_map(|it| match it.offset() {
            Offset::Offset(offset) => Some(((it.topic().to_owned(), it.partition()), offset)),
            _ => None,
        });
        Ok(some.collect())
    }

    fn view(&self, deadline: Instant) -> Result<View, KafkaError> {
        let mut view = View::default();
        let parts = self.parts(deadline, &mut view.troubles)?;
        if parts.is_empty() {
            return Ok(view);
        }
        let low = self.offsets(&parts, Offset::Beginning, deadline)?;
        let high = self.offsets(&parts, Offset::End, deadline)?;
        for part in parts {
            match (low.get(&part), high.get(&part)) {
                (Some(&Ok(low)), Some(&Ok(high))) => {
                    view.ends.insert(part, Ends { low, high });
                }
                (Some(Err(trouble)), _) | (_, Some(Err(trouble))) => {
                    view.troubles.insert(subject(&part), trouble.clone());
                }
                _ => {
                    view.troubles.insert(subject(&part), Trouble::Offsets(None));
                }
            }
        }
        Ok(view)
    }

    /// The partitions that there are and that somebody leads.
    fn parts(
        &self,
        deadline: Instant,
        troubles: &mut BTreeMap<String, Trouble>,
    ) -> Result<Vec<Part>, KafkaError> {
        let mut names: Vec<Option<&str>> = match &self.selection {
            Selection::Named(names) => names.iter().map(|name| Some(name.as_str())).collect(),
            Selection::Parts(parts) => parts.iter().map(|(name, _)| Some(name.as_str())).collect(),
            Selection::Matching(_) => vec![None],
        };
        names.dedup();
        let mut parts = Vec::new();
        for name in names {
            let metadata = self.client.fetch_metadata(name, left(deadline))?;
            for topic in metadata.topics() {
                if !self.selection.takes(topic.name()) {
                    continue;
                }
                if let Some(error) = topic.error() {
                    let error = RDKafkaErrorCode::from(error);
                    let topic = format!("topic {}", topic.name());
                    troubles.insert(topic, Trouble::Topic(error));
                    continue;
                }
                for partition in topic.partitions() {
                    let part = (topic.name().to_owned(), partition.id());
                    match partition.leader() {
                        -1 => {
                            troubles.insert(subject(&part), Trouble::NoLeader);
                        }
                        _ => parts.push(part),
                    }
                }
            }
        }
        if let Selection::Parts(wanted) = &self.selection {
            parts.retain(|part| wanted.contains(part));
            for part in wanted.iter().filter(|part| !parts.contains(part)) {
                let trouble = troubles.entry(subject(part));
                trouble.or_insert(Trouble::NoPartition);
            }
        }
        parts.sort();
        Ok(parts)
    }

    /// The offsets at one of the ends, in one request for each broker.
    fn offsets(
        &self,
        parts: &[Part],
        end: Offset,
        deadline: Instant,
    ) -> Result<BTreeMap<Part, Result<i64, Trouble>>, KafkaError> {
        let mut asked = TopicPartitionList::with_capacity(parts.len());
        for (topic, partition) in parts {
            asked.add_partition_offset(topic, *partition, end)?;
        }
        let answer = self.client.offsets_for_times(asked, left(deadline))?;
        let answer = answer.elements().into_iter().map(|it| {
            let offset = match (it.error(), it.offset()) {
                (Err(error), _) => Err(Trouble::Offsets(Some(error))),
                (Ok(()), Offset::Offset(offset)) => Ok(offset),
                (Ok(()), _) => Err(Trouble::Offsets(None)),
            };
            ((it.topic().to_owned(), it.partition()), offset)
        });
        Ok(answer.collect())
    }
}

/// Says whether a broker was asked that leads a partition no more.
fn has_moved(error: &KafkaError) -> bool {
    let codes = [
        RDKafkaErrorCode::NotLeaderForPartition,
        RDKafkaErrorCode::LeaderNotAvailable,
    ];
    error
        .rdkafka_error_code()
        .is_some_and(|code| codes.contains(&code))
}

fn left(deadline: Instant) -> Duration {
    let left = deadline.saturating_duration_since(Instant::now());
    left.max(Duration::from_millis(1))
}
