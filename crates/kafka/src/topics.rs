//! Which topics a stream reads.

use std::collections::BTreeSet;

use crate::error::Error;

/// Which topics a stream reads (Spark: `ConsumerStrategies`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topics {
    /// All partitions of these topics, those that are added later too.
    Subscribe(Vec<String>),
    /// All topics whose whole name this regular expression matches, those that are made later
    /// too. Topics of Kafka's own, whose names begin with `__`, are left out.
    Pattern(String),
    /// The given partitions and no others.
    Assign(Vec<(String, i32)>),
}

impl Topics {
    /// All partitions of these topics.
    ///
    /// ```
    /// use millrace_kafka::Topics;
    /// assert_eq!(Topics::subscribe(["orders"]), Topics::Subscribe(vec!["orders".to_owned()]));
    /// ```
    pub fn subscribe(names: impl IntoIterator<Item = impl Into<String>>) -> Topics {
        Topics::Subscribe(names.into_iter().map(Into::into).collect())
    }

    /// All topics whose whole name `pattern` matches.
    pub fn pattern(pattern: impl Into<String>) -> Topics {
        Topics::Pattern(pattern.into())
    }

    /// The given partitions, each by its topic and number.
    pub fn assign(partitions: impl IntoIterator<Item = (impl Into<String>, i32)>) -> Topics {
        let partitions = partitions.into_iter();
        Topics::Assign(partitions.map(|(topic, it)| (topic.into(), it)).collect())
    }

    pub(crate) fn compile(&self) -> Result<Selection, Error> {
        let selection = match self {
            Topics::Subscribe(names) => Selection::Named(names.iter().cloned().collect()),
            Topics::Pattern(pattern) => {
                let whole = format!("^(?:{pattern})$");
                let compiled = regex_lite::Regex::new(&whole);
                Selection::Matching(compiled.map_err(|error| Error::Pattern {
                    pattern: pattern.clone(),
                    reason: error.to_string(),
                })?)
            }
            Topics::Assign(partitions) => Selection::Parts(partitions.iter().cloned().collect()),
        };
        let nothing = match &selection {
            Selection::Named(names) => names.is_empty() || names.contains(""),
            Selection::Matching(_) => false,
            Selection::Parts(parts) => parts.is_empty() || parts.iter().any(|(_, it)| *it < 0),
        };
        match nothing {
            true => Err(Error::NoTopic),
            false => Ok(selection),
        }
    }
}

/// The same, checked.
#[derive(Debug)]
pub(crate) enum Selection {
    Named(BTreeSet<String>),
    Matching(regex_lite::Regex),
    Parts(BTreeSet<(String, i32)>),
}

impl Selection {
    /// Says whether a topic that the brokers have is one of those that are read.
    pub(crate) fn takes(&self, topic: &str) -> bool {
        match self {
            Selection::Named(names) => names.contains(topic),
            Selection::Matching(pattern) => !topic.starts_with("__") && pattern.is_match(topic),
            Selection::Parts(parts) => parts.iter().any(|(name, _)| name == topic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names_and_none_of_kafkas_own() {
        let selection = Topics::pattern("ord.*|_+x").compile().unwrap();
        let takes = |topic| selection.takes(topic);
        assert!(takes("orders") && takes("_x"));
        assert!(!takes("reorders") && !takes("__x"));
    }

    #[test]
    fn nothing_to_read_and_a_wrong_pattern_are_refused() {
        let error = |topics: Topics| topics.compile().unwrap_err().to_string();
        assert!(error(Topics::pattern("(")).starts_with("the pattern of topics '('"));
        let none: [&str; 0] = [];
        assert_eq!(error(Topics::subscribe(none)), "there is no topic to read");
        assert_eq!(
            error(Topics::assign([("t", -1)])),
            "there is no topic to read"
        );
    }
}
