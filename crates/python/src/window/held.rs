//! Batches of values as Python holds them.

use millrace_pyfn::{Dict, Value};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::function::RecordFunction;
use super::part::Part;
use super::plain::is_plain;
use super::reduce::{Fold, reduced};
use super::slide::Slide;
use super::through::through;
use crate::compile::kind;
use crate::convert::{from_python, to_python};
use crate::plan::{Called, Op};

/// A number of records of a partition, as Python reads them, and the place of the next ones.
type Chunk<'py> = (Bound<'py, PyList>, Option<usize>);

/// The functions of a window: function, inverse and filter.
type Functions<'py> = (
    PyRef<'py, RecordFunction>,
    PyRef<'py, RecordFunction>,
    Option<PyRef<'py, RecordFunction>>,
);

/// A batch of values, in partitions. Nothing changes it.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct Held {
    parts: Vec<Part>,
    /// Operators that every record goes through when it is read.
    ops: Vec<Op>,
    /// The filter that is true for every pair.
    filter: Option<Called>,
}

impl Held {
    fn new(parts: Vec<Part>) -> Held {
        Held {
            parts,
            ops: Vec::new(),
            filter: None,
        }
    }

    /// A batch of these records; with `of` partitions of pairs by their keys, if they are that. The
    /// records as they were, if one has no plain form.
    pub(crate) fn of_records(
        parts: Vec<Vec<Value>>,
        of: Option<u32>,
    ) -> Result<Held, Vec<Vec<Value>>> {
        if !parts.iter().flatten().all(is_plain) {
            return Err(parts);
        }
        let of = of.filter(|of| *of as usize == parts.len());
        let parts = parts.into_iter().enumerate().map(|(index, records)| {
            let records = records.into_iter().map(Value::detach).collect();
            match of {
                Some(of) => Part::tabled(records, index, of),
                None => Part::of(records),
            }
        });
        Ok(Held::new(parts.collect()))
    }

    fn of_tables(tables: Vec<Dict>, count: u32) -> Held {
        let parts = tables.into_iter().enumerate();
        let parts = parts.map(|(index, entries)| Part::table(entries, index, count));
        Held::new(parts.collect())
    }

    /// The partitions, after the operators. `None` if CPython has to apply them.
    fn made(&self) -> Option<Vec<Part>> {
        if self.ops.is_empty() {
            return Some(self.parts.clone());
        }
        let made = self.parts.iter().map(|part| {
            let mut records = Vec::new();
            for record in part.records() {
                through(record, &self.ops, &mut |made| {
                    is_plain(&made).then(|| records.push(made.detach()))
                })?;
            }
            Some(Part::of(records))
        });
        made.collect()
    }

    /// The records of partition number `index`.
    pub(crate) fn records(&self, index: usize) -> Vec<Value> {
        let part = self.parts.get(index);
        part.map_or_else(Vec::new, |part| part.records().collect())
    }

    /// The tables of its partitions, if it has a pair for every key of a window or state.
    pub(crate) fn tables(&self) -> Option<Vec<&Dict>> {
        let tables = self.parts.iter();
        let tables = tables.map(|part| part.as_table().map(|table| table.entries.as_ref()));
        tables.collect()
    }
}

#[pymethods]
impl Held {
    /// The batch of these lists, one for every partition; None if a record in them has no plain form.
    #[staticmethod]
    fn of(lists: Vec<Vec<Bound<'_, PyAny>>>) -> Option<Held> {
        let parts = lists.iter();
        let parts = parts.map(|records| records.iter().map(from_python).collect());
        Held::of_records(parts.collect(), None).ok()
    }

    /// The batch of all partitions of these, one after the other; or, if they lie `together`, of their
    /// first partitions as one, then of their second ones. None if CPython has to make it.
    #[staticmethod]
    fn union(py: Python<'_>, batches: Vec<PyRef<'_, Held>>, together: bool) -> Option<Held> {
        let batches: Vec<&Held> = batches.iter().map(|batch| &**batch).collect();
        py.detach(|| {
            let made = batches.iter().map(|batch| batch.made());
            let made: Vec<Vec<Part>> = made.collect::<Option<_>>()?;
            if !together {
                return Some(Held::new(made.concat()));
            }
            let count = made.first().map_or(0, Vec::len);
            let parts = (0..count).map(|index| {
                let parts: Option<Vec<&Part>> = made.iter().map(|parts| parts.get(index)).collect();
                Some(Part::joined(parts?))
            });
            Some(Held::new(parts.collect::<Option<_>>()?))
        })
    }

