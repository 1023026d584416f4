//! CPython 3.11's `repr` and hash of a string, with `PYTHONHASHSEED=0`.

use millrace_text::python::write_repr_str;

/// `portable_hash(text)` of PySpark, which is `hash(text)`.
pub(super) fn portable_hash(text: &str) -> i64 {
    if text.is_empty() {
        return 0;
    }
    let hash = siphash13(&storage(text)).cast_signed();
    // CPython keeps -1 for errors.
    if hash == -1 { -2 } else { hash }
}

/// The bytes in which CPython keeps a string: each character takes as many as
/// the widest of them needs.
fn storage(text: &str) -> Vec<u8> {
    let width = match text.chars().max().map_or(0, u32::from) {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        _ => 4,
    };
    text.chars()
        .flat_map(|c| u32::from(c).to_le_bytes().into_iter().take(width))
        .collect()
}

/// SipHash with one round a word and three at the end, and no key.
fn siphash13(bytes: &[u8]) -> u64 {
    let mut state = [
        0x736f_6d65_7073_6575,
        0x646f_7261_6e64_6f6d,
        0x6c79_6765_6e65_7261,
        0x7465_6462_7974_6573,
    ];
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len() / 8 * 8 + 7, 0);
    padded.push(bytes.len().to_le_bytes()[0]);
    for word in padded.chunks_exact(8) {
        let word = u64::from_le_bytes(word.try_into().unwrap());
        state[3] ^= word;
        round(&mut state);
        state[0] ^= word;
    }
    state[2] ^= 0xff;
    (0..3).for_each(|_| round(&mut state));
    state.iter().fold(0, |hash, part| hash ^ part)
}

fn round([v0, v1, v2, v3]: &mut [u64; 4]) {
    let half = |a: &mut u64, b: &mut u64, by: u32| {
        *a = a.wrapping_add(*b);
        *b = b.rotate_left(by) ^ *a;
    };
    half(v0, v1, 13);
    *v0 = v0.rotate_left(32);
    half(v2, v3, 16);
    half(v0, v3, 21);
    half(v2, v1, 17);
    *v2 = v2.rotate_left(32);
}

/// `repr(text)`.
pub(super) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut shown = String::from(quote);
    for c in text.chars() {
        match (c, u32::from(c)) {
            ('\t', _) => shown.push_str("\\t"),
            ('\n', _) => shown.push_str("\\n"),
            ('\r', _) => shown.push_str("\\r"),
            ('\\', _) => shown.push_str("\\\\"),
            _ if c == quote => shown.extend(['\\', c]),
            _ if is_printable(c) => shown.push(c),
            (_, code @ 0..=0xff) => shown.push_str(&format!("\\x{code:02x}")),
            (_, code @ 0..=0xffff) => shown.push_str(&format!("\\u{code:04x}")),
            (_, code) => shown.push_str(&format!("\\U{code:08x}")),
        }
    }
    shown.push(quote);
    shown
}

/// `str.isprintable()`. Beyond ASCII that is a table of Unicode 14, and a
/// second copy of it would be no second opinion.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let mut shown = String::new();
    write_repr_str(&mut shown, c.encode_utf8(&mut [0; 4]));
    shown == format!("'{c}'")
}

#[test]
fn hashes_are_cpythons() {
    for (text, hash) in [
        ("", 0),
        ("a", 4_644_417_185_603_328_019),
        ("hello", -2_096_571_579_003_691_106),
        ("abcdefg", 7_904_145_750_247_929_094),
        ("abcdefgh", 4_574_395_652_268_504_554),
        ("abcdefghijklmnop", -7_712_962_755_478_248_686),
        ("caf\u{e9}", 137_524_001_917_817_222),
        ("\u{3b1}\u{3b2}\u{3b3}", -8_649_766_505_409_503_091),
        ("a\u{1f600}", -6_970_120_874_385_731_343),
        ("a\0b", -2_562_947_060_344_435_835),
    ] {
        assert_eq!(portable_hash(text), hash, "{text:?}");
    }
}

#[test]
fn strings_are_shown_as_cpython_shows_them() {
    for (text, shown) in [
        ("", "''"),
        ("it's", "\"it's\""),
        ("'\"", "'\\'\"'"),
        (
            "\\\t\u{7f}\u{a0}\u{200b}\u{e000}\u{10ffff}",
            "'\\\\\\t\\x7f\\xa0\\u200b\\ue000\\U0010ffff'",
        ),
        ("\u{e9}\u{1f600}", "'\u{e9}\u{1f600}'"),
    ] {
        assert_eq!(repr(text), shown);
    }
}
