//! Law 5 for whole programs: one that is stopped and goes on from its checkpoint shows what one
//! shows that never stopped.

#![allow(clippy::unwrap_used)]

mod recovery {
    mod huge;
    mod state;
    mod windows;
}
