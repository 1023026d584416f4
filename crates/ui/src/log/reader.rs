//! Reading the event log of a run, finished or not.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{file_name, number_of};
use crate::event::Event;
use crate::run::Run;

/// A run whose log is read as far as it has come.
#[derive(Debug)]
pub(crate) struct LogReader {
    directory: PathBuf,
    run: Arc<Run>,
    /// The file that is read, and how many of its bytes have been.
    number: u64,
    offset: u64,
}

impl LogReader {
    /// Reads the log in `directory`; `None` if there is no run in it.
    ///
    /// # Errors
    /// If the directory or a file in it cannot be read.
    pub(crate) fn open(directory: PathBuf, retained: usize) -> io::Result<Option<LogReader>> {
        let Some(first) = numbers(&directory)?.into_iter().min() else {
            return Ok(None);
        };
        let mut lines = BufReader::new(File::open(directory.join(file_name(first)))?);
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line)?;
        let Ok(Event::Run(info)) = serde_json::from_slice(&line) else {
            return Ok(None);
        };
        let mut reader = LogReader {
            directory,
            run: Arc::new(Run::new(info, retained)),
            number: first,
            offset: 0,
        };
        reader.refresh()?;
        Ok(Some(reader))
    }

    pub(crate) fn run(&self) -> &Arc<Run> {
        &self.run
    }

    /// Reads what has come since.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) fn refresh(&mut self) -> io::Result<()> {
        let mut numbers = numbers(&self.directory)?;
        numbers.retain(|number| *number >= self.number);
        numbers.sort_unstable();
        for number in numbers {
            if number > self.number {
                (self.number, self.offset) = (number, 0);
            }
            self.read_on()?;
        }
        Ok(())
    }

    /// Reads the current file on, up to its last whole line.
    fn read_on(&mut self) -> io::Result<()> {
        let path = self.directory.join(file_name(self.number));
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        file.seek(SeekFrom::Start(self.offset))?;
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            self.offset += line.len() as u64;
            // A line that is no event was damaged from outside; the others count.
            if let Ok(event) = serde_json::from_slice(&line) {
                self.run.fold(event);
            }
            line.clear();
        }
        Ok(())
    }
}

fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        numbers.extend(entry?.file_name().to_str().and_then(number_of));
    }
    Ok(numbers)
}

/// The directories below `directory` that may hold the log of a run.
///
/// # Errors
/// If the directory cannot be read.
pub(crate) fn directories(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}
