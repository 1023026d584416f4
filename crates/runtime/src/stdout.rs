//! Standard output, which may be a pipe that nobody reads.
//!
//! A write that would wait is not begun: the writer asks first, and looks now and then whether its
//! run still wants the output. So a run can end although nobody reads it, an output that does not
//! block (`O_NONBLOCK`) is waited for like any other, and a terminal that was closed is no error. A
//! terminal that is ready may take a single byte, so it is written to by a descriptor of its own,
//! which does not block.
//!
//! A file and a pipe with room for all of it take a batch by one write: a program that is killed
//! has then printed the batch or nothing of it.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use millrace_engine::error::{Error, ErrorKind as Fault};
use millrace_types::Lock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::notice::notice;

/// A pipe that is ready takes so many bytes without waiting (`PIPE_BUF` on Linux, where a page is
/// as long).
const PIECE: usize = 4096;

/// The interval at which a writer that waits looks up.
const GLANCE: Duration = Duration::from_millis(50);

/// Decides if a write that has waited so long gives up.
type GivesUp = Box<dyn Fn(Duration) -> bool + Send + Sync>;

/// The reader of the output of a run, as far as the run can see.
pub struct Reader {
    waiting: Lock<Option<Instant>>,
    gives_up: GivesUp,
}

thread_local! {
    static READER: RefCell<Option<Arc<Reader>>> = const { RefCell::new(None) };
}

impl Reader {
    /// `gives_up` says whether a write that has waited so long is not worth waiting for.
    pub fn new(gives_up: impl Fn(Duration) -> bool + Send + Sync + 'static) -> Reader {
        Reader {
            waiting: Lock::default(),
            gives_up: Box::new(gives_up),
        }
    }

    /// Makes writes of this thread wait as the reader says.
    pub(crate) fn mind(self: &Arc<Self>) {
        READER.set(Some(Arc::clone(self)));
    }

    /// The time that a write has been waiting, if one is.
    pub(crate) fn keeps_waiting(&self) -> Option<Duration> {
        self.waiting.lock().map(|since| since.elapsed())
    }
}

/// Writes to standard output, behind what the program itself has written.
#[derive(Debug)]
pub struct Stdout {
    terminal: bool,
}

