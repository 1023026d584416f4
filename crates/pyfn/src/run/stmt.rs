//! Statements.

use super::arith::binary;
use super::index::{index, set_item};
use super::items::Items;
use super::{Frame, Guard, Run};
use crate::Value;
use crate::program::{Stmt, Target};

/// The way on after a block.
pub(super) enum Flow {
    On,
    Break,
    Continue,
    Return(Value),
}

impl<'p> Frame<'p, '_> {
    pub(super) fn block(&mut self, body: &'p [Stmt]) -> Run<Flow> {
        for stmt in body {
            match self.stmt(stmt)? {
                Flow::On => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    fn stmt(&mut self, stmt: &'p Stmt) -> Run<Flow> {
        match stmt {
            Stmt::Return(value) => return Ok(Flow::Return(self.eval(value)?)),
            Stmt::Set(target, value) => {
                let value = self.eval(value)?;
                self.assign(target, value)?;
            }
            Stmt::Augment(slot, op, value) => {
                let value = self.eval(value)?;
                let old = self.slot(*slot)?;
                if matches!(old, Value::List(_) | Value::Dict(_)) {
                    // In place, which other names of the list would see.
                    return Err(Guard);
                }
                self.slots[*slot] = Some(binary(*op, old, &value)?);
            }
            Stmt::SetItem(slot, key, value) => {
                let value = self.eval(value)?;
                let key = self.eval(key)?;
                set_item(self.held(*slot)?, key, value)?;
            }
            Stmt::AugmentItem(slot, key, op, value) => {
                let key = self.eval(key)?;
                let value = self.eval(value)?;
                let old = index(self.slot(*slot)?, &key)?;
                if matches!(old, Value::List(_) | Value::Dict(_)) {
                    return Err(Guard);
                }
                let new = binary(*op, &old, &value)?;
                set_item(self.held(*slot)?, key, new)?;
            }
            Stmt::Change(slot, how, arguments) => {
                let arguments = self.all(arguments)?;
                how.apply(self.held(*slot)?, arguments)?;
            }
            Stmt::If(test, then, other) => {
                let body = if self.truth(test)? { then } else { other };
                return self.block(body);
            }
            Stmt::For(target, items, body, other) => {
                let items = Items::of(self.eval(items)?)?;
                for item in items {
                    self.turn()?;
                    self.assign(target, item)?;
                    match self.block(body)? {
                        Flow::On | Flow::Continue => {}
                        Flow::Break => return Ok(Flow::On),
                        flow @ Flow::Return(_) => return Ok(flow),
                    }
                }
                return self.block(other);
            }
            Stmt::While(test, body, other) => {
                while self.truth(test)? {
                    self.turn()?;
                    match self.block(body)? {
                        Flow::On | Flow::Continue => {}
                        Flow::Break => return Ok(Flow::On),
                        flow @ Flow::Return(_) => return Ok(flow),
                    }
                }
                return self.block(other);
            }
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Expr(value) => {
                self.eval(value)?;
            }
            Stmt::Raise => return Err(Guard),
        }
        Ok(Flow::On)
    }

    /// The value of a slot, to be changed.
    fn held(&mut self, slot: usize) -> Run<&mut Value> {
        self.slots
            .get_mut(slot)
            .and_then(Option::as_mut)
            .ok_or(Guard)
    }

    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Run<()> {
        match target {
            Target::Slot(slot) => *self.slots.get_mut(*slot).ok_or(Guard)? = Some(value),
            Target::Unpack(targets) => {
                let mut items = Items::of(value)?;
                for target in targets {
                    self.assign(target, items.next().ok_or(Guard)?)?;
                }
                if items.next().is_some() {
                    return Err(Guard);
                }
            }
        }
        Ok(())
    }
}
