//! `zfill`, `ljust`, `rjust`, `center`. Widths are counted in code points.

use millrace_text::Text;

use super::super::{Guard, LARGEST, Run};
use super::Method;
use crate::Value;

/// The number of characters that are missing to a width.
fn missing(text: &Text, width: &Value) -> Run<(usize, usize)> {
    let width = usize::try_from(width.as_small().ok_or(Guard)?).unwrap_or(0);
    if width > LARGEST {
        return Err(Guard);
    }
    Ok((width.saturating_sub(text.chars().count()), width))
}

pub(super) fn zfill(text: &Text, width: &Value) -> Run<Value> {
    let (missing, _) = missing(text, width)?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = &text[..text.len() - unsigned.len()];
    if missing == 0 {
        return Ok(Value::Str(text.clone()));
    }
    Ok(Value::str(format!(
        "{sign}{}{unsigned}",
        "0".repeat(missing)
    )))
}

pub(super) fn just(method: Method, text: &Text, width: &Value, fill: char) -> Run<Value> {
    let (missing, width) = missing(text, width)?;
    if missing == 0 {
        return Ok(Value::Str(text.clone()));
    }
    let left = match method {
        Method::LJust => 0,
        Method::RJust => missing,
        // Where one is left over, Python gives it to the left if the width is odd.
        _ => missing / 2 + (missing & width & 1),
    };
    let some = |count| std::iter::repeat_n(fill, count);
    Ok(Value::Str(
        some(left)
            .chain(text.chars())
            .chain(some(missing - left))
            .collect(),
    ))
}
