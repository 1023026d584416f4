//! A generation's account of itself: the program that wrote it, in JSON, for people too.

use serde::{Deserialize, Serialize};

/// The version of everything in a generation's directory.
pub const FORMAT: u32 = 1;

/// The file `meta.json` of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The version of the format.
    pub format: u32,
    /// `spark.app.name`, for people.
    pub program: String,
    /// The operators of the program in order, without the places where they were called: what
    /// keeps something must be the same for a recovery.
    pub operators: Vec<String>,
    /// `spark.default.parallelism`, or the N of `local[N]`.
    pub partitions: u32,
    /// The batch interval in milliseconds when the generation began.
    pub interval_ms: i64,
    /// The stores, in the order of the program's operators.
    pub stores: Vec<StoreMeta>,
    /// Of two generations the one with the higher turn was written last; zero in those that were
    /// written before there were turns.
    #[serde(default)]
    pub turn: u64,
}

/// One thing that the program keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreMeta {
    /// The operator that keeps it.
    pub operator: String,
    /// The part of the operator that it keeps, as `state` or `window`.
    pub name: String,
}

/// More stores than a program has.
const MOST_UNNAMED: u32 = 1024;

impl Meta {
    /// Stands for an account that cannot be read.
    pub(crate) fn unknown() -> Meta {
        Meta {
            format: FORMAT,
            program: "unknown program".to_owned(),
            operators: Vec::new(),
            partitions: 1,
            interval_ms: 0,
            stores: Vec::new(),
            turn: 0,
        }
    }

    /// Has so many stores, of which nothing is known.
    pub(crate) fn add_unnamed(&mut self, stores: u32) {
        let unnamed = || StoreMeta {
            operator: "unknown operator".to_owned(),
            name: "unknown".to_owned(),
        };
        let stores = stores.min(MOST_UNNAMED) as usize;
        self.stores.resize_with(stores, unnamed);
    }

    /// Why a program that describes itself so cannot go on from this generation; `None` if it
    /// can. The batch interval, the partitions and the number of workers may differ.
    pub(crate) fn refuses(&self, program: &Meta) -> Option<String> {
        if self.stores != program.stores {
            return Some(format!(
                "it was written by another program: that one keeps {}, this one {}",
                list(&self.stores),
                list(&program.stores)
            ));
        }
        if self.operators != program.operators {
            return Some(format!(
                "it was written by another program: its operators are [{}], this one's [{}]",
                self.operators.join(", "),
                program.operators.join(", ")
            ));
        }
        None
    }
}

fn list(stores: &[StoreMeta]) -> String {
    if stores.is_empty() {
        return "nothing".to_owned();
    }
    let names = stores
        .iter()
        .map(|store| format!("{} ({})", store.operator, store.name));
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> Meta {
        Meta {
            format: FORMAT,
            program: "words".to_owned(),
            operators: vec![
                "socket text stream".to_owned(),
                "update_state_by_key".to_owned(),
            ],
            partitions: 2,
            interval_ms: 5000,
            stores: vec![StoreMeta {
                operator: "update_state_by_key".to_owned(),
                name: "state".to_owned(),
            }],
            turn: 1,
        }
    }

    #[test]
    fn what_may_differ_is_not_refused() {
        let mut program = meta();
        program.program = "other name".to_owned();
        program.interval_ms = 1000;
        program.partitions = 3;
        assert_eq!(meta().refuses(&program), None);
    }

    #[test]
    fn another_program_is_refused_and_named() {
        let mut program = meta();
        program.stores[0].operator = "map_with_state".to_owned();
        let refusal = meta().refuses(&program).unwrap();
        assert!(refusal.contains("update_state_by_key") && refusal.contains("map_with_state"));
        let mut program = meta();
        program.operators.pop();
        assert!(
            meta()
                .refuses(&program)
                .unwrap()
                .contains("another program")
        );
    }
}
