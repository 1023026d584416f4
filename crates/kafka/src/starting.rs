//! The offsets at which a stream begins that has no checkpoint to go on from.

use std::collections::BTreeMap;

use crate::error::Error;

/// The offsets at which a stream begins that has no checkpoint to go on from. Partitions and
/// topics that appear later are always read from their first record on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartingOffsets {
    /// Behind what is there when the stream is described.
    #[default]
    Latest,
    /// At the oldest record that is there.
    Earliest,
    /// At these offsets, by topic and partition; -2 is the oldest record, -1 is behind the
    /// newest. Partitions that are not named begin as with [`Latest`](StartingOffsets::Latest).
    At(BTreeMap<(String, i32), i64>),
    /// The offsets that the group of the parameter `group.id` has committed; a partition of which
    /// it has committed nothing begins where `auto.offset.reset` says, by default at the end.
    Committed,
}

/// The number that stands for the oldest record in [`StartingOffsets::At`], as in Spark.
pub(crate) const OLDEST: i64 = -2;
/// The number that stands for behind the newest one.
pub(crate) const NEWEST: i64 = -1;

impl StartingOffsets {
    /// Reads `latest` or `largest`, `earliest` or `smallest`, `committed`, or JSON of offsets as
    /// Spark has it.
    ///
    /// ```
    /// use millrace_kafka::StartingOffsets;
    /// let offsets = StartingOffsets::parse(r#"{"orders":{"0":23,"1":-2}}"#)?;
    /// let StartingOffsets::At(offsets) = offsets else { unreachable!() };
    /// assert_eq!(offsets[&("orders".to_owned(), 0)], 23);
    /// # Ok::<(), millrace_kafka::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it is none of these, or an offset is below -2.
    pub fn parse(text: &str) -> Result<StartingOffsets, Error> {
        let wrong = |reason: String| Error::StartingOffsets {
            given: text.to_owned(),
            reason,
        };
        match text.trim() {
            "latest" | "largest" => return Ok(StartingOffsets::Latest),
            "earliest" | "smallest" => return Ok(StartingOffsets::Earliest),
            "committed" => return Ok(StartingOffsets::Committed),
            _ => {}
        }
        let topics: BTreeMap<String, BTreeMap<i32, i64>> =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut offsets = BTreeMap::new();
        for (topic, partitions) in topics {
            for (partition, offset) in partitions {
                if offset < OLDEST || partition < 0 {
                    let reason = format!("{topic} has {offset} at partition {partition}");
                    return Err(wrong(reason));
                }
                offsets.insert((topic.clone(), partition), offset);
            }
        }
        Ok(StartingOffsets::At(offsets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_both_ages_and_json_are_read_and_nothing_else() {
        let parse = StartingOffsets::parse;
        assert_eq!(parse("largest"), Ok(StartingOffsets::Latest));
        assert_eq!(parse(" smallest "), Ok(StartingOffsets::Earliest));
        assert_eq!(parse("committed"), Ok(StartingOffsets::Committed));
        for wrong in [
            "",
            "newest",
            "{\"t\":3}",
            "{\"t\":{\"0\":-3}}",
            "{\"t\":{\"-1\":0}}",
        ] {
            let error = parse(wrong).unwrap_err().to_string();
            assert!(error.contains(&format!("'{wrong}'")), "{error}");
        }
    }
}
