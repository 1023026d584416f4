//! The promises of the floor of durability, judged from outside.
//!
//! A log is written, and then something happens to it: a crash that keeps any part of what was
//! not synced, a kill between two steps, a disk that fails, a hand that damages files. The
//! frames read afterwards have to be those that were written, from the first on, and at least those
//! that were acknowledged; or the log has to be refused, and left as it is. There is no third.

#![allow(clippy::unwrap_used)]

mod durability {
    mod atomic;
    mod crash;
    mod damage;
    mod failpoints;
    mod faults;
    mod fixtures;
    mod kill;
    mod lock;
    mod log;
    mod support;
}
