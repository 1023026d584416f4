//! The message of a caught panic of user code; and errors that travel as a panic, from where a
//! record is read to where its batch is run.
//!
//! A panic is one line (law: whatever goes wrong is one line on stderr). Rust's own report comes
//! from a hook, before anybody has caught the panic, and knows the place; whoever catches it
//! knows batch and stage. So the hook keeps the place, and who catches the panic says both.

use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind};
use std::sync::{MutexGuard, Once};

use millrace_types::Lock;

use crate::error::Error;

/// Panics that are caught and not told yet; more than there are threads would be forgotten ones.
const KEPT: usize = 256;

/// Messages of panics with their places.
static PLACES: Lock<VecDeque<(String, String)>> = Lock::new(VecDeque::new());

thread_local! {
    /// True while a panic of this thread is told only to its catcher.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn places() -> MutexGuard<'static, VecDeque<(String, String)>> {
    PLACES.lock()
}

/// Ends the reading of a dataset with an error that is not the program's doing.
pub fn fail(error: Error) -> ! {
    std::panic::resume_unwind(Box::new(error))
}

/// Why a dataset could not be read to its end, by whose doing.
#[derive(Debug)]
pub enum Fault {
    /// The program's code panicked, with this message.
    Program(String),
    /// The input that it was to be read from has failed.
    Input(Error),
}

impl Fault {
    /// The fault that a caught panic stands for.
    #[must_use]
    pub fn of(payload: Box<dyn Any + Send>) -> Fault {
        match payload.downcast::<Error>() {
            Ok(error) => Fault::Input(*error),
            Err(payload) => Fault::Program(message_of(&*payload)),
        }
    }

    /// Goes on as the panic that it was made of.
    pub(crate) fn resume(self) -> ! {
        match self {
            // The message names its place in the source already; the hook must not add this place.
            Fault::Program(message) => std::panic::resume_unwind(Box::new(message)),
            Fault::Input(error) => fail(error),
        }
    }
}

/// The message of a panic's payload in one line, with the place in the source if
/// `panics_in_one_line` has been called.
///
/// ```
/// let payload = std::panic::catch_unwind(|| panic!("no\nmore")).unwrap_err();
/// assert_eq!(millrace::panics::panic_message(&*payload), "no; more");
/// ```
pub fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(error) = payload.downcast_ref::<Error>() {
        return error.to_string();
    }
    let message = text_of(payload);
    let mut places = places();
    let place = places.iter().position(|(known, _)| *known == message);
    match place.and_then(|index| places.remove(index)) {
        Some((message, place)) => format!("{message} ({place})"),
        None => message,
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let lines = text.unwrap_or("a panic without a message").lines();
    let lines: Vec<&str> = lines.map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join("; ")
}

/// The message of a panic that a hook is told of, and its place in the source.
pub fn told_to_hook(info: &PanicHookInfo<'_>) -> (String, String) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    (text_of(info.payload()), place)
}

/// Keeps the place of a panic until somebody who has caught it asks for its message.
pub fn keep(message: String, place: String) {
    let mut places = places();
    places.truncate(KEPT - 1);
    places.push_front((message, place));
}

/// Makes [`caught`] quiet whatever hook the program has: for the rest of the process's life what
/// it catches is told to its caller only.
pub(crate) fn make_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if QUIET.get() {
                let (message, place) = told_to_hook(info);
                keep(message, place);
            } else {
                loud(info);
            }
        }));
    });
}

/// A panic that was caught and that nobody else was told of.
#[derive(Debug)]
pub(crate) struct Panicked {
    /// The message, in one line, with the place in the source.
    pub(crate) message: String,
}

/// Runs `work` and gives its panic, if it panics. An error that travels as a panic goes on.
///
/// A caller must not use what `work` has changed when it has panicked, which is what unwind
/// safety is about.
pub(crate) fn caught<R>(work: impl FnOnce() -> R) -> Result<R, Panicked> {
    struct Loud(bool);
    impl Drop for Loud {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let loud = Loud(QUIET.replace(true));
    let caught = catch_unwind(AssertUnwindSafe(work));
    drop(loud);
    caught.map_err(|payload| match payload.downcast::<Error>() {
        Ok(error) => resume_unwind(error),
        Err(payload) => Panicked {
            message: message_of(&*payload),
        },
    })
}
