//! `streaming/state`: the stores of a run, and the keys of a running program (millrace's own).
//!
//! | path | what it gives |
//! |---|---|
//! | `state` | the stores with their figures |
//! | `state/N?key=K` | one key |
//! | `state/N?prefix=P&limit=L` | keys that begin so, in order |
//! | `state/N?top=L&prefix=P` | the greatest values, the greatest first |
//!
//! `L` is 1 to 1000; more are not given. Another text or another parameter is answered with 400:
//! somebody who has mistyped `top` would take the answer of a search by prefix for the greatest
//! values.

use std::fmt;
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

/// A request that asks for nothing that there could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unasked {
    /// Stores have numbers, and this is none.
    Store(String),
    /// The parameter has to be a number of keys, and is this text.
    Number(&'static str, String),
    /// There is no such parameter.
    Parameter(String),
}

impl fmt::Display for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unasked::Store(text) => write!(f, "unknown store: {text}"),
            Unasked::Number(name, text) => write!(
                f,
                "{name} is the number of keys to give, 1 to {MOST}, and not '{text}'"
            ),
            Unasked::Parameter(name) => write!(
                f,
                "unknown parameter: {name}; there are key, prefix, top and limit"
            ),
        }
    }
}

/// Reads the question of a request.
pub(super) fn question(store: &str, query: &str) -> Result<StateQuestion, Unasked> {
    let store = store
        .parse()
        .map_err(|_| Unasked::Store(store.to_owned()))?;
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    for name in names.filter(|name| !name.is_empty()) {
        if !["key", "prefix", "top", "limit"].contains(&name) {
            return Err(Unasked::Parameter(decoded(name)));
        }
    }
    let text = |name| parameters(query, name).next().map(decoded);
    let number = |name| match text(name) {
        None => Ok(None),
        Some(text) => match text.parse::<usize>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(Unasked::Number(name, text)),
        },
    };
    let (top, limit) = (number("top")?, number("limit")?);
    if let Some(key) = text("key") {
        let what = What::Key(key);
        return Ok(StateQuestion { store, what });
    }
    let limit = top.or(limit).unwrap_or(LIMIT);
    let what = What::Search(StateSearch {
        prefix: text("prefix").unwrap_or_default(),
        top: top.is_some(),
        limit: limit.min(MOST),
        within: PATIENCE,
    });
    Ok(StateQuestion { store, what })
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
            Ok(StateQuestion { store: 1, what })
        };
        assert_eq!(question("1", "key=a+b%20c%C3%A4"), key("a b cä"));
        assert_eq!(question("1", "key=100%"), key("100%"));
        assert_eq!(question("1", "key=%3Cscript%3E"), key("<script>"));
        let refused = |store: &str, query: &str| question(store, query).unwrap_err().to_string();
        assert_eq!(refused("one", "key=a"), "unknown store: one");
        let number = "top is the number of keys to give, 1 to 1000, and not ";
        for text in ["abc", "", "-1", "0", "1.5"] {
            let said = refused("0", &format!("prefix=a&top={text}"));
            assert_eq!(said, format!("{number}'{text}'"));
        }
        let unknown = "unknown parameter: tpo; there are key, prefix, top and limit";
        assert_eq!(refused("0", "tpo=3"), unknown);
        assert_eq!(refused("0", "tpo"), unknown);
        let search = |query| match question("0", query).unwrap().what {
            What::Search(search) => (search.prefix, search.top, search.limit),
            What::Key(key) => panic!("{key}"),
        };
        assert_eq!(search(""), (String::new(), false, LIMIT));
        assert_eq!(search("prefix=a&limit=3"), ("a".to_owned(), false, 3));
        assert_eq!(search("top=9999999"), (String::new(), true, MOST));
    }
}
