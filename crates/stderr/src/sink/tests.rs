//! Outputs that are read late, or never.

use std::io::{Read, pipe};
use std::os::unix::net::UnixStream;

use super::*;

const AT_ONCE: Duration = Duration::ZERO;

/// Lines of so many bytes each, until one is left out; gives what was taken.
fn fill(sink: &mut Sink, output: BorrowedFd<'_>, length: usize) -> Vec<u8> {
    let mut taken = Vec::new();
    for letter in (b'a'..=b'z').cycle() {
        let mut line = vec![letter; length - 1];
        line.push(b'\n');
        sink.write_line(output, &line, AT_ONCE);
        if sink.left_out() > 0 {
            break;
        }
        taken.extend(line);
    }
    taken
}

/// A reader that is late gets every line that was taken, in whole, and the next one behind them.
fn is_read_late(output: BorrowedFd<'_>, mut reader: impl Read) {
    for length in [20, 4096, 10_000] {
        let mut sink = Sink::new();
        let mut expected = fill(&mut sink, output, length);
        // A shorter one might find room.
        sink.write_line(output, &vec![b'-'; length], AT_ONCE);
        assert_eq!(sink.left_out(), 2);
        let mut read = vec![0; expected.len() - sink.rest.len()];
        reader.read_exact(&mut read).unwrap();
        sink.write_line(output, b"taken\n", PATIENCE);
        assert_eq!(sink.left_out(), 0);
        expected.extend(b"taken\n");
        let mut rest = vec![0; expected.len() - read.len()];
        reader.read_exact(&mut rest).unwrap();
        read.extend(rest);
        assert!(read == expected);
    }
}

#[test]
fn a_pipe_or_socket_that_is_full_is_not_waited_for() {
    let (reader, output) = pipe().unwrap();
    is_read_late(output.as_fd(), reader);
    let (reader, output) = UnixStream::pair().unwrap();
    is_read_late(output.as_fd(), reader);
}

#[test]
fn a_pipe_that_cannot_be_opened_anew_is_asked_before() {
    let (_reader, output) = pipe().unwrap();
    let way = Way::Asked(output.as_fd());
    let much = vec![b'x'; 4 << 20];
    let left = offer(&way, &much, Instant::now());
    assert!(!left.is_empty() && left.len() < much.len());
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_was_stopped_is_not_waited_for() {
    use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};

    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let screen = openpt(flags).unwrap();
    unlockpt(&screen).unwrap();
    let terminal = ioctl_tiocgptpeer(&screen, flags).unwrap();
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        fill(&mut Sink::new(), terminal.as_fd(), 80);
        done.send(()).unwrap();
    });
    let ended = ended.recv_timeout(Duration::from_secs(240));
    assert_eq!(ended, Ok(()));
    drop(screen);
}

#[test]
fn an_output_that_was_closed_is_no_failure_and_nothing_is_kept_for_it() {
    let (reader, output) = pipe().unwrap();
    let mut sink = Sink::new();
    fill(&mut sink, output.as_fd(), 10_000);
    drop(reader);
    sink.write_line(output.as_fd(), b"nobody\n", PATIENCE);
    assert!(sink.rest.is_empty() && sink.left_out() == 0);
}

#[test]
fn a_file_takes_everything() {
    let file = tempfile::tempfile().unwrap();
    let mut sink = Sink::new();
    sink.write_line(file.as_fd(), &vec![b'x'; 1 << 20], AT_ONCE);
    assert_eq!(file.metadata().unwrap().len(), 1 << 20);
    assert_eq!(sink.left_out(), 0);
}
