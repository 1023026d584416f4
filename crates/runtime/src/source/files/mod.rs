//! Files that are moved into a directory, as a stream (Spark: `fileStream`).
//!
//! Before a batch runs, its node lists the directory, and [`selection`] says which files are the
//! batch's. Each becomes a partition that is read when somebody asks, a piece per task. So a
//! file of any size takes no more memory than the pieces that are being read, and a batch that
//! nobody reads opens nothing.
//!
//! A file is moved, removed and made unreadable by people who know nothing of the program. So
//! none of that fails a batch: the file is passed over, which is said, and the others count.

mod file;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod glob;
mod listing;
mod options;
mod records;
mod selection;
#[cfg(test)]
mod shut;
mod text;
mod troubles;

use std::collections::HashSet;
use std::sync::Arc;

use millrace_engine::durable::Durable;
use millrace_engine::error::{Error, Result};
use millrace_engine::pipeline::NodeId;
use millrace_engine::rdd::{Rdd, RddSource};
use millrace_engine::shuffle::before_heavy_record;
use millrace_types::{Duration, Lock, StreamId, StreamInputInfo, local_path};

use crate::clock::Clock;
use crate::graph::{BatchRun, Dataset, Node};

pub use options::FileOptions;
pub use records::{BinaryFormat, ReaderFormat};
pub use text::LinesFormat;

#[cfg(any(test, fuzzing))]
pub(crate) use fuzz::fuzz as fuzz_files;
#[cfg(any(test, fuzzing))]
pub(crate) use glob::fuzz as fuzz_globs;

use file::{Cut, Taken};
use glob::Glob;
use listing::{Listing, path_of};
use selection::{Found, Selection};
use troubles::{FileVoice, Troubles};

/// The format of the files, which says what their records are.
pub trait Format: Send + Sync + 'static {
    /// A record.
    type Item: Send + 'static;

    /// Why a file is passed over, if it is: a sentence without its subject.
    fn refusal(&self, file: &Taken) -> Option<String>;

    /// A remark on a file that is read.
    fn remark(&self, _file: &Taken) -> Option<String> {
        None
    }

    /// The number of pieces of a file.
    fn pieces(&self, file: &Taken) -> usize;

    /// Gives the records of a piece in order.
    fn read(
        &self,
        file: &Taken,
        piece: usize,
        voice: &FileVoice,
        each: &mut dyn FnMut(Self::Item),
    ) -> Result<(), Cut>;
}

/// A record of more bytes is heavy: as many of this length as wait to be combined are a piece.
const HEAVY: usize = 64 << 10;

/// To be told of every record of a file before it is given: a file has as many heavy ones as it
/// likes, and only those that are being read are to be in memory.
fn weigh(bytes: usize) {
    if bytes > HEAVY {
        before_heavy_record();
    }
}

/// Why an empty file is passed over.
fn empty(file: &Taken) -> Option<String> {
    let why = "has no data in it and is not read: files are to be moved here when they are whole";
    (file.length == 0).then(|| why.to_owned())
}

/// The directory of a file stream, and how it is searched.
pub struct FileSettings {
    /// The path of the directory, or a pattern of directories.
    pub directory: String,
    /// The choice of its files.
    pub options: FileOptions,
    /// The clock that says how old a file is.
    pub clock: Arc<dyn Clock>,
    /// The time between two batches.
    pub interval: Duration,
    /// `spark.streaming.fileStream.minRememberDuration`.
    pub min_remember: Duration,
}

/// The node of a file stream.
pub struct FileNode<F> {
    stream: StreamId,
    /// As the program wrote it.
    directory: String,
    listing: Listing,
    selection: Arc<Selection>,
    clock: Arc<dyn Clock>,
    interval: Duration,
    voice: Arc<FileVoice>,
    known: Lock<LastListing>,
    format: Arc<F>,
}

/// The contents of the directories when they were last looked at.
#[derive(Default)]
struct LastListing {
    missing: bool,
    /// `None` before the first time.
    paths: Option<HashSet<String>>,
}

impl<F: Format> FileNode<F> {
    /// # Errors
    /// Says what is wrong with the directory's name.
    pub fn new(settings: FileSettings, format: F) -> Result<FileNode<F>> {
        let directory = settings.directory;
        let given = directory.clone();
        let path = local_path(&directory)
            .map_err(|error| Error::illegal(format!("the name of the directory {error}")))?;
        // A location keeps the text that it is made of.
        let glob = Glob::parse(&path.to_string_lossy())
            .map_err(|error| Error::illegal(error.to_string()))?;
        let FileOptions {
            filter,
            new_files_only,
            recursive,
        } = settings.options;
        // The moment the stream was made.
        let ignored = if new_files_only {
            settings.clock.now()
        } else {
            0
        };
        let interval = settings.interval.as_millis();
        // Whole batches, as Spark has it.
        let batches = (settings.min_remember.as_millis() - 1) / interval + 1;
        let remember = Duration::milliseconds(batches.saturating_mul(interval));
        Ok(FileNode {
            stream: StreamId(0),
            directory,
            listing: Listing::new(glob, filter, recursive),
            selection: Arc::new(Selection::new(ignored, remember)),
            voice: Arc::new(FileVoice::new(&given, Arc::clone(&settings.clock))),
            clock: settings.clock,
            interval: settings.interval,
            known: Lock::default(),
            format: Arc::new(format),
        })
    }

