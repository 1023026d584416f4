//! Comprehensions, and generators that are consumed where they stand.

use std::sync::Arc;

use super::compare::hashable;
use super::items::Items;
use super::{Frame, Run};
use crate::program::{Clause, Comprehension};
use crate::{Dict, Value};

/// The items that a comprehension has gathered.
enum Gathered {
    List(Vec<Value>),
    Dict(Dict),
}

impl<'p> Frame<'p, '_> {
    pub(super) fn comprehend(&mut self, comprehension: &'p Comprehension) -> Run<Value> {
        let mut gathered = match comprehension.value {
            Some(_) => Gathered::Dict(Dict::new()),
            None => Gathered::List(Vec::new()),
        };
        self.clauses(comprehension, &comprehension.clauses, &mut gathered)?;
        Ok(match gathered {
            Gathered::List(items) => Value::List(Arc::new(items)),
            Gathered::Dict(items) => Value::Dict(Arc::new(items)),
        })
    }

    fn clauses(
        &mut self,
        comprehension: &'p Comprehension,
        clauses: &'p [Clause],
        gathered: &mut Gathered,
    ) -> Run<()> {
        match clauses.split_first() {
            Some((Clause::For(target, items), rest)) => {
                let items = Items::of(self.eval(items)?)?;
                for item in items {
                    self.turn()?;
                    self.assign(target, item)?;
                    self.clauses(comprehension, rest, gathered)?;
                }
            }
            Some((Clause::If(test), rest)) => {
                if self.truth(test)? {
                    self.clauses(comprehension, rest, gathered)?;
                }
            }
            None => {
                let element = self.eval(&comprehension.element)?.detach();
                match (gathered, &comprehension.value) {
                    (Gathered::Dict(dict), Some(value)) => {
                        let value = self.eval(value)?.detach();
                        hashable(&element)?;
                        dict.insert(element, value);
                    }
                    (Gathered::List(list), _) => list.push(element),
                    (Gathered::Dict(_), None) => {}
                }
            }
        }
        Ok(())
    }
}
