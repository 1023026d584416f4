//! The interpreter's lock for threads of the engine that need it record by record.
//!
//! Taken naively that costs more than most functions of programs do: a thread without a state of
//! its own is given one for every record, with a stack that is mapped and unmapped, and two threads
//! that want the lock make CPython switch between them at every release. So a thread keeps its
//! state from the first record on, and threads of the engine take turns: who waits looks now and
//! then, and nobody is woken for a record. A turn is a courtesy. After a few milliseconds a thread
//! goes without one, since the function whose turn it is may wait for a socket, or for that very
//! thread.
//!
//! The state is never given back: an interpreter that is ending would not let the thread do that.
//! It is left to the interpreter when the thread ends.

#![expect(
    unsafe_code,
    reason = "PyO3 gives a thread no state for longer than a call"
)]

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::{Python, ffi};

/// The pause before a thread looks for its turn again.
const PAUSE: Duration = Duration::from_micros(100);
/// The number of looks before it goes without one.
const LOOKS: usize = 30;

/// A thread, as far as turns go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thread {
    /// One that has not been here yet.
    Unknown,
    /// One of the engine, with a state that stays.
    Engines,
    /// One of the interpreter, or one that has the lock already: it takes no turn.
    Attached,
}

thread_local! {
    static THREAD: Cell<Thread> = const { Cell::new(Thread::Unknown) };
}

/// True while a thread has its turn.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Runs what needs the interpreter, on a thread that will need it again soon.
pub(crate) fn attached<T>(run: impl FnOnce(Python<'_>) -> T) -> T {
    if THREAD.get() == Thread::Unknown {
        THREAD.set(with_state());
    }
    let _turn = (THREAD.get() == Thread::Engines).then(Turn::take);
    Python::attach(run)
}

/// Gives the thread a state that stays, unless it has one.
fn with_state() -> Thread {
    // SAFETY: The interpreter is there, since it has loaded this module. A thread without a state
    // is not attached, neither by PyO3 nor otherwise: the second call makes its state and attaches
    // it, the third one detaches it, as `Py_BEGIN_ALLOW_THREADS` does. The second is not undone by
    // `PyGILState_Release`, so the state's counter never falls to zero, and the state stays.
    unsafe {
        if ffi::PyGILState_GetThisThreadState().is_null() {
            ffi::PyGILState_Ensure();
            ffi::PyEval_SaveThread();
            return Thread::Engines;
        }
    }
    Thread::Attached
}

/// A thread's turn, or its going without one.
struct Turn {
    is_taken: bool,
}

impl Turn {
    fn take() -> Turn {
        // What the function calls in turn finds the lock taken.
        THREAD.set(Thread::Attached);
        for _ in 0..LOOKS {
            if !TAKEN.swap(true, Ordering::Acquire) {
                return Turn { is_taken: true };
            }
            thread::sleep(PAUSE);
        }
        Turn { is_taken: false }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_taken {
            TAKEN.store(false, Ordering::Release);
        }
        THREAD.set(Thread::Engines);
    }
}
