//! Origins of settings, for messages about them: a value that was not typed has
//! to be looked for otherwise.

use std::collections::BTreeMap;

/// The places of settings that were not typed.
#[derive(Debug, Default)]
pub(crate) struct Origins(BTreeMap<String, String>);

impl Origins {
    /// Remembers that `key` comes from `place`, for instance `run.conf:3`.
    pub(crate) fn note(&mut self, key: &str, place: String) {
        self.0.insert(key.to_owned(), place);
    }

    /// The beginning of a message about `key`: its place and a colon, or
    /// nothing for what was typed.
    pub(crate) fn of(&self, key: &str) -> String {
        let place = self.0.get(key);
        place.map(|place| format!("{place}: ")).unwrap_or_default()
    }
}