impl Stdout {
    /// The standard output of this process.
    pub fn new() -> Stdout {
        // Asked once: a terminal that was closed is none any more.
        static TERMINAL: OnceLock<bool> = OnceLock::new();
        let terminal = *TERMINAL.get_or_init(|| io::stdout().is_terminal());
        Stdout { terminal }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.terminal {
            millrace_stderr::step_aside();
        }
        // To the end: what others write does not come between.
        let mut stdout = io::stdout().lock();
        stdout.flush()?;
        let reader = READER.with_borrow(Clone::clone);
        // Opened once: others may have put something else in its place by then.
        static ANEW: OnceLock<Option<OwnedFd>> = OnceLock::new();
        let anew = match self.terminal {
            true => ANEW.get_or_init(|| anew(stdout.as_fd())).as_ref(),
            false => None,
        };
        let output = anew.map_or(stdout.as_fd(), AsFd::as_fd);
        match write_all_when_ready(output, bytes, reader.as_deref()) {
            Err(error) if self.terminal && Errno::from_io_error(&error) == Some(Errno::IO) => {
                static SAID: OnceLock<()> = OnceLock::new();
                SAID.get_or_init(|| {
                    notice("the terminal was closed: results are shown nowhere from now on");
                });
                Ok(())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same terminal by a descriptor that does not block. Blocking is a property that
/// all copies of a descriptor share, other programs' among them, so standard output's own stays as it is. `None`
/// where a descriptor cannot be opened by its number, or not by this user.
fn anew(terminal: BorrowedFd<'_>) -> Option<OwnedFd> {
    let path = format!("/proc/self/fd/{}", terminal.as_raw_fd());
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).ok()
}

fn write_all_when_ready(
    output: BorrowedFd<'_>,
    mut bytes: &[u8],
    reader: Option<&Reader>,
) -> io::Result<()> {
    while !bytes.is_empty() {
        bytes = &bytes[write_when_ready(output, bytes, reader)?..];
    }
    Ok(())
}

/// Writes some of `bytes` when the descriptor takes them.
fn write_when_ready(
    output: BorrowedFd<'_>,
    bytes: &[u8],
    reader: Option<&Reader>,
) -> io::Result<usize> {
    /// A reader is not waited for any more, however it ends.
    struct Waiting<'a>(Option<&'a Reader>);
    impl Drop for Waiting<'_> {
        fn drop(&mut self) {
            if let Some(reader) = self.0 {
                reader.waiting.lock().take();
            }
        }
    }
    let begun = Instant::now();
    let waiting = Waiting(reader);
    loop {
        if is_ready(output)? {
            let piece = &bytes[..bytes.len().min(room(output))];
            match rustix::io::write(output, piece) {
                Ok(written) => return Ok(written),
                Err(Errno::INTR) => continue,
                // Ready, and yet full: for a piece of this length.
                Err(Errno::AGAIN) => std::thread::sleep(GLANCE / 10),
                Err(error) => return Err(error.into()),
            }
        }
        let Some(reader) = waiting.0 else { continue };
        reader.waiting.lock().get_or_insert(begun);
        if (reader.gives_up)(begun.elapsed()) {
            let nobody = "nobody reads the output";
            return Err(io::Error::new(ErrorKind::TimedOut, nobody));
        }
    }
}

/// The least number of bytes that an output that is ready takes without waiting.
fn room(output: BorrowedFd<'_>) -> usize {
    let kind = rustix::fs::fstat(output).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match kind {
        Ok(FileType::RegularFile) => usize::MAX,
        Ok(FileType::Fifo) => room_of_pipe(output).unwrap_or(PIECE).max(PIECE),
        _ => PIECE,
    }
}

/// A pipe is a row of pages, and a write goes on in the last page only if its odd end fits there.
/// So two neighbours that are not full hold more than one page together, and what waits takes at
/// most twice its length, and one page; of another page the reader has taken the beginning.
#[cfg(target_os = "linux")]
fn room_of_pipe(pipe: BorrowedFd<'_>) -> Option<usize> {
    let whole = rustix::pipe::fcntl_getpipe_size(pipe).ok()?;
    let waiting = usize::try_from(rustix::io::ioctl_fionread(pipe).ok()?).ok()?;
    whole.checked_sub(waiting.saturating_mul(2).saturating_add(2 * PIECE))
}

#[cfg(not(target_os = "linux"))]
fn room_of_pipe(_pipe: BorrowedFd<'_>) -> Option<usize> {
    None
}

fn is_ready(output: BorrowedFd<'_>) -> io::Result<bool> {
    let mut asked = [PollFd::from_borrowed_fd(output, PollFlags::OUT)];
    let glance = Timespec {
        tv_sec: 0,
        tv_nsec: GLANCE.subsec_nanos().into(),
    };
    match poll(&mut asked, Some(&glance)) {
        // Closed, or wrong in another way: the write says it.
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The error for a failed write to standard output.
#[must_use]
pub fn refused(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::BrokenPipe => Error::new(Fault::OutputClosed, "the output was closed"),
        ErrorKind::TimedOut => Error::new(
            Fault::Unfinished,
            "nobody read standard output until the time of the stop was over \
             (spark.streaming.gracefulStopTimeout); the batch that was printed is not whole",
        ),
        _ => Error::io("cannot write to standard output", error),
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("waiting", &*self.waiting.lock())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    /// More than any pipe or socket holds.
    fn much() -> Vec<u8> {
        (0..4 << 20).map(|at: u32| at as u8).collect()
    }

    #[test]
    fn an_output_that_does_not_block_is_waited_for() {
        let (read, write) = io::pipe().unwrap();
        let (read_too, write_too) = UnixStream::pair().unwrap();
        let readers: [Box<dyn Read + Send>; 2] = [Box::new(read), Box::new(read_too)];
        let outputs = [write.as_fd(), write_too.as_fd()];
        for (output, mut reader) in outputs.into_iter().zip(readers) {
            rustix::io::ioctl_fionbio(output, true).unwrap();
            let reading = thread::spawn(move || {
                let mut bytes = vec![0; much().len()];
                reader.read_exact(&mut bytes).map(|()| bytes)
            });
            write_all_when_ready(output, &much(), None).unwrap();
            assert!(reading.join().unwrap().unwrap() == much());
        }
    }

    #[test]
    fn an_output_that_nobody_reads_is_given_up_when_the_run_says_so() {
        let (_read, write) = io::pipe().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&ends);
        let reader = Arc::new(Reader::new(move |_| own.load(Ordering::SeqCst)));
        let seen = Arc::clone(&reader);
        let ending = thread::spawn(move || {
            while seen.keeps_waiting().is_none() {
                thread::yield_now();
            }
            ends.store(true, Ordering::SeqCst);
        });
        let error = write_all_when_ready(write.as_fd(), &much(), Some(&reader)).unwrap_err();
        ending.join().unwrap();
        assert_eq!(refused(error).kind(), Fault::Unfinished);
        assert_eq!(reader.keeps_waiting(), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_terminal_that_nobody_reads_is_given_up_when_the_run_says_so() {
        use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};

        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let reads = openpt(flags).unwrap();
        unlockpt(&reads).unwrap();
        let terminal = ioctl_tiocgptpeer(&reads, flags).unwrap();
        let (done, ended) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let reader = Reader::new(|_| true);
            let output = anew(terminal.as_fd()).unwrap();
            let written = write_all_when_ready(output.as_fd(), &much(), Some(&reader));
            done.send(written.map_err(|error| error.kind())).unwrap();
        });
        let ended = ended.recv_timeout(Duration::from_secs(240));
        assert_eq!(ended, Ok(Err(ErrorKind::TimedOut)));
        drop(reads);
    }

    /// The first write of a batch; gives the number of bytes written.
    fn first_write(output: BorrowedFd<'_>, bytes: &[u8]) -> usize {
        write_when_ready(output, bytes, None).unwrap()
    }

    #[test]
    fn a_file_takes_a_batch_by_one_write() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(first_write(file.as_fd(), &much()), much().len());
    }

    #[test]
    fn a_pipe_with_room_takes_a_batch_by_one_write_and_never_waits() {
        for length in [1, 100, 4095, 4097, 5000, 20_000, 50_000] {
            let (mut read, write) = io::pipe().unwrap();
            let bytes = vec![b'x'; length];
            assert_eq!(first_write(write.as_fd(), &bytes), length);
            let mut some = vec![0; length.min(3)];
            read.read_exact(&mut some).unwrap();
            // Fuller and fuller, until it is not ready: no write may wait before.
            let mut left = bytes.len() - some.len();
            while is_ready(write.as_fd()).unwrap() {
                left += first_write(write.as_fd(), &bytes);
            }
            let mut rest = vec![0; left];
            read.read_exact(&mut rest).unwrap();
        }
    }

    #[test]
    fn an_output_that_was_closed_is_said_to_be() {
        let (read, write) = io::pipe().unwrap();
        drop(read);
        let error = write_all_when_ready(write.as_fd(), b"x", None).unwrap_err();
        assert_eq!(refused(error).kind(), Fault::OutputClosed);
    }
}
