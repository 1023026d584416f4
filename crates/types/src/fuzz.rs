//! The body of a fuzz target: settings as somebody may type them. The tests run it over the corpus
//! in `tests/fuzz/corpus`.

use crate::{ByteSize, ByteUnit, Conf, Duration, Host, Master, TimeUnit, local_path};

/// A text is a duration, a size, a master, a host and a location, or none; what is one can be
/// written and is the same when it is read again, and numbers are those of plain arithmetic.
pub fn settings(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let amount = amount(text);
    let duration = Duration::parse(text, TimeUnit::Milliseconds);
    let expected =
        amount.and_then(|(amount, suffix)| Some(amount.saturating_mul(micros(suffix)?) / 1000));
    let range = i128::from(i64::MIN)..=i128::from(i64::MAX);
    match (&duration, expected) {
        (Ok(read), Some(expected)) => {
            let expected = expected.clamp(*range.start(), *range.end());
            assert_eq!(i128::from(read.as_millis()), expected, "{text:?}");
        }
        (Ok(_), None) => panic!("{text:?} is no duration"),
        (Err(_), Some(_)) => assert!(amount.is_some_and(|(it, _)| !range.contains(&it))),
        (Err(_), None) => {}
    }
    let size = ByteSize::parse(text, ByteUnit::Bytes);
    let expected = amount.filter(|_| !text.contains('-'));
    let expected = expected.and_then(|(amount, suffix)| amount.checked_mul(bytes(suffix)?));
    let expected = expected.filter(|&bytes| bytes <= u64::MAX.into());
    assert_eq!(
        size.clone().ok().map(|size| i128::from(size.as_bytes())),
        expected,
        "{text:?}"
    );
    if let Ok(size) = size {
        assert_eq!(
            ByteSize::parse(&size.to_string(), ByteUnit::Bytes),
            Ok(size)
        );
    }
    if let Ok(master) = Master::parse(text) {
        assert_eq!(Master::parse(&master.to_string()), Ok(master));
        assert!(master.resolve(4) > 0);
    }
    if let Ok(host) = Host::parse(text) {
        assert_eq!(Host::parse(host.as_str()), Ok(host.clone()));
        assert!(host.with_port(7).ends_with(":7"));
    }
    if let Ok(path) = local_path(text) {
        assert!(!path.as_os_str().is_empty());
        assert!(path.starts_with("/") || path.as_os_str() == text);
    }
    let conf = Conf::from_iter([("a", text)]);
    assert_eq!(
        conf.duration("a", TimeUnit::Milliseconds).is_ok(),
        duration.is_ok_and(|length| length <= Duration::LONGEST)
    );
    let said = [
        conf.integer("a").map(drop),
        conf.boolean("a").map(drop),
        conf.size("a").map(drop),
        conf.location("a").map(drop),
    ];
    for error in said.into_iter().filter_map(Result::err) {
        assert!(error.to_string().starts_with("a "), "{error}");
    }
}

/// A number and what stands behind it, in small letters; none if it is longer than 30 digits.
fn amount(text: &str) -> Option<(i128, &str)> {
    let text = text.trim_matches(|c| c <= ' ');
    let digits = text.strip_prefix('-').unwrap_or(text);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number = text[..text.len() - digits.len() + end].parse().ok()?;
    Some((number, &digits[end..]))
}

fn micros(suffix: &str) -> Option<i128> {
    Some(match &*suffix.to_ascii_lowercase() {
        "us" => 1,
        "" | "ms" => 1000,
        "s" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return None,
    })
}

fn bytes(suffix: &str) -> Option<i128> {
    Some(match &*suffix.to_ascii_lowercase() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        "t" | "tb" => 1 << 40,
        "p" | "pb" => 1 << 50,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "../../../tests/fuzz/corpora.rs"]
mod corpora;

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpora_are_read() {
        super::corpora::run(&[("settings", super::settings)]);
    }
}