    /// The same, of this stream.
    #[must_use]
    pub fn of(self, stream: StreamId) -> FileNode<F> {
        FileNode { stream, ..self }
    }

    /// Looks what is there, and says of what is not read why.
    fn look(&self, threshold: i64) -> Vec<Found> {
        let mut troubles = Troubles::default();
        let mut seen = self.listing.look(&mut troubles);
        // A directory is taken once, so not before it can be listed.
        seen.found.retain(|found| {
            let is_old = found.modified <= threshold || self.selection.has_taken(&found.path);
            is_old || listing::can_be_taken(found, &mut troubles)
        });
        let mut known = self.known.lock();
        if seen.missing && !known.missing {
            let directory = &self.directory;
            let line =
                format!("there is no directory {directory}; its stream is empty until there is");
            self.voice.line("missing", line);
        }
        known.missing = seen.missing;
        // A clock that is a little ahead is nobody's worry.
        let future = self.clock.now() + self.interval.as_millis().max(1000);
        for file in &seen.found {
            let is_new = (known.paths.as_ref()).is_none_or(|paths| !paths.contains(&file.path));
            if let Some(change) = self.selection.change(file) {
                troubles.add(file.path.clone(), change);
            } else if file.modified > future {
                troubles.add(
                    file.path.clone(),
                    "is not read before its time of last change, which is in the future",
                );
            } else if file.modified <= threshold && is_new {
                let why = if known.paths.is_none() {
                    "is not read: it is older than the stream"
                } else {
                    "is not read: it was last changed before the stream was made, or longer ago \
                     than spark.streaming.fileStream.minRememberDuration; touch what is to be read"
                };
                troubles.add(file.path.clone(), why);
            }
        }
        // What is in a directory that cannot be listed is not new when it can be again.
        let mut paths = known.paths.take().unwrap_or_default();
        paths.retain(|path| troubles.hide(&path_of(path)));
        paths.extend(seen.found.iter().map(|file| file.path.clone()));
        known.paths = Some(paths);
        drop(known);
        self.voice.say(troubles);
        seen.found
    }

    /// The files of the paths that were taken, as they are now.
    fn open(&self, taken: &[String]) -> Vec<Taken> {
        let (mut files, mut troubles) = (Vec::new(), Troubles::default());
        for found in taken
            .iter()
            .flat_map(|path| listing::files(path, &mut troubles))
        {
            self.selection.opened(&found);
            let file = Taken::new(path_of(&found.path), found.identity.length);
            match self.format.refusal(&file) {
                Some(why) => self
                    .voice
                    .line(&why, format_args!("{} {why}", file.path.display())),
                None => {
                    if let Some(remark) = self.format.remark(&file) {
                        let line = format!("{} {remark}", file.path.display());
                        self.voice.line("remark", line);
                    }
                    files.push(file);
                }
            }
        }
        self.voice.say_all(&troubles);
        files
    }
}

impl<F: Format> Node for FileNode<F> {
    fn inputs(&self) -> Vec<NodeId> {
        Vec::new()
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        let selection: Arc<dyn Durable> = Arc::clone(&self.selection) as Arc<dyn Durable>;
        vec![("files", selection)]
    }

    fn plan(&self, batch: &BatchRun<'_>) -> Result<()> {
        let found = self.look(self.selection.threshold(batch.time()));
        self.selection.choose(batch.number(), batch.time(), &found);
        Ok(())
    }

    fn ended(&self) {
        self.voice.end();
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let taken = self.selection.taken(batch.number());
        let files = self.open(&taken);
        let name = |taken: &String| path_of(taken).display().to_string();
        let names: Vec<String> = taken.iter().map(name).collect();
        // Spark 3.5: the records of files are not counted, and the files are named.
        batch.report(StreamInputInfo {
            input_stream_id: self.stream,
            num_records: 0,
            num_bytes: files.iter().map(|file| file.length).sum(),
            metadata_description: Some(names.join("\n")),
            block_metadata: Vec::new(),
        });
        let files = Files {
            files,
            format: Arc::clone(&self.format),
            voice: Arc::clone(&self.voice),
        };
        let rdd = Rdd::new(files, batch.executor().clone());
        Ok(Dataset::of(rdd))
    }
}

/// The files of a batch, each a partition.
struct Files<F> {
    files: Vec<Taken>,
    format: Arc<F>,
    voice: Arc<FileVoice>,
}

impl<F: Format> RddSource<F::Item> for Files<F> {
    fn partitions(&self) -> usize {
        self.files.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.format.pieces(&self.files[partition])
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(F::Item)) {
        let file = &self.files[partition];
        let read = self.format.read(file, piece, &self.voice, each);
        file.ended(read, &self.voice);
    }
}
