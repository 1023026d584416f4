//! The evaluator.
//!
//! A call has one frame of slots, its statements and expressions are walked as they stand. All
//! of it is exact or [`Guard`]; what a step cannot tell for certain, it does not try.
//!
//! A list or dict may be changed in place only while nobody else holds it: then no other name in
//! Python could have seen the change. An argument is held by the caller and a constant by the
//! program, so neither is ever changed.

mod arith;
mod builtin;
mod by_key;
mod change;
mod compare;
mod comprehension;
mod expr;
mod format;
mod index;
mod items;
mod json;
mod methods;
mod number;
mod stmt;

use std::fmt;
use std::sync::Arc;

pub(crate) use builtin::Builtin;
pub(crate) use methods::Method;

use crate::program::Program;
use crate::{Function, Value};
use items::Items;
use stmt::Flow;

/// The compiled form does not model what this record asks for: run it in CPython.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard;

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the compiled form does not cover this record")
    }
}

impl std::error::Error for Guard {}

/// The result of one step.
pub(crate) type Run<T> = Result<T, Guard>;

/// The most turns that all loops of a call may take together; a longer call is CPython's.
const TURNS: usize = 1 << 20;

/// The most bytes or items of a value that is made out of smaller ones.
const LARGEST: usize = 1 << 20;

/// Slots that stand on the stack.
const FEW_SLOTS: usize = 6;

/// One call of one routine.
pub(crate) struct Frame<'p, 'f> {
    program: &'p Program,
    slots: &'f mut [Option<Value>],
    turns: usize,
}

impl Function {
    /// The value that the function has for these arguments.
    ///
    /// # Errors
    /// [`Guard`] if only CPython can tell.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, Guard> {
        call(&self.program, 0, arguments.iter().cloned(), TURNS).map(|(value, _)| value)
    }

    /// The items of the iterable that the function has for this argument, as `flatMap` goes through
    /// them.
    ///
    /// # Errors
    /// [`Guard`] if only CPython can tell.
    pub fn items(&self, argument: &Value) -> Result<Vec<Value>, Guard> {
        Ok(match self.call(std::slice::from_ref(argument))? {
            Value::List(items) => Arc::unwrap_or_clone(items),
            other => Items::of(other)?.collect(),
        })
    }

    /// True if the function's value counts as true.
    ///
    /// # Errors
    /// [`Guard`] if only CPython can tell.
    pub fn test(&self, argument: &Value) -> Result<bool, Guard> {
        truth(&self.call(std::slice::from_ref(argument))?)
    }
}

/// Calls a routine, which may take so many turns; gives its value and the turns that are left.
fn call(
    program: &Program,
    routine: usize,
    arguments: impl ExactSizeIterator<Item = Value>,
    turns: usize,
) -> Run<(Value, usize)> {
    let routine = program.routines.get(routine).ok_or(Guard)?;
    if arguments.len() != routine.arity {
        return Err(Guard);
    }
    let mut few = [const { None }; FEW_SLOTS];
    let mut many;
    let slots = match few.get_mut(..routine.slots) {
        Some(slots) => slots,
        None => {
            many = vec![None; routine.slots];
            many.as_mut_slice()
        }
    };
    for (slot, argument) in slots.iter_mut().zip(arguments) {
        *slot = Some(argument);
    }
    let mut frame = Frame {
        program,
        slots,
        turns,
    };
    match frame.block(&routine.body)? {
        Flow::Return(value) => Ok((value, frame.turns)),
        Flow::On => Ok((Value::None, frame.turns)),
        Flow::Break | Flow::Continue => Err(Guard),
    }
}

impl Frame<'_, '_> {
    /// Counts a turn of a loop.
    fn turn(&mut self) -> Run<()> {
        self.turns = self.turns.checked_sub(1).ok_or(Guard)?;
        Ok(())
    }

    fn slot(&self, slot: usize) -> Run<&Value> {
        // An unbound name is an error in Python.
        self.slots.get(slot).and_then(Option::as_ref).ok_or(Guard)
    }
}

/// True if a value counts as true.
pub(crate) fn truth(value: &Value) -> Run<bool> {
    Ok(match value {
        Value::None => false,
        Value::Bool(b) => *b,
        Value::Int(n) => *n != 0,
        Value::Big(_) => true,
        Value::Float(x) => *x != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::Tuple(items) => !items.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Dict(items) => !items.is_empty(),
        Value::Object(_) => return Err(Guard),
    })
}
