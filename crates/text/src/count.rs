//! The atomic numbers by which a block is counted, and the name of a thread.
//!
//! They are those of the standard library and of the platform. A test build with `--cfg shuttle`
//! has those of a model checker in their place, which tries one schedule after the other on the
//! same code: `scripts/model_check.sh`. It keeps to one order that all threads see, so that it
//! shows what the protocol of a count is worth, and nothing of the weaker orders of memory that
//! are asked for.

#![cfg_attr(
    not(all(test, shuttle)),
    expect(unsafe_code, reason = "a thread is known by its control block")
)]

#[cfg(not(all(test, shuttle)))]
mod machine {
    pub(crate) use std::sync::atomic::{AtomicIsize, AtomicUsize, fence};

    /// A number no other living thread has: the address of the thread's control block, which begins
    /// with it. In a shared library, as Python loads one, the address of a thread-local is a call of
    /// the loader, and two of them for every line.
    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
    #[inline(always)]
    pub(crate) fn token() -> usize {
        let block;
        // SAFETY: where the platform's rules for thread-local storage say that the address stands.
        unsafe {
            std::arch::asm!(
                "mov {}, fs:0",
                out(reg) block,
                options(pure, readonly, nostack, preserves_flags)
            );
        }
        block
    }

    /// A number no other living thread has: the address of a thread-local.
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
    #[inline]
    pub(crate) fn token() -> usize {
        thread_local! {
            static TOKEN: u8 = const { 0 };
        }
        TOKEN.with(|byte| std::ptr::from_ref(byte).addr())
    }
}

#[cfg(all(test, shuttle))]
mod machine {
    pub(crate) use shuttle::sync::atomic::{AtomicIsize, AtomicUsize, fence};

    /// A number no other thread of the schedule has.
    pub(crate) fn token() -> usize {
        usize::from(shuttle::current::me()) + 1
    }
}

pub(crate) use machine::{AtomicIsize, AtomicUsize, fence, token};