    /// The number of partitions.
    fn partitions(&self) -> usize {
        self.parts.len()
    }

    /// True if it has a pair for every key of a window.
    fn is_table(&self) -> bool {
        self.ops.is_empty() && self.tables().is_some()
    }

    /// The number of records; None if CPython has to count them.
    fn count(&self, py: Python<'_>) -> Option<usize> {
        py.detach(|| {
            if self.ops.is_empty() {
                return Some(self.parts.iter().map(Part::len).sum());
            }
            let mut count = 0;
            for record in self.parts.iter().flat_map(Part::records) {
                through(record, &self.ops, &mut |_| {
                    count += 1;
                    Some(())
                })?;
            }
            Some(count)
        })
    }

    /// The records made of at most `most` of a partition, from number `from` on, and the number of
    /// the first one behind them, or None at the end. None if CPython has to read them.
    fn read<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        from: usize,
        most: usize,
    ) -> PyResult<Option<Chunk<'py>>> {
        let part = self.parts.get(index);
        let part = part.ok_or_else(|| PyIndexError::new_err("there is no such partition"))?;
        let mut made = Vec::new();
        let whole = part.some(from, most).into_iter().try_for_each(|record| {
            through(record, &self.ops, &mut |record| {
                is_plain(&record).then(|| made.push(record))
            })
        });
        if whole.is_none() {
            return Ok(None);
        }
        let made: Vec<_> =
            (made.iter().map(|record| to_python(py, record))).collect::<PyResult<_>>()?;
        let next = from.saturating_add(most);
        let next = (next < part.len()).then_some(next);
        Ok(Some((PyList::new(py, made)?, next)))
    }

    /// The same batch, whose records go through an operator on single records when they are read.
    fn narrow(&self, name: &str, function: PyRef<'_, RecordFunction>) -> PyResult<Held> {
        let mut ops = self.ops.clone();
        ops.push(Op {
            kind: kind(name)?,
            function: function.called.clone(),
        });
        Ok(Held {
            parts: self.parts.clone(),
            ops,
            filter: None,
        })
    }

    /// The same batch after its operators; None if CPython has to apply them.
    fn forced(&self, py: Python<'_>) -> Option<Held> {
        py.detach(|| {
            Some(Held {
                parts: self.made()?,
                ops: Vec::new(),
                filter: self.filter.clone(),
            })
        })
    }

    /// The values of every key made one; None if CPython has to do it.
    fn reduce_by_key(
        &self,
        py: Python<'_>,
        function: PyRef<'_, RecordFunction>,
        partitions: u32,
    ) -> Option<Held> {
        let function = Fold::new(function.called.clone());
        py.detach(|| {
            let tables = reduced(&self.parts, &self.ops, &function, partitions)?;
            Some(Held::of_tables(tables, partitions))
        })
    }

    /// The window behind this one: without what is `gone`, and with what is `more`. The `functions` are
    /// the one that makes one value of two, its inverse, and the filter. None if CPython has to make it.
    fn slide(
        &self,
        py: Python<'_>,
        gone: PyRef<'_, Held>,
        more: PyRef<'_, Held>,
        functions: Functions<'_>,
        partitions: u32,
    ) -> Option<Held> {
        let (gone, more): (&Held, &Held) = (&gone, &more);
        let slide = Slide {
            function: Fold::new(functions.0.called.clone()),
            inverse: Fold::new(functions.1.called.clone()),
            filter: functions.2.map(|filter| filter.called.clone()),
            count: partitions,
        };
        py.detach(|| {
            let is_filtered = match (&self.filter, &slide.filter) {
                (Some(own), Some(filter)) => own.is(filter),
                _ => false,
            };
            let tables = slide.of(&self.made()?, is_filtered, &gone.made()?, &more.made()?)?;
            Some(Held {
                filter: slide.filter,
                ..Held::of_tables(tables, partitions)
            })
        })
    }
}
