//! A panic as one line on stderr (law: whatever goes wrong is one line there).
//!
//! The hook knows a panic's place and keeps it for whoever catches the panic, who knows batch and
//! stage ([`millrace_engine::panics`]). Nobody catches those of the program's own threads, so the
//! hook says them.

use std::panic::PanicHookInfo;
use std::sync::{Arc, LazyLock};

use millrace_engine::panics::{keep, told_to_hook};
use millrace_engine::role::Role;

use crate::clock::SystemClock;
use crate::notice::Repeats;

/// Makes a panic one line on stderr for the rest of the process's life, in the place of Rust's
/// own report. To be called on the main thread.
///
/// Panics on threads of the engine and on the main thread are left to whoever catches them: the
/// engine names batch, operator, message and place in the error that it makes of them, and the
/// main thread's message comes from `panic_message`. A panic on a thread
/// that the program has started itself is said at once.
pub fn panics_in_one_line() {
    Role::Main.take();
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
    let (message, place) = told_to_hook(info);
    if Role::of_this_thread() == Role::Program {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("without a name");
        let line = format_args!("the program's thread {name} panicked: {message} ({place})");
        THREADS.say(&place, line);
        return;
    }
    keep(message, place);
}
