//! Methods that change a list or dict, applied only where nobody else holds it.
//!
//! A value that is put in may be the list itself; then it is held twice, and guarded.

use std::sync::Arc;

use super::by_key::sorted;
use super::compare::hashable;
use super::items::Items;
use super::{Guard, LARGEST, Run};
use crate::Value;
use crate::program::Change;

impl Change {
    pub(super) fn apply(self, held: &mut Value, arguments: Vec<Value>) -> Run<()> {
        match held {
            Value::List(items) => self.list(Arc::get_mut(items).ok_or(Guard)?, arguments),
            Value::Dict(items) => {
                let items = Arc::get_mut(items).ok_or(Guard)?;
                let mut arguments = arguments.into_iter();
                match (self, arguments.next(), arguments.next()) {
                    (Change::Update, Some(Value::Dict(others)), None) => {
                        for (key, value) in others.iter() {
                            items.insert(key.clone(), value.clone());
                        }
                    }
                    (Change::SetDefault, Some(key), value) => {
                        hashable(&key)?;
                        let value = value.unwrap_or(Value::None).detach();
                        items.entry(key.detach()).or_insert(value);
                    }
                    (Change::Pop, Some(key), default) => {
                        hashable(&key)?;
                        if items.shift_remove(&key).is_none() && default.is_none() {
                            return Err(Guard);
                        }
                    }
                    (Change::Clear, None, None) => items.clear(),
                    _ => return Err(Guard),
                }
                Ok(())
            }
            _ => Err(Guard),
        }
    }

    fn list(self, items: &mut Vec<Value>, arguments: Vec<Value>) -> Run<()> {
        let mut arguments = arguments.into_iter();
        match (self, arguments.next(), arguments.next()) {
            (Change::Append, Some(item), None) => items.push(item.detach()),
            (Change::Extend, Some(more), None) => {
                items.extend(Items::of(more)?.map(Value::detach));
            }
            (Change::Insert, Some(at), Some(item)) => {
                let len = items.len() as i64;
                let at = at.as_small().ok_or(Guard)?;
                let at = if at < 0 {
                    at.saturating_add(len).max(0)
                } else {
                    at.min(len)
                };
                items.insert(at as usize, item.detach());
            }
            (Change::Sort | Change::SortDown, None, None) => {
                let keyed = items
                    .iter()
                    .map(|item| (item.clone(), item.clone()))
                    .collect();
                if let Value::List(in_order) = sorted(keyed, matches!(self, Change::SortDown))? {
                    items.clone_from_slice(&in_order);
                }
            }
            (Change::Reverse, None, None) => items.reverse(),
            (Change::Clear, None, None) => items.clear(),
            (Change::Pop, None, None) => {
                items.pop().ok_or(Guard)?;
            }
            _ => return Err(Guard),
        }
        if items.len() > LARGEST {
            Err(Guard)
        } else {
            Ok(())
        }
    }
}
