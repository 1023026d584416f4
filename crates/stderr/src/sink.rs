//! Standard error that may not be read: a pipe that is full, a terminal that was stopped.
//!
//! A line is for people, and holds nobody up: neither a batch nor the end of the program waits
//! for whoever reads it. A line that is not taken within a moment is left out and counted, and the count
//! is said when lines are taken again. A line that has begun is always ended first.
//!
//! A descriptor that blocks does so for all that were copied of it, other programs' among them, so
//! that of standard error stays as it is; each write is made in a way that does not wait.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SendFlags;

/// The time that a line waits. Those behind one that has waited in vain do not wait.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// A pipe that is ready takes so many bytes without waiting (`PIPE_BUF`).
const PIECE: usize = 4096;

/// Ready, and yet full: for a piece of this length. It is asked again after so long.
const GLANCE: Duration = Duration::from_millis(2);

/// The part of the output that is still to be written, and what was left out of it.
#[derive(Debug)]
pub(crate) struct Sink {
    /// The end of a line whose beginning was written.
    rest: Vec<u8>,
    /// The lines that were left out since one was taken.
    left_out: u64,
}

impl Sink {
    pub(crate) const fn new() -> Sink {
        Sink {
            rest: Vec::new(),
            left_out: 0,
        }
    }

    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Writes `line`, which says how many were left out before it, or counts it; waits no longer
    /// than `patience`.
    pub(crate) fn write_line(&mut self, output: BorrowedFd<'_>, line: &[u8], patience: Duration) {
        if self.write(output, line, patience) {
            self.left_out = 0;
        } else {
            self.left_out += 1;
        }
    }

    /// Writes `bytes`, or nothing of them; says which. An output that is closed takes everything:
    /// nobody is left who could be told.
    pub(crate) fn write(
        &mut self,
        output: BorrowedFd<'_>,
        bytes: &[u8],
        patience: Duration,
    ) -> bool {
        let until = Instant::now() + patience;
        let way = Way::to(output);
        let begun = std::mem::take(&mut self.rest);
        let rest = offer(&way, &begun, until);
        if !rest.is_empty() {
            self.rest = rest.to_vec();
            return false;
        }
        let rest = offer(&way, bytes, until);
        if rest.len() == bytes.len() && !bytes.is_empty() {
            return false;
        }
        self.rest = rest.to_vec();
        true
    }
}

/// Writes `bytes` until that would wait longer; gives those that are left.
fn offer<'b>(way: &Way<'_>, mut bytes: &'b [u8], until: Instant) -> &'b [u8] {
    while !bytes.is_empty() {
        match way.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if is_ready_by(way.output(), until) => {
                // What is ready and takes nothing is not asked without a pause.
                std::thread::sleep(GLANCE.min(until.saturating_duration_since(Instant::now())));
            }
            Err(Errno::AGAIN) => return bytes,
            Err(_closed) => return &[],
        }
    }
    bytes
}

/// True if the output takes something before `until`.
fn is_ready_by(output: BorrowedFd<'_>, until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now());
    !left.is_zero() && is_ready(output, left)
}

/// True if the output takes something within `patience`: a short write to a pipe then does not
/// wait.
pub(crate) fn is_ready(output: BorrowedFd<'_>, patience: Duration) -> bool {
    let mut asked = [PollFd::from_borrowed_fd(output, PollFlags::OUT)];
    let patience = Timespec {
        tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: patience.subsec_nanos().into(),
    };
    poll(&mut asked, Some(&patience)).is_ok_and(|ready| ready > 0)
}

/// A way to write bytes without waiting.
enum Way<'o> {
    /// A file or a device: it takes everything at once.
    AtOnce(BorrowedFd<'o>),
    /// The same pipe or terminal by a descriptor of its own, which does not block. It is opened
    /// for each line: others may put something else in the place of standard error.
    Anew(OwnedFd),
    /// A socket is asked not to wait at each write.
    Socket(BorrowedFd<'o>),
    /// A pipe or terminal that this user may not open by its number is asked before.
    Asked(BorrowedFd<'o>),
}

impl Way<'_> {
    fn to(output: BorrowedFd<'_>) -> Way<'_> {
        let kind = rustix::fs::fstat(output).map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Ok(FileType::Socket) => Way::Socket(output),
            Ok(FileType::Fifo) => anew(output),
            Ok(FileType::CharacterDevice) if rustix::termios::isatty(output) => anew(output),
            _ => Way::AtOnce(output),
        }
    }

    fn output(&self) -> BorrowedFd<'_> {
        match self {
            Way::Anew(own) => own.as_fd(),
            Way::AtOnce(output) | Way::Socket(output) | Way::Asked(output) => *output,
        }
    }

    fn write(&self, bytes: &[u8]) -> rustix::io::Result<usize> {
        match self {
            Way::AtOnce(output) => rustix::io::write(output, bytes),
            Way::Anew(own) => rustix::io::write(own, bytes),
            Way::Socket(output) => {
                rustix::net::send(output, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
            }
            Way::Asked(output) if !is_ready(*output, Duration::ZERO) => Err(Errno::AGAIN),
            Way::Asked(output) => rustix::io::write(output, &bytes[..bytes.len().min(PIECE)]),
        }
    }
}

fn anew(output: BorrowedFd<'_>) -> Way<'_> {
    let path = format!("/proc/self/fd/{}", output.as_raw_fd());
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let own = rustix::fs::open(path, flags, Mode::empty());
    own.map_or(Way::Asked(output), Way::Anew)
}

#[cfg(test)]
mod tests;
