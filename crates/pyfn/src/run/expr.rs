//! Expressions.

use std::sync::Arc;

use millrace_text::Text;

use super::arith::{binary, invert, minus, plus};
use super::compare::{hashable, holds};
use super::format::text_of;
use super::index::{index, slice};
use super::{Frame, Guard, LARGEST, Run, call, truth};
use crate::program::Expr;
use crate::{Dict, Value};

/// A value that is looked at: where it stands, or itself.
pub(super) enum Operand<'p> {
    Slot(usize),
    Const(&'p Value),
    Made(Value),
}

impl Operand<'_> {
    pub(super) fn get<'a>(&'a self, frame: &'a Frame<'_, '_>) -> Run<&'a Value> {
        match self {
            Operand::Slot(slot) => frame.slot(*slot),
            Operand::Const(value) => Ok(value),
            Operand::Made(value) => Ok(value),
        }
    }
}

impl<'p> Frame<'p, '_> {
    /// Evaluates an expression, without a copy of what stands in a slot.
    pub(super) fn operand(&mut self, expr: &'p Expr) -> Run<Operand<'p>> {
        Ok(match expr {
            Expr::Local(slot) => Operand::Slot(*slot),
            Expr::Const(value) => Operand::Const(value),
            _ => Operand::Made(self.eval(expr)?),
        })
    }

    pub(super) fn all(&mut self, exprs: &'p [Expr]) -> Run<Vec<Value>> {
        exprs.iter().map(|expr| self.eval(expr)).collect()
    }

    /// Evaluates an expression, and tells if the value counts as true.
    pub(super) fn truth(&mut self, expr: &'p Expr) -> Run<bool> {
        truth(self.operand(expr)?.get(self)?)
    }

    fn one(&mut self, expr: &'p Expr, of: impl Fn(&Value) -> Run<Value>) -> Run<Value> {
        of(self.operand(expr)?.get(self)?)
    }

    fn two(
        &mut self,
        pair: &'p (Expr, Expr),
        of: impl Fn(&Value, &Value) -> Run<Value>,
    ) -> Run<Value> {
        let a = self.operand(&pair.0)?;
        let b = self.operand(&pair.1)?;
        of(a.get(self)?, b.get(self)?)
    }

    pub(super) fn eval(&mut self, expr: &'p Expr) -> Run<Value> {
        match expr {
            Expr::Const(value) => Ok(value.clone()),
            Expr::Local(slot) => self.slot(*slot).cloned(),
            Expr::Tuple(items) => match items.as_slice() {
                [first, second] => Ok(Value::tuple([self.eval(first)?, self.eval(second)?])),
                items => Ok(Value::tuple(self.all(items)?)),
            },
            Expr::List(items) => Ok(Value::list(self.all(items)?)),
            Expr::Dict(pairs) => {
                let mut dict = Dict::with_capacity(pairs.len());
                for (key, value) in pairs {
                    let (key, value) = (self.eval(key)?, self.eval(value)?);
                    hashable(&key)?;
                    dict.insert(key.detach(), value.detach());
                }
                Ok(Value::Dict(Arc::new(dict)))
            }
            Expr::Not(value) => Ok(Value::Bool(!self.truth(value)?)),
            Expr::Minus(value) => self.one(value, minus),
            Expr::Plus(value) => self.one(value, plus),
            Expr::Invert(value) => self.one(value, invert),
            Expr::Binary(op, pair) => self.two(pair, |a, b| binary(*op, a, b)),
            Expr::Index(pair) => self.two(pair, index),
            Expr::Compare(first, rest) => {
                let mut left = self.operand(first)?;
                for (comparison, right) in rest {
                    let right = self.operand(right)?;
                    if !holds(*comparison, left.get(self)?, right.get(self)?)? {
                        return Ok(Value::Bool(false));
                    }
                    left = right;
                }
                Ok(Value::Bool(true))
            }
            Expr::And(items) => self.first_that(items, false),
            Expr::Or(items) => self.first_that(items, true),
            Expr::If(parts) => {
                let (test, then, other) = parts.as_ref();
                let chosen = if self.truth(test)? { then } else { other };
                self.eval(chosen)
            }
            Expr::Slice(value, ends) => {
                let value = self.operand(value)?;
                let mut bounds = [None, None, None];
                for (bound, end) in bounds.iter_mut().zip(ends.iter()) {
                    *bound = match end {
                        Some(end) => match self.operand(end)?.get(self)? {
                            Value::None => None,
                            other => Some(other.as_small().ok_or(Guard)?),
                        },
                        None => None,
                    };
                }
                slice(value.get(self)?, bounds)
            }
            Expr::Call(builtin, arguments) => {
                let arguments = self.all(arguments)?;
                builtin.call(arguments, self.program.exact_sum)
            }
            Expr::Method(method, receiver, arguments) => {
                let receiver = self.operand(receiver)?;
                if let [argument] = arguments.as_slice() {
                    let argument = self.eval(argument)?;
                    return method.call(receiver.get(self)?, std::slice::from_ref(&argument));
                }
                let arguments = self.all(arguments)?;
                method.call(receiver.get(self)?, &arguments)
            }
            Expr::Own(routine, arguments) => {
                let arguments = self.all(arguments)?;
                self.turn()?;
                let (value, turns) =
                    call(self.program, *routine, arguments.into_iter(), self.turns)?;
                self.turns = turns;
                Ok(value)
            }
            Expr::Comprehension(comprehension) => self.comprehend(comprehension),
            Expr::ByKey(how, parts) => {
                let (items, slot, key) = parts.as_ref();
                self.by_key(*how, items, *slot, key)
            }
            Expr::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    text.push_str(&text_of(self.operand(part)?.get(self)?)?);
                }
                if text.len() > LARGEST {
                    return Err(Guard);
                }
                Ok(Value::Str(Text::from(text)))
            }
        }
    }

    /// `and`, `or`: the first value whose truth is `stop`, else the last.
    fn first_that(&mut self, items: &'p [Expr], stop: bool) -> Run<Value> {
        let (last, others) = items.split_last().ok_or(Guard)?;
        for item in others {
            let value = self.eval(item)?;
            if truth(&value)? == stop {
                return Ok(value);
            }
        }
        self.eval(last)
    }
}
