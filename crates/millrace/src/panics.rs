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
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError};

use crate::clock::SystemClock;
use crate::error::Error;
use crate::notice::Repeats;

/// Panics that are caught and not told yet; more than there are threads would be forgotten ones.
const KEPT: usize = 256;

/// Messages of panics with their places.
static PLACES: Mutex<VecDeque<(String, String)>> = Mutex::new(VecDeque::new());

thread_local! {
    /// True while a panic of this thread is told only to its catcher.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn places() -> MutexGuard<'static, VecDeque<(String, String)>> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the reading of a dataset with an error that is not the program's doing.
pub(crate) fn fail(error: Error) -> ! {
    std::panic::resume_unwind(Box::new(error))
}

/// Why a dataset could not be read to its end, by whose doing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The program's code panicked, with this message.
    Program(String),
    /// The input that it was to be read from has failed.
    Input(Error),
}

impl Fault {
    /// The fault that a caught panic stands for.
    pub(crate) fn of(payload: Box<dyn Any + Send>) -> Fault {
        match payload.downcast::<Error>() {
            Ok(error) => Fault::Input(*error),
            Err(payload) => Fault::Program(message_of(&*payload)),
        }
    }

    /// Goes on as the panic that it was made of.
    pub(crate) fn resume(self) -> ! {
        match self {
            // It has its place already, and the hook is not to add this one.
            Fault::Program(message) => std::panic::resume_unwind(Box::new(message)),
            Fault::Input(error) => fail(error),
        }
    }
}

/// The message of a panic's payload in one line, with the place in the source if
/// [`panics_in_one_line`] has been called.
///
/// ```
/// let payload = std::panic::catch_unwind(|| panic!("no\nmore")).unwrap_err();
/// assert_eq!(millrace::panic_message(&*payload), "no; more");
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

/// Makes a panic one line on stderr for the rest of the process's life, in the place of Rust's
/// own report.
///
/// Panics on threads of the engine and on the main thread are left to whoever catches them: the
/// engine names batch, operator, message and place in the error that it makes of them, and the
/// main thread's message comes from [`panic_message`](crate::panic_message). A panic on a thread
/// that the program has started itself is said at once.
pub fn panics_in_one_line() {
    std::panic::set_hook(Box::new(keep_place));
}

/// Lines about threads of the program, which it may start again and again.
static THREADS: LazyLock<Repeats> =
    LazyLock::new(|| Repeats::new(Arc::new(SystemClock::default())));

/// Says how many panics of the program's threads were not said: a run has ended.
pub(crate) fn say_left_out() {
    THREADS.end("threads of the program");
}

fn keep_place(info: &PanicHookInfo<'_>) {
    let message = text_of(info.payload());
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("without a name");
    if name != "main" && !name.starts_with("millrace-") {
        let line = format_args!("the program's thread {name} panicked: {message} ({place})");
        THREADS.say(&place, line);
        return;
    }
    keep(message, place);
}

fn keep(message: String, place: String) {
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
                let place = info.location().map(ToString::to_string).unwrap_or_default();
                keep(text_of(info.payload()), place);
            } else {
                loud(info);
            }
        }));
    });
}

/// Runs `work` and gives the message if it panics, which nobody else is told. An error that
/// travels as a panic goes on.
///
/// A caller must not use what `work` has changed when it has panicked, which is what unwind
/// safety is about.
pub(crate) fn caught<R>(work: impl FnOnce() -> R) -> Result<R, String> {
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
        Err(payload) => message_of(&*payload),
    })
}
