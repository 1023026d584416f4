//! One partition of a batch.
//!
//! A partition is one run of records, or, where batches lie one behind the other in it, several. A
//! table is a run whose keys are all different, and all in the partition that they belong to: it is
//! looked up in, and not hashed again.

use std::sync::Arc;

use millrace_pyfn::{Dict, Value};

use super::plain::{is_key, pair_of};
use crate::plan::place_of;

/// Records that follow each other.
#[derive(Clone)]
pub(super) enum Run {
    Records(Arc<[Value]>),
    Table(Table),
}

/// Pairs with different keys, all of them those of partition number `index` of `of`.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) entries: Arc<Dict>,
    pub(super) index: usize,
    pub(super) of: u32,
}

impl Run {
    fn len(&self) -> usize {
        match self {
            Run::Records(records) => records.len(),
            Run::Table(table) => table.entries.len(),
        }
    }

    fn record(&self, at: usize) -> Option<Value> {
        match self {
            Run::Records(records) => records.get(at).cloned(),
            Run::Table(table) => {
                let (key, value) = table.entries.get_index(at)?;
                Some(Value::tuple([key.clone(), value.clone()]))
            }
        }
    }
}

/// A partition.
#[derive(Clone)]
pub(super) struct Part {
    runs: Vec<Run>,
}

impl Part {
    /// A partition of some records.
    pub(super) fn of(records: Vec<Value>) -> Part {
        Part {
            runs: vec![Run::Records(records.into())],
        }
    }

    /// Partition number `index` of `of`, with pairs of these keys and values.
    pub(super) fn table(entries: Dict, index: usize, of: u32) -> Part {
        let entries = Arc::new(entries);
        Part {
            runs: vec![Run::Table(Table { entries, index, of })],
        }
    }

    /// A partition with the records of several, one behind the other.
    pub(super) fn joined<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Part {
        let runs = parts.into_iter().flat_map(|part| part.runs.iter().cloned());
        Part {
            runs: runs.collect(),
        }
    }

    /// The same partition as a table, if these records are all the pairs of partition number `index` of
    /// `of`, each key once; else as it is.
    pub(super) fn tabled(records: Vec<Value>, index: usize, of: u32) -> Part {
        match entries_of(&records, index, of) {
            Some(entries) => Part::table(entries, index, of),
            None => Part::of(records),
        }
    }

    /// The table that it is, if it is one.
    pub(super) fn as_table(&self) -> Option<&Table> {
        match self.runs.as_slice() {
            [Run::Table(table)] => Some(table),
            _ => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(Run::len).sum()
    }

    /// The records, one after the other.
    pub(super) fn records(&self) -> impl Iterator<Item = Value> + '_ {
        let runs = self.runs.iter();
        runs.flat_map(|run| (0..run.len()).filter_map(move |at| run.record(at)))
    }

    /// At most `most` records from number `from` on.
    pub(super) fn some(&self, from: usize, most: usize) -> Vec<Value> {
        let (mut from, mut some) = (from, Vec::with_capacity(most.min(self.len())));
        for run in &self.runs {
            let until = run.len().min(from.saturating_add(most - some.len()));
            some.extend((from..until).filter_map(|at| run.record(at)));
            from = from.saturating_sub(run.len());
        }
        some
    }
}

fn entries_of(records: &[Value], index: usize, of: u32) -> Option<Dict> {
    let mut entries = Dict::with_capacity_and_hasher(records.len(), Default::default());
    for record in records {
        let (key, value) = pair_of(record)?;
        if !is_key(&key) || place_of(&key, of) != index {
            return None;
        }
        if entries.insert(key, value).is_some() {
            return None;
        }
    }
    Some(entries)
}
