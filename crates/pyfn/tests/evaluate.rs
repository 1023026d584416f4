//! Laws of the evaluator that need no interpreter to be known. That it gives what CPython gives is
//! tried by the Python package's tests, with random functions on random values.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use millrace_pyfn::{Dict, Function, Guard, Shape, Value};
use proptest::prelude::*;

/// A function of as many arguments as it has slots, whose body is this one expression.
fn expression(arity: usize, body: &str) -> Function {
    body_of(arity, arity, &format!(r#"[["return", {body}]]"#))
}

fn body_of(arity: usize, slots: usize, body: &str) -> Function {
    let routine = format!(r#"{{"arity": {arity}, "slots": {slots}, "body": {body}}}"#);
    Function::from_json(&format!(
        r#"{{"routines": [{routine}], "exact_sum": true}}"#
    ))
    .unwrap()
}

fn binary(op: &str) -> Function {
    expression(
        2,
        &format!(r#"["binary", "{op}", ["local", 0], ["local", 1]]"#),
    )
}

fn int(value: Result<Value, Guard>) -> Option<i64> {
    match value {
        Ok(Value::Int(n)) => Some(n),
        Ok(other) => panic!("{other:?} is no int"),
        Err(Guard) => None,
    }
}

proptest! {
    #[test]
    fn integers_are_exact_or_guarded(a: i64, b: i64) {
        let arguments = [Value::Int(a), Value::Int(b)];
        let (wide_a, wide_b) = (i128::from(a), i128::from(b));
        for (op, exact) in [("+", wide_a + wide_b), ("-", wide_a - wide_b), ("*", wide_a * wide_b)] {
            prop_assert_eq!(int(binary(op).call(&arguments)), i64::try_from(exact).ok());
        }
        if let (Some(quotient), Some(rest)) =
            (int(binary("//").call(&arguments)), int(binary("%").call(&arguments)))
        {
            prop_assert_eq!(i128::from(quotient) * wide_b + i128::from(rest), wide_a);
            prop_assert!(rest == 0 || (rest < 0) == (b < 0));
        }
    }

    #[test]
    fn an_argument_is_never_changed(items: Vec<i64>) {
        let append = r#"[["change", 0, "append", [["const", null]]], ["return", ["local", 0]]]"#;
        let list = Value::list(items.iter().copied().map(Value::Int));
        prop_assert_eq!(body_of(1, 1, append).call(std::slice::from_ref(&list)), Err(Guard));
        prop_assert_eq!(list, Value::list(items.into_iter().map(Value::Int)));
    }

    #[test]
    fn a_text_is_split_as_rust_splits(text in "[a ,é]{0,40}", separator in "[a ,é]{1,2}") {
        let split = expression(2, r#"["method", "split", ["local", 0], [["local", 1]]]"#);
        let pieces: Vec<Value> = text.split(separator.as_str()).map(Value::str).collect();
        let arguments = [Value::str(text.as_str()), Value::str(separator.as_str())];
        prop_assert_eq!(split.call(&arguments), Ok(Value::list(pieces)));
    }
}

#[test]
fn a_list_that_two_names_share_is_not_changed() {
    let shared = r#"[
        ["set", 0, ["list", []]],
        ["set", 1, ["local", 0]],
        ["change", 0, "append", [["const", null]]],
        ["return", ["local", 1]]
    ]"#;
    assert_eq!(body_of(0, 2, shared).call(&[]), Err(Guard));
    let own = r#"[
        ["set", 0, ["list", []]],
        ["change", 0, "append", [["const", null]]],
        ["return", ["local", 0]]
    ]"#;
    assert_eq!(body_of(0, 1, own).call(&[]), Ok(Value::list([Value::None])));
}

#[test]
fn a_list_is_not_changed_while_it_is_gone_through() {
    let growing = r#"[
        ["set", 0, ["list", [["const", null]]]],
        ["for", 1, ["local", 0], [["change", 0, "append", [["const", null]]]], []],
        ["return", ["local", 0]]
    ]"#;
    assert_eq!(body_of(0, 2, growing).call(&[]), Err(Guard));
}

#[test]
fn a_loop_without_an_end_is_left_to_the_interpreter() {
    let forever = r#"[["while", ["const", true], [], []], ["return", ["const", null]]]"#;
    assert_eq!(body_of(0, 0, forever).call(&[]), Err(Guard));
}

#[test]
fn an_unbound_variable_is_guarded() {
    assert_eq!(
        body_of(0, 1, r#"[["return", ["local", 0]]]"#).call(&[]),
        Err(Guard)
    );
}

#[test]
fn numbers_that_are_one_key_find_each_other() {
    let get = expression(2, r#"["index", ["local", 0], ["local", 1]]"#);
    let dict: Dict = [(Value::Int(1), Value::str("one"))].into_iter().collect();
    let dict = Value::Dict(Arc::new(dict));
    for key in [Value::Bool(true), Value::Float(1.0)] {
        assert_eq!(get.call(&[dict.clone(), key]), Ok(Value::str("one")));
    }
    assert_eq!(get.call(&[dict, Value::list([])]), Err(Guard));
}

#[test]
fn items_come_only_if_all_of_them_are_known() {
    let words = expression(1, r#"["method", "split", ["local", 0], []]"#);
    let pieces = vec![Value::str("a"), Value::str("b")];
    assert_eq!(words.items(&Value::str(" a  b ")), Ok(pieces.clone()));
    let itself = expression(1, r#"["local", 0]"#);
    assert_eq!(itself.items(&Value::Int(1)), Err(Guard));
    assert_eq!(
        itself.items(&Value::tuple(pieces.clone())),
        Ok(pieces.clone())
    );
    // A list that the caller has, too, stays as it is.
    let list = Value::list(pieces.clone());
    assert_eq!(itself.items(&list), Ok(pieces.clone()));
    assert_eq!(list, Value::list(pieces));
    assert_eq!(itself.test(&Value::Int(0)), Ok(false));
}

#[test]
fn what_is_no_program_is_refused_with_its_reason() {
    for text in ["", "{}", r#"{"routines": [], "exact_sum": true}"#] {
        Function::from_json(text).unwrap_err();
    }
    let unknown =
        r#"{"routines": [{"arity": 0, "slots": 0, "body": [["dance"]]}], "exact_sum": true}"#;
    let refusal = Function::from_json(unknown).unwrap_err();
    assert!(refusal.to_string().contains("dance"), "{refusal}");
}

#[test]
fn the_ways_to_write_a_running_sum_are_one() {
    let sum = r#"["call", "sum", [["local", 0]]]"#;
    let zero = r#"["const", ["i", "0"]]"#;
    let or = format!(r#"["or", [["local", 1], {zero}]]"#);
    let none = r#"["compare", ["local", 1], [["is", ["const", null]]]]"#;
    let ways = [
        format!(r#"[["return", ["binary", "+", {sum}, {or}]]]"#),
        format!(r#"[["return", ["call", "sum", [["local", 0], {or}]]]]"#),
        format!(
            r#"[["if", {none}, [["set", 1, {zero}]], []],
                ["return", ["binary", "+", ["local", 1], {sum}]]]"#
        ),
        format!(r#"[["return", ["binary", "+", {sum}, ["if", {none}, {zero}, ["local", 1]]]]]"#),
    ];
    for way in &ways {
        let function = body_of(2, 2, way);
        assert_eq!(function.shape(), Some(Shape::SumOrZero), "{way}");
        let new = Value::list([Value::Int(1), Value::Int(2)]);
        assert_eq!(
            function.call(&[new.clone(), Value::None]),
            Ok(Value::Int(3))
        );
        assert_eq!(function.call(&[new, Value::Int(4)]), Ok(Value::Int(7)));
        // What proves that an idle key keeps its state.
        for old in [0, 7, i64::MIN] {
            let kept = function.call(&[Value::list([]), Value::Int(old)]);
            assert_eq!(kept, Ok(Value::Int(old)));
        }
    }
    let other = format!(r#"[["return", ["binary", "-", {sum}, {or}]]]"#);
    assert_eq!(body_of(2, 2, &other).shape(), None);
}

#[test]
fn a_text_and_a_constant_can_be_told_apart() {
    let lower = r#"["method", "lower", ["local", 0], []]"#;
    let one = r#"["const", ["i", "1"]]"#;
    let (text, constant) = expression(1, &format!(r#"["tuple", [{lower}, {one}]]"#))
        .paired_text()
        .unwrap();
    assert_eq!(constant, Value::Int(1));
    assert_eq!(text.call(&[Value::str("To")]), Ok(Value::str("to")));
    // Where Python's tables decide, only CPython can tell.
    assert_eq!(text.call(&[Value::str("\u{130}")]), Err(Guard));
    let len = r#"["call", "len", [["local", 0]]]"#;
    for other in [
        format!("[{len}, {one}]"),
        format!("[{one}, {lower}]"),
        format!("[{lower}, {len}]"),
    ] {
        assert!(
            expression(1, &format!(r#"["tuple", {other}]"#))
                .paired_text()
                .is_none()
        );
    }
}
