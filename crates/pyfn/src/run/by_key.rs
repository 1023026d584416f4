//! `sorted`, `min` and `max` with a key function.

use std::cmp::Ordering;

use super::compare::order;
use super::items::Items;
use super::{Frame, Guard, Run};
use crate::Value;
use crate::program::{ByKey, Expr};

impl<'p> Frame<'p, '_> {
    pub(super) fn by_key(
        &mut self,
        how: ByKey,
        items: &'p Expr,
        slot: usize,
        key: &'p Expr,
    ) -> Run<Value> {
        let items = Items::of(self.eval(items)?)?;
        let mut keyed = Vec::new();
        for item in items {
            self.turn()?;
            *self.slots.get_mut(slot).ok_or(Guard)? = Some(item.clone());
            keyed.push((self.eval(key)?, item));
        }
        match how {
            ByKey::Sorted => sorted(keyed, false),
            ByKey::SortedDown => sorted(keyed, true),
            ByKey::Min => extreme(keyed, Ordering::Less),
            ByKey::Max => extreme(keyed, Ordering::Greater),
        }
    }
}

/// The items in the order of their keys; equal ones stay as they are, downwards too.
pub(super) fn sorted(mut keyed: Vec<(Value, Value)>, down: bool) -> Run<Value> {
    let mut unsure = false;
    keyed.sort_by(|(a, _), (b, _)| {
        let ordering = order(a, b).unwrap_or_else(|Guard| {
            unsure = true;
            Ordering::Equal
        });
        if down { ordering.reverse() } else { ordering }
    });
    if unsure {
        return Err(Guard);
    }
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item)))
}

/// The first item whose key no other's exceeds in the wanted direction.
pub(super) fn extreme(keyed: Vec<(Value, Value)>, wanted: Ordering) -> Run<Value> {
    let mut keyed = keyed.into_iter();
    let (mut best_key, mut best) = keyed.next().ok_or(Guard)?;
    for (key, item) in keyed {
        if order(&key, &best_key)? == wanted {
            (best_key, best) = (key, item);
        }
    }
    Ok(best)
}
