//! A terminal, or a pipe, that a program's messages are written to, and what stands on its screen.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Opens a terminal that is so wide: the end that a test reads, and that of the program.
pub(super) fn open(columns: u16) -> io::Result<(File, OwnedFd)> {
    let reads = openpt(flags())?;
    unlockpt(&reads)?;
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&reads, size)?;
    let writes = ioctl_tiocgptpeer(&reads, flags())?;
    Ok((reads.into(), writes))
}

/// The same, and so full that it takes nothing until somebody reads it, as one that was stopped by
/// Ctrl-S.
pub(super) fn open_stopped(columns: u16) -> io::Result<(File, OwnedFd)> {
    let (reads, writes) = open(columns)?;
    fill(&ioctl_tiocgptpeer(&reads, flags())?)?;
    Ok((reads, writes))
}

/// Opens a pipe that is full: the end that a test may read, and that of the program.
pub(super) fn full_pipe() -> io::Result<(File, OwnedFd)> {
    let (reads, writes) = io::pipe()?;
    fill(&writes)?;
    rustix::io::ioctl_fionbio(&writes, false)?;
    Ok((OwnedFd::from(reads).into(), writes.into()))
}

/// Writes until nothing is taken any more. From then on the descriptor does not block.
fn fill(output: impl AsFd) -> io::Result<()> {
    rustix::io::ioctl_fionbio(&output, true)?;
    while rustix::io::write(&output, &[b'x'; 64]).is_ok() {}
    Ok(())
}

fn flags() -> OpenptFlags {
    OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC
}

/// The rows of a screen on which `bytes` were written, without blanks at their ends.
///
/// # Panics
/// If a row is longer than `columns` less one, or a sequence comes that is none of those that
/// clear the rest of a row or choose a colour.
pub(crate) fn screen(bytes: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![Vec::new()];
    let mut column = 0;
    let mut letters = bytes.chars();
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().unwrap();
        match letter {
            '\r' => column = 0,
            '\n' => rows.push(Vec::new()),
            '\u{1b}' => {
                assert_eq!(letters.next(), Some('['));
                let numbers: String = letters
                    .by_ref()
                    .take_while(|it| *it != 'K' && *it != 'm')
                    .collect();
                match numbers.as_str() {
                    "" => row.truncate(column),
                    "33" | "0" => {}
                    other => panic!("an unknown sequence: {other}"),
                }
            }
            letter => {
                row.resize(row.len().max(column + 1), ' ');
                row[column] = letter;
                column += 1;
                assert!(column < columns, "a row is too long: {row:?}");
            }
        }
    }
    let text = |row: Vec<char>| row.into_iter().collect::<String>().trim_end().to_owned();
    rows.into_iter().map(text).collect()
}
