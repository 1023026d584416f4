//! Finding text in text. Places are counted in code points.

use millrace_text::Text;

use super::super::{Guard, Run};
use crate::Value;

/// True if `test` holds for a text or for one of a tuple of texts.
pub(super) fn any_part(part: &Value, test: impl Fn(&str) -> bool) -> Run<bool> {
    match part {
        Value::Str(part) => Ok(test(part)),
        Value::Tuple(parts) => {
            for part in parts.iter() {
                match part {
                    Value::Str(part) if test(part) => return Ok(true),
                    Value::Str(_) => {}
                    _ => return Err(Guard),
                }
            }
            Ok(false)
        }
        _ => Err(Guard),
    }
}

/// The place of a byte of the text, -1 for none.
pub(super) fn place(text: &Text, byte: Option<usize>) -> Value {
    Value::Int(match byte {
        Some(byte) => text[..byte].chars().count() as i64,
        None => -1,
    })
}

/// Counts the parts in a text without overlap; an empty one stands between all
/// characters.
pub(super) fn count(text: &Text, part: &Text) -> i64 {
    text.matches(part.as_str()).count() as i64
}
