//! A program's output, taken apart into batches.

/// The line above and below the time of a batch.
pub(crate) const RULE: &str = "-------------------------------------------";

/// One batch, as `pprint` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    /// The text behind `Time: `.
    pub(crate) time: String,
    /// The lines between the header and the empty line, joined by line ends;
    /// empty for an empty batch.
    pub(crate) body: String,
}

/// A program's output for a batch.
pub(crate) fn printed(time: &str, body: &str) -> String {
    let end = if body.is_empty() { "" } else { "\n" };
    format!("{RULE}\nTime: {time}\n{RULE}\n{body}{end}\n")
}

/// The batches of a text; there must be nothing else in it.
pub(super) fn whole(text: &str) -> Vec<Batch> {
    let (batches, rest) = take_apart(text);
    assert!(rest.is_empty(), "this is no batch: {rest:?}");
    batches
}

/// The finished batches of a text that may still grow.
pub(super) fn beginning(text: &str) -> Vec<Batch> {
    let (batches, rest) = take_apart(text);
    let head = format!("{RULE}\nTime: ");
    let shared = rest.len().min(head.len());
    assert_eq!(
        &rest.as_bytes()[..shared],
        &head.as_bytes()[..shared],
        "this is no batch: {rest:?}"
    );
    batches
}

/// A text for a reader who wants to know what happened: a long row of empty
/// batches is one line.
pub(super) fn digest(text: &str) -> String {
    let (batches, rest) = take_apart(text);
    let mut digest = String::new();
    for row in batches.chunk_by(|left, right| left.body.is_empty() && right.body.is_empty()) {
        let shown = match row {
            [batch] => printed(&batch.time, &batch.body),
            row => format!("({} empty batches)\n", row.len()),
        };
        digest.push_str(&shown);
    }
    digest + rest
}

fn take_apart(text: &str) -> (Vec<Batch>, &str) {
    let mut batches = Vec::new();
    let mut rest = text;
    while let Some((batch, behind)) = first(rest) {
        batches.push(batch);
        rest = behind;
    }
    (batches, rest)
}

fn first(text: &str) -> Option<(Batch, &str)> {
    let (time, behind) = text
        .strip_prefix(RULE)?
        .strip_prefix("\nTime: ")?
        .split_once('\n')?;
    let behind = behind.strip_prefix(RULE)?.strip_prefix('\n')?;
    // No record has an empty line in it: line ends are escaped.
    let (body, behind) = match behind.strip_prefix('\n') {
        Some(behind) => ("", behind),
        None => behind.split_once("\n\n")?,
    };
    Some((
        Batch {
            time: time.to_owned(),
            body: body.to_owned(),
        },
        behind,
    ))
}

impl Batch {
    /// The time in milliseconds since 1970, for a program that runs in UTC;
    /// the text has to be exactly what Python writes for it.
    pub(crate) fn milliseconds(&self) -> i64 {
        let parsed = parse_time(&self.time);
        parsed.unwrap_or_else(|| panic!("Python does not write such a time: {:?}", self.time))
    }
}

fn parse_time(text: &str) -> Option<i64> {
    let (seconds, fraction) = match text.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (text, None),
    };
    let fields = "dddd-dd-dd dd:dd:dd";
    let fits = |(c, field)| {
        if field == 'd' {
            char::is_ascii_digit(&c)
        } else {
            c == field
        }
    };
    if seconds.len() != fields.len() || !seconds.chars().zip(fields.chars()).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| seconds[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let of_day = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let millis = match fraction {
        None => 0,
        // Six digits, of which milliseconds fill three; none when they are 0.
        Some(digits) => digits
            .strip_suffix("000")
            .filter(|digits| digits.len() == 3)
            .and_then(|digits| digits.parse().ok())
            .filter(|millis| *millis > 0)?,
    };
    Some((days_since_1970(year, month, day) * 86_400 + of_day) * 1000 + millis)
}

/// Of a date in the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Asserts what holds for the times of every run: they are multiples of the
/// interval, and none is left out.
pub(crate) fn assert_ticks(batches: &[Batch], interval: i64) {
    let times: Vec<i64> = batches.iter().map(Batch::milliseconds).collect();
    for (index, time) in times.iter().enumerate() {
        assert_eq!(time % interval, 0, "{:?} is no tick", batches[index].time);
    }
    for pair in times.windows(2) {
        assert_eq!(
            pair[1] - pair[0],
            interval,
            "ticks were left out: {times:?}"
        );
    }
}

#[test]
fn times_are_read_as_python_writes_them() {
    let batch = |time: &str| Batch {
        time: time.to_owned(),
        body: String::new(),
    };
    for (time, millis) in [
        ("1970-01-01 00:00:00", 0),
        ("2000-02-29 12:34:56.789000", 951_827_696_789),
        ("2026-11-22 12:59:47", 1_795_352_387_000),
        ("2069-12-07 00:00:00", 3_153_600_000_000),
    ] {
        assert_eq!(batch(time).milliseconds(), millis);
    }
    for time in [
        "2026-11-22 12:59:47.5",
        "2026-11-22 12:59:47.000000",
        "2026-11-22T12:59:47",
    ] {
        assert_eq!(parse_time(time), None, "{time}");
    }
}

#[test]
fn a_text_is_taken_apart_at_any_length() {
    let batches = [("a", ""), ("b", "('x', 1)\n..."), ("c", "")];
    let text: String = batches
        .iter()
        .map(|(time, body)| printed(time, body))
        .collect();
    let expected: Vec<Batch> = batches
        .iter()
        .map(|(time, body)| Batch {
            time: (*time).to_owned(),
            body: (*body).to_owned(),
        })
        .collect();
    assert_eq!(whole(&text), expected);
    for length in 0..text.len() {
        let seen = beginning(&text[..length]);
        assert_eq!(seen, expected[..seen.len()]);
    }
}
