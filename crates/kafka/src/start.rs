//! The offsets at which a stream begins.
//!
//! `latest` is what is there when the stream is described, and not when its first batch is due:
//! who starts a program and sends something then wants to see it. So the brokers are asked at
//! once, by a thread, because a description must not wait for them.

use std::collections::BTreeMap;
use std::io;
use std::thread::{self, JoinHandle};

use crate::fault::Fault;
use crate::planner::{Part, Planner, View};
use crate::starting::{NEWEST, OLDEST, StartingOffsets};

type Looked = (Planner, Option<View>);

/// The planner, which looks for itself first.
pub(crate) enum Start {
    Looking(JoinHandle<Looked>),
    Ready(Box<Looked>),
    /// The thread has panicked, which it has no reason for.
    Lost,
}

impl Start {
    pub(crate) fn look(mut planner: Planner) -> io::Result<Start> {
        let looking = thread::Builder::new().name("millrace-kafka".to_owned());
        let looking = looking.spawn(move || {
            let view = planner.look().ok();
            (planner, view)
        })?;
        Ok(Start::Looking(looking))
    }

    /// The planner, and what it saw when the stream was described.
    pub(crate) fn planner(&mut self) -> io::Result<(&mut Planner, Option<&View>)> {
        if let Start::Looking(_) = self
            && let Start::Looking(looking) = std::mem::replace(self, Start::Lost)
            && let Ok(looked) = looking.join()
        {
            *self = Start::Ready(Box::new(looked));
        }
        match self {
            Start::Ready(looked) => Ok((&mut looked.0, looked.1.as_ref())),
            _ => Err(Fault::NoPlanner.into()),
        }
    }

    /// The planner, if it has looked.
    pub(crate) fn ready(&self) -> Option<&Planner> {
        match self {
            Start::Ready(looked) => Some(&looked.0),
            _ => None,
        }
    }
}

/// The first offset of every partition; `before` is what was there when the stream was described.
///
/// # Errors
/// If an offset that was given is not there.
pub(crate) fn starting(
    asked: &StartingOffsets,
    before: Option<&View>,
    now: &View,
) -> io::Result<BTreeMap<Part, i64>> {
    let mut next = BTreeMap::new();
    for (part, ends) in &now.ends {
        let latest = match before {
            // What was not there then has come since.
            Some(before) => before.ends.get(part).map_or(ends.low, |ends| ends.high),
            None => ends.high,
        };
        let from = match asked {
            // What a group has committed is laid over this.
            StartingOffsets::Latest | StartingOffsets::Committed => latest,
            StartingOffsets::Earliest => ends.low,
            StartingOffsets::At(offsets) => match offsets.get(part) {
                None | Some(&NEWEST) => latest,
                Some(&OLDEST) => ends.low,
                Some(&offset) if (ends.low..=ends.high).contains(&offset) => offset,
                Some(offset) => {
                    return Err(Fault::StartsNowhere(part.clone(), *offset, *ends).into());
                }
            },
        };
        // Records may have gone since.
        next.insert(part.clone(), from.max(ends.low));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::Ends;

    fn view(parts: &[(i32, i64, i64)]) -> View {
        let ends = parts
            .iter()
            .map(|&(partition, low, high)| (("t".to_owned(), partition), Ends { low, high }));
        View {
            ends: ends.collect(),
            ..View::default()
        }
    }

    fn from(asked: &StartingOffsets, before: Option<&View>) -> Vec<i64> {
        let now = view(&[(0, 2, 9), (1, 0, 5)]);
        starting(asked, before, &now)
            .unwrap()
            .into_values()
            .collect()
    }

    #[test]
    fn latest_is_what_was_there_when_the_stream_was_described() {
        let before = view(&[(0, 0, 7)]);
        assert_eq!(from(&StartingOffsets::Latest, Some(&before)), [7, 0]);
        assert_eq!(from(&StartingOffsets::Latest, None), [9, 5]);
        assert_eq!(from(&StartingOffsets::Earliest, Some(&before)), [2, 0]);
    }

    #[test]
    fn offsets_that_are_given_must_be_there() {
        let at = |text| StartingOffsets::parse(text).unwrap();
        assert_eq!(from(&at(r#"{"t":{"0":4,"1":-2}}"#), None), [4, 0]);
        assert_eq!(from(&at(r#"{"t":{"0":-1}}"#), None), [9, 5]);
        let now = view(&[(0, 2, 9)]);
        let error = starting(&at(r#"{"t":{"0":1}}"#), None, &now).unwrap_err();
        let expected = "topic t, partition 0: the starting offset 1 is not there: there are 2 to 9";
        assert_eq!(error.to_string(), expected);
    }
}
