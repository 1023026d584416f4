//! Writing the event log of a run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use millrace_types::reason;

use super::{file_name, number_of};
use crate::error::UiError;
use crate::event::{Event, RunInfo};
use crate::listen::Sink;
use crate::run::Run;
use crate::say::say;
use crate::settings::LogSettings;

/// The log of a run. After an error it says so once and writes nothing more; the run goes on.
#[derive(Debug)]
pub(crate) struct LogWriter {
    directory: PathBuf,
    settings: LogSettings,
    /// Counts so far, for the head of the next file; keeps no batches.
    counts: Run,
    file: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    number: u64,
    bytes: u64,
}

impl LogWriter {
    /// Begins the log of a run, whose id becomes another one if a run has it that has a log here.
    ///
    /// # Errors
    /// If its directory or its first file cannot be made.
    pub(crate) fn create(settings: LogSettings, info: &mut RunInfo) -> Result<LogWriter, UiError> {
        let directory = directory_of(&settings.directory, info)?;
        let mut log = LogWriter {
            directory,
            settings,
            counts: Run::new(info.clone(), 1),
            file: None,
        };
        log.begin(1).map_err(|error| UiError::Log {
            path: log.directory.join(file_name(1)),
            error,
        })?;
        Ok(log)
    }

    /// Begins file `number`, with the run and the counts so far, and removes the oldest.
    fn begin(&mut self, number: u64) -> io::Result<()> {
        let file = File::create_new(self.directory.join(file_name(number)))?;
        let (info, totals, names) = {
            let model = self.counts.model();
            (
                model.info.clone(),
                model.carried(),
                model.sources.clone().into_iter().collect(),
            )
        };
        self.file = Some(Open {
            file,
            number,
            bytes: 0,
        });
        self.write(&Event::Run(info))?;
        if number > 1 {
            self.write(&totals)?;
            self.write(&Event::Streams { names })?;
        }
        remove_old(&self.directory, number, self.settings.files)
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        let Some(open) = &mut self.file else {
            return Ok(());
        };
        // What is written to a file without a name nobody will read.
        let about = open.file.metadata()?;
        if about.nlink() == 0 {
            return Err(io::Error::other("it was removed"));
        }
        if about.len() != open.bytes {
            let what = "somebody has cut it or written into it";
            return Err(io::Error::other(what));
        }
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        open.file.write_all(&line)?;
        open.bytes += line.len() as u64;
        Ok(())
    }

    /// Begins the next file if this one is long enough. The counts at its head are those of all
    /// that the files before it have.
    fn roll(&mut self) -> io::Result<()> {
        let most = self.settings.file_bytes;
        let full = self.file.as_ref().filter(|open| open.bytes >= most);
        match full.map(|open| open.number + 1) {
            Some(next) => self.begin(next),
            None => Ok(()),
        }
    }
}

impl Sink for LogWriter {
    fn take(&mut self, event: Event) {
        if self.file.is_none() {
            return;
        }
        let written = self.write(&event);
        self.counts.fold(event);
        if let Err(error) = written.and_then(|()| self.roll()) {
            self.file = None;
            let (directory, why) = (self.directory.display(), reason(&error));
            say(&format!(
                "the event log in {directory} is not written any further: {why}; the run goes on"
            ));
        }
    }
}

/// Makes the directory of a run that no other run has: programs that are started at once may have
/// begun in the same millisecond.
fn directory_of(all: &Path, info: &mut RunInfo) -> Result<PathBuf, UiError> {
    loop {
        let path = all.join(&info.id);
        match fs::create_dir_all(all).and_then(|()| fs::create_dir(&path)) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
                info.take_next_id();
            }
            Err(error) => return Err(UiError::Log { path, error }),
        }
    }
}

/// Leaves the `keep` newest files, of which `newest` is the last.
fn remove_old(directory: &Path, newest: u64, keep: usize) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(number_of);
        if number.is_some_and(|number| number + keep as u64 <= newest) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
