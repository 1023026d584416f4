//! The system's errors in words for people.
//!
//! Rust writes the number of an error of the system behind its words, ` (os error 13)`. A reader of
//! the message can do nothing with it, so every message is made with [`reason`].

use std::io;

/// The system's words for a failure, without the number that it gives it. A file that would become
/// longer than it may be comes with the way to raise the limit, which a shell sets and few know.
///
/// ```
/// use std::io;
///
/// let refused = io::Error::from_raw_os_error(13);
/// assert_eq!(millrace_types::reason(&refused), "Permission denied");
/// assert_eq!(millrace_types::reason(&io::Error::other("it was removed")), "it was removed");
/// ```
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let Some(number) = error.raw_os_error() else {
        return text;
    };
    let number = format!(" (os error {number})");
    let words = text.strip_suffix(&number).unwrap_or(&text);
    match error.kind() {
        io::ErrorKind::FileTooLarge => {
            format!("{words}; raise the limit on the size of files (ulimit -f)")
        }
        _ => words.to_owned(),
    }
}
