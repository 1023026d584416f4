//! A number and what it counts, in the words of a message.

/// `1 block`, `2 blocks`, `0 batches`: a count with its noun, for messages.
///
/// The noun is one whose plural ends in `s`, or in `es` behind `ch`.
///
/// ```
/// use millrace_types::counted;
///
/// assert_eq!(counted(1, "block"), "1 block");
/// assert_eq!(counted(3, "batch"), "3 batches");
/// ```
#[must_use]
pub fn counted(count: impl TryInto<i128>, noun: &str) -> String {
    let count = count.try_into().unwrap_or_default();
    let end = match count {
        1 => "",
        _ if noun.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{count} {noun}{end}")
}
