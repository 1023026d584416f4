//! From JSON to a program. Every node is an array that begins with its name.

use std::sync::Arc;

use serde_json::Value as Json;

use super::constant;
use super::{Binary, ByKey, Change, Clause, Comparison, Comprehension, Expr, Program, Routine};
use super::{Stmt, Target};
use crate::run::{Builtin, Method};
use crate::{BadFunction, Function};

type Read<T> = Result<T, BadFunction>;

impl Function {
    /// The function that the Python side has lowered.
    ///
    /// # Errors
    /// [`BadFunction`] if the text is not what the Python side of the same version makes.
    pub fn from_json(text: &str) -> Result<Function, BadFunction> {
        let json: Json =
            serde_json::from_str(text).map_err(|error| BadFunction::new(error.to_string()))?;
        let routines = all(field(&json, "routines")?, routine)?;
        if routines.is_empty() {
            return Err(BadFunction::new("no routine"));
        }
        let exact_sum = field(&json, "exact_sum")?.as_bool().unwrap_or_default();
        Ok(Function {
            program: Arc::new(Program {
                routines,
                exact_sum,
            }),
        })
    }
}

fn field<'a>(json: &'a Json, name: &str) -> Read<&'a Json> {
    json.get(name)
        .ok_or_else(|| BadFunction::new(format!("no {name}")))
}

fn bad<T>(json: &Json) -> Read<T> {
    Err(BadFunction::new(json.to_string()))
}

fn all<T>(json: &Json, read: impl Fn(&Json) -> Read<T>) -> Read<Vec<T>> {
    match json {
        Json::Array(items) => items.iter().map(read).collect(),
        _ => bad(json),
    }
}

fn number(json: &Json) -> Read<usize> {
    match json.as_u64() {
        Some(n) => Ok(n as usize),
        None => bad(json),
    }
}

/// The name of a node, and what it is made of.
fn node(json: &Json) -> Read<(&str, &[Json])> {
    match json.as_array().map(Vec::as_slice) {
        Some([Json::String(name), rest @ ..]) => Ok((name, rest)),
        _ => bad(json),
    }
}

fn routine(json: &Json) -> Read<Routine> {
    Ok(Routine {
        arity: number(field(json, "arity")?)?,
        slots: number(field(json, "slots")?)?,
        body: all(field(json, "body")?, stmt)?,
    })
}

fn target(json: &Json) -> Read<Target> {
    match json {
        Json::Array(_) => Ok(Target::Unpack(all(json, target)?)),
        _ => Ok(Target::Slot(number(json)?)),
    }
}

fn stmt(json: &Json) -> Read<Stmt> {
    let block = |json| all(json, stmt);
    Ok(match node(json)? {
        ("set", [to, value]) => Stmt::Set(target(to)?, expr(value)?),
        ("augment", [slot, op, value]) => Stmt::Augment(number(slot)?, binary(op)?, expr(value)?),
        ("setitem", [slot, key, value]) => Stmt::SetItem(number(slot)?, expr(key)?, expr(value)?),
        ("augmentitem", [slot, key, op, value]) => {
            Stmt::AugmentItem(number(slot)?, expr(key)?, binary(op)?, expr(value)?)
        }
        ("change", [slot, how, arguments]) => {
            Stmt::Change(number(slot)?, change(how)?, all(arguments, expr)?)
        }
        ("if", [test, then, other]) => Stmt::If(expr(test)?, block(then)?, block(other)?),
        ("for", [to, items, body, other]) => {
            Stmt::For(target(to)?, expr(items)?, block(body)?, block(other)?)
        }
        ("while", [test, body, other]) => Stmt::While(expr(test)?, block(body)?, block(other)?),
        ("return", [value]) => Stmt::Return(expr(value)?),
        ("break", []) => Stmt::Break,
        ("continue", []) => Stmt::Continue,
        ("expr", [value]) => Stmt::Expr(expr(value)?),
        ("raise", []) => Stmt::Raise,
        _ => return bad(json),
    })
}

fn boxed(json: &Json) -> Read<Box<Expr>> {
    expr(json).map(Box::new)
}

fn two(a: &Json, b: &Json) -> Read<Box<(Expr, Expr)>> {
    Ok(Box::new((expr(a)?, expr(b)?)))
}

fn optional(json: &Json) -> Read<Option<Expr>> {
    match json {
        Json::Null => Ok(None),
        _ => expr(json).map(Some),
    }
}

fn pair(json: &Json) -> Read<(Expr, Expr)> {
    match json.as_array().map(Vec::as_slice) {
        Some([a, b]) => Ok((expr(a)?, expr(b)?)),
        _ => bad(json),
    }
}

