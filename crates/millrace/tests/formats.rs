//! Checkpoints of every version of the format, as real programs have written them. They have to
//! be read for ever; so what is in `fixtures` is never written again.

#![allow(clippy::unwrap_used)]

mod formats {
    mod programs;
    mod version_1;
    mod write;
}
