//! A window with an inverse function: the one before it, without the batches that have left, with those that have come.

use millrace_pyfn::{Dict, Value};

use super::part::Part;
use super::plain::{is_key, is_plain, pair_of};
use super::reduce::{Fold, put, reduced};
use crate::plan::{Called, place_of};

/// The functions of a window.
pub(super) struct Slide {
    pub(super) function: Fold,
    pub(super) inverse: Fold,
    pub(super) filter: Option<Called>,
    pub(super) count: u32,
}

impl Slide {
    /// The next window, a table for every partition. `is_filtered` says that the filter is true for all of `before`.
    /// `None` if CPython has to do it.
    pub(super) fn of(
        &self,
        before: &[Part],
        is_filtered: bool,
        gone: &[Part],
        more: &[Part],
    ) -> Option<Vec<Dict>> {
        let gone = reduced(gone, &[], &self.function, self.count)?;
        let more = reduced(more, &[], &self.function, self.count)?;
        let mut tables = dealt(before, self.count)?;
        for ((table, gone), more) in tables.iter_mut().zip(&gone).zip(&more) {
            self.leave(table, gone)?;
            for (key, value) in more {
                put(table, key, value, &self.function)?;
            }
            match &self.filter {
                None => {}
                Some(filter) if is_filtered => {
                    filtered(table, gone.keys().chain(more.keys()), filter)?;
                }
                Some(filter) => {
                    let keys: Vec<Value> = table.keys().cloned().collect();
                    filtered(table, keys.iter(), filter)?;
                }
            }
        }
        Some(tables)
    }

    /// Takes out what has left. A value that is None takes nothing out, as in PySpark.
    fn leave(&self, table: &mut Dict, gone: &Dict) -> Option<()> {
        for (key, left) in gone {
            if !matches!(left, Value::None)
                && let Some(value) = table.get_mut(key)
            {
                *value = self.inverse.of(value, left)?;
            }
        }
        Some(())
    }
}

/// Takes out those of some keys whose pairs the filter refuses.
fn filtered<'a>(
    table: &mut Dict,
    keys: impl Iterator<Item = &'a Value>,
    filter: &Called,
) -> Option<()> {
    let mut refused = Dict::default();
    for key in keys {
        let Some((key, value)) = table.get_key_value(key) else {
            continue;
        };
        let pair = Value::tuple([key.clone(), value.clone()]);
        if !filter.attempt_test(&pair)? {
            refused.insert(key.clone(), Value::None);
        }
    }
    if !refused.is_empty() {
        table.retain(|key, _| !refused.contains_key(key));
    }
    Some(())
}

/// The pairs of a window, whose keys are all different, in the partitions of their keys.
fn dealt(parts: &[Part], count: u32) -> Option<Vec<Dict>> {
    let tables = parts.iter().enumerate().map(|(index, part)| {
        let table = part.as_table()?;
        let fits = table.of == count && table.index == index;
        fits.then(|| table.entries.as_ref().clone())
    });
    let tables: Option<Vec<Dict>> = tables.collect();
    if let Some(tables) = tables.filter(|tables| tables.len() == count as usize) {
        return Some(tables);
    }
    let mut tables = vec![Dict::default(); count as usize];
    for record in parts.iter().flat_map(Part::records) {
        let (key, value) = pair_of(&record)?;
        if !is_key(&key) || !is_plain(&value) {
            return None;
        }
        let table = tables.get_mut(place_of(&key, count))?;
        if table.insert(key, value).is_some() {
            return None;
        }
    }
    Some(tables)
}
