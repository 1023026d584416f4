//! Troubles on standard error: one is said when it begins, when it becomes another one, and when it
//! is over, however many batches it lasts; one that comes and goes, at growing intervals.

use std::collections::{BTreeMap, BTreeSet};

use millrace_stderr::Voice;

/// Says the lines of a client or a stream.
pub(crate) fn voice() -> Voice {
    Voice::new("millrace: kafka: ")
}

/// Troubles by what they are with, as they were said last.
#[derive(Debug, Default)]
pub(crate) struct Troubles(BTreeMap<String, String>);

impl Troubles {
    /// Takes all troubles that there are now, and says what has changed. A trouble whose
    /// subject was heard a short while ago is said another time, if it lasts.
    pub(crate) fn change(
        &mut self,
        now: &BTreeMap<String, String>,
        mut say: impl FnMut(&str, String) -> bool,
    ) {
        let subjects: BTreeSet<String> = self.0.keys().chain(now.keys()).cloned().collect();
        for subject in subjects {
            let what = now.get(&subject);
            if self.0.get(&subject) == what {
                continue;
            }
            let text = what.map_or("it is well again", |what| what);
            if say(&subject, format!("{subject}: {text}")) {
                match what {
                    Some(what) => self.0.insert(subject, what.clone()),
                    None => self.0.remove(&subject),
                };
            }
        }
    }

    /// Something is wrong besides what is known already; says it, unless it was wrong before.
    pub(crate) fn add(
        &mut self,
        subject: &str,
        what: String,
        say: impl FnOnce(&str, String) -> bool,
    ) {
        if !self.0.contains_key(subject) && say(subject, format!("{subject}: {what}")) {
            self.0.insert(subject.to_owned(), what);
        }
    }
}

#[cfg(test)]
mod tests {
    use millrace_types::Pauses;

    use super::*;

    /// Takes what is wrong with a topic at a moment, in seconds; gives the lines that are said.
    fn told() -> impl FnMut(i64, Option<&str>) -> Vec<String> {
        let (mut troubles, mut pauses) = (Troubles::default(), Pauses::default());
        move |now, what| {
            let mut lines = Vec::new();
            let what = what.map(|what| ("topic t".to_owned(), what.to_owned()));
            troubles.change(&what.into_iter().collect(), |kind, line| {
                let said = pauses.pass(now * 1000, kind);
                lines.extend(said.map(|said| said.with(line)));
                said.is_some()
            });
            lines
        }
    }

    #[test]
    fn a_trouble_is_said_when_it_begins_changes_and_ends() {
        let mut told = told();
        assert_eq!(told(0, Some("no leader")), ["topic t: no leader"]);
        assert!(told(60, Some("no leader")).is_empty());
        assert_eq!(told(120, Some("gone")), ["topic t: gone"]);
        assert_eq!(told(180, None), ["topic t: it is well again"]);
        assert!(told(240, None).is_empty());
    }

    #[test]
    fn one_that_comes_and_goes_is_said_ever_more_seldom_and_its_last_word_is_true() {
        let mut told = told();
        let mut lines = Vec::new();
        for second in 0..600 {
            lines.extend(told(second, (second % 2 == 0).then_some("no leader")));
        }
        assert!(lines.len() <= 8, "{lines:#?}");
        let mut last = lines.last().cloned().unwrap();
        for second in 600..1300 {
            last = told(second, Some("no leader")).pop().unwrap_or(last);
        }
        assert!(last.starts_with("topic t: no leader"), "{last}");
    }
}
