//! A lowered function as data: what the Python side made of its source.
//!
//! Local variables are numbered slots of one frame. Names, closures, globals and shadowing have
//! been settled before: an expression names a slot, a constant, a known builtin, a method by
//! name, or another function of the same program.

mod constant;
mod read;
mod shape;

pub use shape::Shape;

use std::fmt;
use std::sync::Arc;

use crate::Value;
use crate::run::{Builtin, Method};

/// A pure Python function, ready to be evaluated. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Function {
    pub(crate) program: Arc<Program>,
}

/// Why a text is no function: a disagreement between the two halves of the compiler.
#[derive(Debug, Clone)]
pub struct BadFunction {
    reason: String,
}

impl BadFunction {
    pub(crate) fn new(reason: impl Into<String>) -> BadFunction {
        BadFunction {
            reason: reason.into(),
        }
    }
}

impl fmt::Display for BadFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a lowered function: {}", self.reason)
    }
}

impl std::error::Error for BadFunction {}

/// A function with those of the user's own that it calls.
#[derive(Debug)]
pub(crate) struct Program {
    /// The first is the one that is called.
    pub(crate) routines: Vec<Routine>,
    /// Since Python 3.12 `sum` of floats carries what rounding lost.
    pub(crate) exact_sum: bool,
}

#[derive(Debug)]
pub(crate) struct Routine {
    /// The number of arguments of the function; they are the first slots.
    pub(crate) arity: usize,
    /// The number of slots of a frame.
    pub(crate) slots: usize,
    pub(crate) body: Vec<Stmt>,
}

/// The target of an assignment.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Slot(usize),
    /// As many values as targets.
    Unpack(Vec<Target>),
}

#[derive(Debug)]
pub(crate) enum Stmt {
    Set(Target, Expr),
    /// `local op= value`
    Augment(usize, Binary, Expr),
    /// `local[key] = value`
    SetItem(usize, Expr, Expr),
    /// `local[key] op= value`
    AugmentItem(usize, Expr, Binary, Expr),
    /// A method that changes a local list or dict, its result unused.
    Change(usize, Change, Vec<Expr>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    For(Target, Expr, Vec<Stmt>, Vec<Stmt>),
    While(Expr, Vec<Stmt>, Vec<Stmt>),
    Return(Expr),
    Break,
    Continue,
    /// An expression whose value is not used; it may still fail.
    Expr(Expr),
    /// A place where the program raises: CPython does that.
    Raise,
}

/// A method that changes its list or dict.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Append,
    Extend,
    Insert,
    Sort,
    SortDown,
    Reverse,
    Clear,
    Pop,
    Update,
    SetDefault,
}

#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Const(Value),
    Local(usize),
    Tuple(Vec<Expr>),
    List(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Plus(Box<Expr>),
    Invert(Box<Expr>),
    Binary(Binary, Box<(Expr, Expr)>),
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Condition, then, else.
    If(Box<(Expr, Expr, Expr)>),
    Index(Box<(Expr, Expr)>),
    Slice(Box<Expr>, Box<[Option<Expr>; 3]>),
    Call(Builtin, Vec<Expr>),
    Method(Method, Box<Expr>, Vec<Expr>),
    /// Another routine of the program.
    Own(usize, Vec<Expr>),
    Comprehension(Box<Comprehension>),
    /// `sorted`, `min` or `max` with a key: items, the key's slot, the key.
    ByKey(ByKey, Box<(Expr, usize, Expr)>),
    /// An f-string: the texts of its parts.
    Text(Vec<Expr>),
}

#[derive(Debug, Clone)]
pub(crate) struct Comprehension {
    /// Of a dict: key and value; of a list: only the first.
    pub(crate) element: Expr,
    pub(crate) value: Option<Expr>,
    pub(crate) clauses: Vec<Clause>,
}

#[derive(Debug, Clone)]
pub(crate) enum Clause {
    For(Target, Expr),
    If(Expr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByKey {
    Sorted,
    SortedDown,
    Min,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    And,
    Or,
    Xor,
    Shl,
    Shr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    Is,
    IsNot,
}

impl Function {
    /// The number of arguments of the function.
    pub fn arity(&self) -> usize {
        self.program.routines[0].arity
    }
}
