//! Functions that the engine knows by heart, and what a function surely gives.
//!
//! A stream whose records are known to be texts, or texts with a count, need not carry
//! [`Value`]s. A claim made here is one about CPython: whichever tier a record runs in, if the
//! function returns at all, it returns what is said.

use std::sync::Arc;

use millrace_text::Text;

use super::{Binary, Comparison, Expr, Program, Routine, Stmt, Target};
use crate::run::{Builtin, Method};
use crate::{Function, Value};

/// A function with a native form.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// `x.split(separator)`, of a text: texts.
    Split(Text),
    /// `x.split()`, of a text: texts.
    SplitBlanks,
    /// `(x, constant)`.
    PairWith(Value),
    /// `x[index]`.
    At(i64),
    /// `a + b`.
    Add,
    /// Of a list of ints and an int or `None`: the sum of them all. So a state that is an int
    /// stays as it is when nothing comes.
    SumOrZero,
}

impl Function {
    /// The native form of this function, if it has one.
    pub fn shape(&self) -> Option<Shape> {
        let [routine] = self.program.routines.as_slice() else {
            return None;
        };
        match routine.arity {
            1 => of_one(routine),
            2 => of_two(routine),
            _ => None,
        }
    }

    /// True if the function gives a text, or raises, whenever its only argument is a text.
    pub fn keeps_text(&self) -> bool {
        match self.program.routines.as_slice() {
            [routine] if routine.arity == 1 => only_return(routine).is_some_and(is_text),
            _ => false,
        }
    }
}

impl Function {
    /// The function of the text alone, and the constant, if this one gives a pair of both, or raises,
    /// whenever its only argument is a text.
    pub fn paired_text(&self) -> Option<(Function, Value)> {
        let [routine] = self.program.routines.as_slice() else {
            return None;
        };
        let Expr::Tuple(items) = only_return(routine)? else {
            return None;
        };
        let [text, Expr::Const(constant)] = items.as_slice() else {
            return None;
        };
        if routine.arity != 1 || !is_text(text) {
            return None;
        }
        let routine = Routine {
            body: vec![Stmt::Return(text.clone())],
            ..*routine
        };
        let program = Program {
            routines: vec![routine],
            ..*self.program
        };
        let function = Function {
            program: Arc::new(program),
        };
        Some((function, constant.clone()))
    }
}

/// The expression that a routine returns, if it does nothing else.
fn only_return(routine: &Routine) -> Option<&Expr> {
    match routine.body.as_slice() {
        [Stmt::Return(value)] => Some(value),
        _ => None,
    }
}

fn is_local(expr: &Expr, slot: usize) -> bool {
    matches!(expr, Expr::Local(at) if *at == slot)
}

fn of_one(routine: &Routine) -> Option<Shape> {
    match only_return(routine)? {
        Expr::Method(Method::Split, receiver, arguments) if is_local(receiver, 0) => {
            match arguments.as_slice() {
                [] | [Expr::Const(Value::None)] => Some(Shape::SplitBlanks),
                [Expr::Const(Value::Str(separator))] if !separator.is_empty() => {
                    Some(Shape::Split(separator.clone()))
                }
                _ => None,
            }
        }
        Expr::Tuple(items) => match items.as_slice() {
            [first, Expr::Const(second)] if is_local(first, 0) => {
                Some(Shape::PairWith(second.clone()))
            }
            _ => None,
        },
        Expr::Index(pair) if is_local(&pair.0, 0) => constant_index(&pair.1).map(Shape::At),
        _ => None,
    }
}

/// An index that is a number, as in `x[1]` and `x[-1]`.
fn constant_index(index: &Expr) -> Option<i64> {
    match index {
        Expr::Const(Value::Int(index)) => Some(*index),
        Expr::Minus(index) => match index.as_ref() {
            Expr::Const(Value::Int(index)) => index.checked_neg(),
            _ => None,
        },
        _ => None,
    }
}

fn of_two(routine: &Routine) -> Option<Shape> {
    let body = routine.body.as_slice();
    if let [Stmt::Return(Expr::Binary(Binary::Add, pair))] = body {
        let (a, b) = pair.as_ref();
        if is_local(a, 0) && is_local(b, 1) || is_local(a, 1) && is_local(b, 0) {
            return Some(Shape::Add);
        }
    }
    let (value, old_is_int) = match body {
        [Stmt::Return(value)] => (value, false),
        [first, Stmt::Return(value)] if makes_old_an_int(first) => (value, true),
        _ => return None,
    };
    sums(value, old_is_int).then_some(Shape::SumOrZero)
}

