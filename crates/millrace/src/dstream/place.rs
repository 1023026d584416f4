//! The line of a program that calls an operator, where the program is not in Rust.
//!
//! Errors, the page and the state browser name an operator by its line. A front end calls from one
//! line of its own for all programs; it says here which line of the program it stands for.

use std::cell::RefCell;
use std::panic::Location;

thread_local! {
    /// The line that the operators are named by which this thread describes.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Puts the line that was there before back, also when a description panics.
struct Before(Option<String>);

impl Drop for Before {
    fn drop(&mut self) {
        let before = self.0.take();
        PLACE.with_borrow_mut(|place| *place = before);
    }
}

/// Names the operators that `describe` calls by a line of the program, for a front end whose
/// programs have lines of their own. By default an operator is named by the line of Rust that
/// calls it.
///
/// ```
/// use millrace::dstream::called_at;
/// use millrace::{Conf, Duration, ErrorKind, StreamingContext};
/// # fn main() -> millrace::Result<()> {
/// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(10))?;
/// let pairs = ssc.queue_stream(vec![vec![("a".to_owned(), 1), ("a".to_owned(), i32::MAX)]]);
/// let add = |a: i32, b: i32| a.checked_add(b).expect("a sum that is too large");
/// called_at("program.py:9", || pairs.reduce_by_key(add)).print();
/// ssc.start()?;
/// let failed = ssc.await_termination().unwrap_err();
/// assert_eq!(failed.kind(), ErrorKind::Task);
/// assert_eq!(failed.operator(), Some("reduce_by_key at program.py:9"));
/// # Ok(())
/// # }
/// ```
pub fn called_at<T>(place: impl Into<String>, describe: impl FnOnce() -> T) -> T {
    let place = place.into();
    let _before = Before(PLACE.replace(Some(place)));
    describe()
}

/// The name of an operator in reports: as Spark does, by the line that called it.
pub(crate) fn named(operator: &str, at: &Location<'_>) -> String {
    PLACE.with_borrow(|place| match place {
        Some(place) => format!("{operator} at {place}"),
        None => format!("{operator} at {}:{}", at.file(), at.line()),
    })
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_line_holds_for_what_is_described_in_it_and_no_longer() {
        let at = Location::caller();
        let own = named("map", at);
        let inner = || (named("map", at), called_at("b.py:2", || named("map", at)));
        let after = called_at("a.py:1", || (inner(), named("map", at)));
        let names = |name: &str| name.to_owned();
        let expected = (
            (names("map at a.py:1"), names("map at b.py:2")),
            names("map at a.py:1"),
        );
        assert_eq!(after, expected);
        catch_unwind(|| called_at("c.py:3", || panic!("a description fails"))).unwrap_err();
        assert_eq!(named("map", at), own);
    }
}
