//! The part that a thread plays: where a rule is broken, where a program stops its context, and
//! where it panics, the engine's own threads are treated otherwise than the program's.

use std::cell::Cell;

thread_local! {
    static ROLE: Cell<Role> = const { Cell::new(Role::Program) };
}

/// The part that a thread plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A thread that the program has started; nobody catches its panics.
    Program,
    /// The program's main thread, whose panic the program's end tells.
    Main,
    /// A thread of the engine: a worker, a receiver, the generator of batches. Its starter
    /// catches its panics.
    Engine,
    /// The engine's thread that hands events to listeners.
    Listeners,
}

impl Role {
    /// The part that this thread plays; [`Role::Program`] if nobody has said otherwise.
    #[must_use]
    pub fn of_this_thread() -> Role {
        ROLE.get()
    }

    /// Gives this thread the part, for the rest of its life.
    pub fn take(self) {
        ROLE.set(self);
    }

    /// True for the threads that the engine has started.
    #[must_use]
    pub fn is_engine(self) -> bool {
        matches!(self, Role::Engine | Role::Listeners)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_of_one_thread() {
        let other = std::thread::spawn(|| {
            let before = Role::of_this_thread();
            Role::Listeners.take();
            (before, Role::of_this_thread())
        });
        assert_eq!(other.join().unwrap(), (Role::Program, Role::Listeners));
        assert!(!Role::of_this_thread().is_engine());
    }
}
