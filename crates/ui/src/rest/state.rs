//! `streaming/state`: the stores of a run, and the keys of a running program (millrace's own).
//!
//! | path | what it gives |
//! |---|---|
//! | `state` | the stores with their figures |
//! | `state/N?key=K` | one key |
//! | `state/N?prefix=P&limit=L` | keys that begin so, in order |
//! | `state/N?top=L&prefix=P` | the greatest values, the greatest first |

use std::time::Duration;

use millrace_types::{KeptRecord, RunProbe, StateSearch};
use serde_json::{Value, json};

use super::parameters;
use crate::run::Model;

/// Keys that are given unless a request says how many.
const LIMIT: usize = 20;

/// The most keys that are given at once.
const MOST: usize = 1000;

/// The time after which a search gives what it has found.
const PATIENCE: Duration = Duration::from_secs(3);

/// A question about one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateQuestion {
    store: usize,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Key(String),
    Search(StateSearch),
}

/// The stores of a run, by its newest figures.
pub(super) fn stores(model: &Model) -> Value {
    let stores = (0..).zip(model.kept.newest().map_or(&[][..], |kept| &kept.stores));
    stores
        .map(|(id, store): (usize, _)| {
            let growth = model.kept.keys_per_second(id);
            json!({
                "storeId": id,
                "operator": store.operator,
                "name": store.name,
                "keys": store.keys,
                "bytes": store.bytes,
                "keysPerSecond": growth,
            })
        })
        .collect()
}

/// Reads the question of a request.
pub(super) fn question(store: &str, query: &str) -> Option<StateQuestion> {
    let store = store.parse().ok()?;
    let text = |name: &str| parameters(query, name).next().map(decoded);
    let number = |name: &str| text(name).and_then(|text| text.parse::<usize>().ok());
    if let Some(key) = text("key") {
        let what = What::Key(key);
        return Some(StateQuestion { store, what });
    }
    let top = number("top");
    let limit = top.or_else(|| number("limit")).unwrap_or(LIMIT);
    let what = What::Search(StateSearch {
        prefix: text("prefix").unwrap_or_default(),
        top: top.is_some(),
        limit: limit.min(MOST),
        within: PATIENCE,
    });
    Some(StateQuestion { store, what })
}

impl StateQuestion {
    /// Asks the running program.
    ///
    /// # Errors
    /// If there is no such store or no such key.
    pub(crate) fn answer(&self, probe: &dyn RunProbe) -> Result<Value, String> {
        let no_store = || format!("unknown store: {}", self.store);
        match &self.what {
            What::Key(key) => match probe.find(self.store, key) {
                Some(record) => Ok(json_of(&record)),
                None if probe.figures().stores.len() <= self.store => Err(no_store()),
                None => Err(format!("unknown key: {key}")),
            },
            What::Search(search) => {
                let found = probe.search(self.store, search).ok_or_else(no_store)?;
                let records: Vec<Value> = found.records.iter().map(json_of).collect();
                Ok(json!({
                    "records": records,
                    "keysLookedAt": found.looked_at,
                    "complete": found.complete,
                }))
            }
        }
    }
}

fn json_of(record: &KeptRecord) -> Value {
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    json!({ "key": parsed(&record.key), "value": parsed(&record.value) })
}

/// A parameter without its percent signs: a browser writes a space as `+` or `%20`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        let hex = |at: usize| {
            others
                .get(at)
                .and_then(|digit| (*digit as char).to_digit(16))
        };
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &others[2..];
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_a_browser_writes_it() {
        let key = |text: &str| {
            let what = What::Key(text.to_owned());
            Some(StateQuestion { store: 1, what })
        };
        assert_eq!(question("1", "key=a+b%20c%C3%A4"), key("a b cä"));
        assert_eq!(question("1", "key=100%"), key("100%"));
        assert_eq!(question("1", "key=%3Cscript%3E"), key("<script>"));
        assert_eq!(question("one", "key=a"), None);
        let search = |query| match question("0", query).unwrap().what {
            What::Search(search) => (search.prefix, search.top, search.limit),
            What::Key(key) => panic!("{key}"),
        };
        assert_eq!(search(""), (String::new(), false, LIMIT));
        assert_eq!(search("prefix=a&limit=3"), ("a".to_owned(), false, 3));
        assert_eq!(search("top=9999999"), (String::new(), true, MOST));
    }
}