/// `old = <old or zero>`, or `if old is None: old = 0`.
fn makes_old_an_int(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Set(Target::Slot(1), value) => is_old_or_zero(value),
        Stmt::If(test, then, other) => match then.as_slice() {
            [Stmt::Set(Target::Slot(1), Expr::Const(Value::Int(0)))] => {
                other.is_empty() && is_absent(test)
            }
            _ => false,
        },
        _ => false,
    }
}

/// `old is None`, `old == None` or `not old`.
fn is_absent(test: &Expr) -> bool {
    match test {
        Expr::Not(old) => is_local(old, 1),
        Expr::Compare(old, rest) => {
            let none = matches!(
                rest.as_slice(),
                [(Comparison::Is | Comparison::Eq, Expr::Const(Value::None))]
            );
            none && is_local(old, 1)
        }
        _ => false,
    }
}

/// `old is not None`, `old != None` or `old`.
fn is_present(test: &Expr) -> bool {
    match test {
        Expr::Compare(old, rest) => {
            let some = matches!(
                rest.as_slice(),
                [(Comparison::IsNot | Comparison::Ne, Expr::Const(Value::None))]
            );
            some && is_local(old, 1)
        }
        old => is_local(old, 1),
    }
}

/// Gives `old` if that is an int, and 0 if it is `None`.
fn is_old_or_zero(value: &Expr) -> bool {
    let zero = |expr: &Expr| matches!(expr, Expr::Const(Value::Int(0)));
    match value {
        Expr::Or(items) => matches!(items.as_slice(), [old, o] if is_local(old, 1) && zero(o)),
        Expr::If(parts) => {
            let (test, then, other) = parts.as_ref();
            is_present(test) && is_local(then, 1) && zero(other)
                || is_absent(test) && zero(then) && is_local(other, 1)
        }
        _ => false,
    }
}

/// The sum of the new values and of the old one, in any of the ways that people write it.
fn sums(value: &Expr, old_is_int: bool) -> bool {
    let is_old = |expr: &Expr| old_is_int && is_local(expr, 1) || is_old_or_zero(expr);
    let is_sum = |expr: &Expr| {
        matches!(expr, Expr::Call(Builtin::Sum, items)
            if matches!(items.as_slice(), [new] if is_local(new, 0)))
    };
    match value {
        Expr::Binary(Binary::Add, pair) => {
            is_sum(&pair.0) && is_old(&pair.1) || is_old(&pair.0) && is_sum(&pair.1)
        }
        Expr::Call(Builtin::Sum, items) => {
            matches!(items.as_slice(), [new, start] if is_local(new, 0) && is_old(start))
        }
        _ => false,
    }
}

/// True if an expression is a text without surrogates, or raises, while slot 0 is one: formats
/// can make a surrogate out of its number.
fn is_text(expr: &Expr) -> bool {
    match expr {
        Expr::Local(slot) => *slot == 0,
        Expr::Const(value) => matches!(value, Value::Str(_)),
        Expr::Text(_) | Expr::Call(Builtin::Str | Builtin::Repr, _) => true,
        Expr::Binary(Binary::Add, pair) => is_text(&pair.0) && is_text(&pair.1),
        Expr::If(parts) => is_text(&parts.1) && is_text(&parts.2),
        Expr::Index(pair) => is_text(&pair.0) || is_pieces(&pair.0),
        Expr::Slice(value, _) => is_text(value),
        Expr::Method(method, receiver, _) => {
            is_text(receiver)
                && matches!(
                    method,
                    Method::Capitalize
                        | Method::Casefold
                        | Method::Center
                        | Method::Join
                        | Method::LJust
                        | Method::Lower
                        | Method::LStrip
                        | Method::RemovePrefix
                        | Method::RemoveSuffix
                        | Method::Replace
                        | Method::RJust
                        | Method::RStrip
                        | Method::Strip
                        | Method::SwapCase
                        | Method::Title
                        | Method::Upper
                        | Method::ZFill
                )
        }
        _ => false,
    }
}

/// True if an expression is a list of texts, or raises, while slot 0 is a text.
fn is_pieces(expr: &Expr) -> bool {
    match expr {
        Expr::Method(Method::Split | Method::RSplit | Method::SplitLines, receiver, _) => {
            is_text(receiver)
        }
        _ => false,
    }
}
