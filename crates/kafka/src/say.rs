//! Lines on standard error, one per change: a trouble is said when it begins, when it becomes
//! another one, and when it is over, however many batches it lasts.

use std::collections::BTreeMap;
use std::fmt;

/// Warns whoever runs the program.
pub(crate) fn say(message: impl fmt::Display) {
    millrace_stderr::warn(&format!("millrace: {message}").replace(['\n', '\r'], " "));
}

/// Troubles of the moment, by what they are with.
#[derive(Debug, Default)]
pub(crate) struct Troubles(BTreeMap<String, String>);

impl Troubles {
    /// Takes all troubles that there are now, and gives the lines that are to be said.
    pub(crate) fn change(&mut self, now: BTreeMap<String, String>) -> Vec<String> {
        let mut lines = Vec::new();
        for (subject, what) in &now {
            if self.0.get(subject) != Some(what) {
                lines.push(format!("{subject}: {what}"));
            }
        }
        let over = self.0.keys().filter(|subject| !now.contains_key(*subject));
        lines.extend(over.map(|subject| format!("{subject}: it is well again")));
        self.0 = now;
        lines
    }

    /// Something is wrong besides what is known already; gives the line, unless it was wrong
    /// before.
    pub(crate) fn add(&mut self, subject: String, what: String) -> Option<String> {
        if self.0.contains_key(&subject) {
            return None;
        }
        let line = format!("{subject}: {what}");
        self.0.insert(subject, what);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_said_when_it_begins_changes_and_ends() {
        let mut troubles = Troubles::default();
        let mut change = |what: Option<&str>| {
            let now = what.map(|what| ("topic t".to_owned(), what.to_owned()));
            troubles.change(now.into_iter().collect())
        };
        assert_eq!(change(Some("no leader")), ["topic t: no leader"]);
        assert!(change(Some("no leader")).is_empty());
        assert_eq!(change(Some("gone")), ["topic t: gone"]);
        assert_eq!(change(None), ["topic t: it is well again"]);
        assert!(change(None).is_empty());
    }
}
