//! `json.loads` of a text, as Python's own reader takes it; what it refuses is guarded.

use std::sync::Arc;

use millrace_text::Text;

use super::{Guard, Run};
use crate::{Dict, Value};

/// The deepest nesting that a text may have here.
const DEEPEST: usize = 100;

/// The value of a whole text.
pub(super) fn loads(text: &str) -> Run<Value> {
    let mut reader = Reader { text, at: 0 };
    reader.blanks();
    let value = reader.value(DEEPEST)?;
    reader.blanks();
    if reader.at == text.len() {
        Ok(value)
    } else {
        Err(Guard)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.rest().first() {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.rest().starts_with(word.as_bytes());
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    fn value(&mut self, deep: usize) -> Run<Value> {
        let deep = deep.checked_sub(1).ok_or(Guard)?;
        match self.rest().first() {
            Some(b'"') => self.string().map(|text| Value::Str(text.detach())),
            Some(b'{') => self.object(deep),
            Some(b'[') => self.array(deep),
            Some(b'n') if self.takes("null") => Ok(Value::None),
            Some(b't') if self.takes("true") => Ok(Value::Bool(true)),
            Some(b'f') if self.takes("false") => Ok(Value::Bool(false)),
            // `NaN` and the infinities, which Python takes, are left to it.
            _ => self.number(),
        }
    }

    fn array(&mut self, deep: usize) -> Run<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if !self.takes("]") {
            loop {
                self.blanks();
                items.push(self.value(deep)?);
                self.blanks();
                if self.takes("]") {
                    break;
                }
                if !self.takes(",") {
                    return Err(Guard);
                }
            }
        }
        Ok(Value::List(Arc::new(items)))
    }

    fn object(&mut self, deep: usize) -> Run<Value> {
        self.at += 1;
        let mut items = Dict::new();
        self.blanks();
        if !self.takes("}") {
            loop {
                self.blanks();
                let key = Value::Str(self.string()?.detach());
                self.blanks();
                if !self.takes(":") {
                    return Err(Guard);
                }
                self.blanks();
                items.insert(key, self.value(deep)?);
                self.blanks();
                if self.takes("}") {
                    break;
                }
                if !self.takes(",") {
                    return Err(Guard);
                }
            }
        }
        Ok(Value::Dict(Arc::new(items)))
    }

    fn string(&mut self) -> Run<Text> {
        if !self.takes("\"") {
            return Err(Guard);
        }
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let end = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .ok_or(Guard)?;
            out.push_str(&rest[..end]);
            self.at += end + 1;
            match rest.as_bytes()[end] {
                b'"' => return Ok(Text::from(out)),
                b'\\' => {
                    let char = self.escape()?;
                    out.push(char);
                }
                // A control character, which Python refuses.
                _ => return Err(Guard),
            }
        }
    }

    fn escape(&mut self) -> Run<char> {
        let byte = *self.rest().first().ok_or(Guard)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => byte.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.four_digits()?;
                if let Some(char) = char::from_u32(high) {
                    return Ok(char);
                }
                if !(0xd800..0xdc00).contains(&high) || !self.takes("\\u") {
                    return Err(Guard);
                }
                let low = self.four_digits()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(Guard);
                }
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                char::from_u32(code).ok_or(Guard)?
            }
            _ => return Err(Guard),
        })
    }

    fn four_digits(&mut self) -> Run<u32> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(Guard)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Guard);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| Guard)
    }

    fn digits(&mut self) -> usize {
        let count = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += count;
        count
    }

    fn number(&mut self) -> Run<Value> {
        let from = self.at;
        self.takes("-");
        let zero = self.rest().first() == Some(&b'0');
        let digits = self.digits();
        if digits == 0 || zero && digits > 1 {
            return Err(Guard);
        }
        let mut whole = true;
        if self.takes(".") {
            whole = false;
            if self.digits() == 0 {
                return Err(Guard);
            }
        }
        if self.takes("e") || self.takes("E") {
            whole = false;
            let _sign = self.takes("+") || self.takes("-");
            if self.digits() == 0 {
                return Err(Guard);
            }
        }
        let text = &self.text[from..self.at];
        if whole {
            text.parse().map(Value::Int).map_err(|_| Guard)
        } else {
            text.parse().map(Value::Float).map_err(|_| Guard)
        }
    }
}