fn expr(json: &Json) -> Read<Expr> {
    Ok(match node(json)? {
        ("const", [value]) => Expr::Const(constant::read(value)?),
        ("local", [slot]) => Expr::Local(number(slot)?),
        ("tuple", [items]) => Expr::Tuple(all(items, expr)?),
        ("list", [items]) => Expr::List(all(items, expr)?),
        ("dict", [pairs]) => Expr::Dict(all(pairs, pair)?),
        ("not", [value]) => Expr::Not(boxed(value)?),
        ("minus", [value]) => Expr::Minus(boxed(value)?),
        ("plus", [value]) => Expr::Plus(boxed(value)?),
        ("invert", [value]) => Expr::Invert(boxed(value)?),
        ("binary", [op, a, b]) => Expr::Binary(binary(op)?, two(a, b)?),
        ("compare", [first, rest]) => Expr::Compare(boxed(first)?, all(rest, compared)?),
        ("and", [items]) => Expr::And(all(items, expr)?),
        ("or", [items]) => Expr::Or(all(items, expr)?),
        ("if", [test, then, other]) => Expr::If(Box::new((expr(test)?, expr(then)?, expr(other)?))),
        ("index", [value, at]) => Expr::Index(two(value, at)?),
        ("slice", [value, from, to, step]) => Expr::Slice(
            boxed(value)?,
            Box::new([optional(from)?, optional(to)?, optional(step)?]),
        ),
        ("call", [Json::String(name), arguments]) => match Builtin::named(name) {
            Some(builtin) => Expr::Call(builtin, all(arguments, expr)?),
            None => return bad(json),
        },
        ("method", [Json::String(name), receiver, arguments]) => match Method::named(name) {
            Some(method) => Expr::Method(method, boxed(receiver)?, all(arguments, expr)?),
            None => return bad(json),
        },
        ("own", [routine, arguments]) => Expr::Own(number(routine)?, all(arguments, expr)?),
        ("comprehension", [element, value, clauses]) => {
            Expr::Comprehension(Box::new(Comprehension {
                element: expr(element)?,
                value: optional(value)?,
                clauses: all(clauses, clause)?,
            }))
        }
        ("bykey", [Json::String(how), items, slot, key]) => {
            let how = match how.as_str() {
                "sorted" => ByKey::Sorted,
                "sorted_down" => ByKey::SortedDown,
                "min" => ByKey::Min,
                "max" => ByKey::Max,
                _ => return bad(json),
            };
            Expr::ByKey(how, Box::new((expr(items)?, number(slot)?, expr(key)?)))
        }
        ("text", [parts]) => Expr::Text(all(parts, expr)?),
        _ => return bad(json),
    })
}

fn clause(json: &Json) -> Read<Clause> {
    Ok(match node(json)? {
        ("for", [to, items]) => Clause::For(target(to)?, expr(items)?),
        ("if", [test]) => Clause::If(expr(test)?),
        _ => return bad(json),
    })
}

fn binary(json: &Json) -> Read<Binary> {
    Ok(match json.as_str() {
        Some("+") => Binary::Add,
        Some("-") => Binary::Sub,
        Some("*") => Binary::Mul,
        Some("/") => Binary::Div,
        Some("//") => Binary::FloorDiv,
        Some("%") => Binary::Mod,
        Some("**") => Binary::Pow,
        Some("&") => Binary::And,
        Some("|") => Binary::Or,
        Some("^") => Binary::Xor,
        Some("<<") => Binary::Shl,
        Some(">>") => Binary::Shr,
        _ => return bad(json),
    })
}

fn compared(json: &Json) -> Read<(Comparison, Expr)> {
    let (name, rest) = node(json)?;
    let [operand] = rest else {
        return bad(json);
    };
    let comparison = match name {
        "==" => Comparison::Eq,
        "!=" => Comparison::Ne,
        "<" => Comparison::Lt,
        "<=" => Comparison::Le,
        ">" => Comparison::Gt,
        ">=" => Comparison::Ge,
        "in" => Comparison::In,
        "not in" => Comparison::NotIn,
        "is" => Comparison::Is,
        "is not" => Comparison::IsNot,
        _ => return bad(json),
    };
    Ok((comparison, expr(operand)?))
}

fn change(json: &Json) -> Read<Change> {
    Ok(match json.as_str() {
        Some("append") => Change::Append,
        Some("extend") => Change::Extend,
        Some("insert") => Change::Insert,
        Some("sort") => Change::Sort,
        Some("sort_down") => Change::SortDown,
        Some("reverse") => Change::Reverse,
        Some("clear") => Change::Clear,
        Some("pop") => Change::Pop,
        Some("update") => Change::Update,
        Some("setdefault") => Change::SetDefault,
        _ => return bad(json),
    })
}
