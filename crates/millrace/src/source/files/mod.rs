//! Files that are moved into a directory, as a stream (Spark: `fileStream`).
//!
//! When a batch is run, its node lists the directory, [`selection`] says which files are the
//! batch's, and each becomes a partition that is read when somebody asks, a piece a task. So a
//! file of any size takes no more memory than the pieces that are being read, and a batch that
//! nobody reads opens nothing.

mod glob;
mod listing;
mod options;
mod records;
mod selection;
mod text;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millrace_types::{Duration, StreamId, StreamInputInfo, local_path};

use crate::durable::Durable;
use crate::error::{Error, Result};
use crate::graph::{BatchRun, Made, Node};
use crate::notice::notice;
use crate::panics::fail;
use crate::pipeline::NodeId;
use crate::rdd::{Rdd, RddSource};

pub use options::FileOptions;
pub(crate) use records::{BinaryFormat, ReaderFormat};
pub(crate) use text::LinesFormat;

use glob::Glob;
use listing::Listing;
use selection::Selection;

/// What the records of a file are.
pub(crate) trait Format: Send + Sync + 'static {
    /// A record.
    type Item: Send + 'static;

    /// Why a file of this length is passed over, if it is.
    fn refusal(&self, _path: &Path, length: u64) -> Option<String> {
        empty(length)
    }

    /// What is wrong with a file of this length, so that its batch fails.
    fn fault(&self, _length: u64) -> Option<String> {
        None
    }

    /// How many pieces a file of this length has.
    fn pieces(&self, length: u64) -> usize;

    /// Gives the records of a piece in order.
    fn read(
        &self,
        file: File,
        length: u64,
        piece: usize,
        each: &mut dyn FnMut(Self::Item),
    ) -> io::Result<()>;
}

/// Why an empty file is passed over.
fn empty(length: u64) -> Option<String> {
    let why = "has no data in it and is not read: files are to be moved here when they are whole";
    (length == 0).then(|| why.to_owned())
}

/// Where a file stream looks, and for what.
pub(crate) struct FileSettings {
    pub(crate) directory: String,
    pub(crate) options: FileOptions,
    /// The clock's time when the stream was made, in milliseconds.
    pub(crate) now: i64,
    pub(crate) interval: Duration,
    /// `spark.streaming.fileStream.minRememberDuration`.
    pub(crate) min_remember: Duration,
}

/// The node of a file stream.
pub(crate) struct FileNode<F> {
    stream: StreamId,
    listing: Listing,
    selection: Arc<Selection>,
    format: Arc<F>,
}

impl<F: Format> FileNode<F> {
    /// # Errors
    /// Says what is wrong with the directory's name.
    pub(crate) fn new(settings: FileSettings, format: F) -> Result<FileNode<F>, String> {
        let directory = settings.directory;
        let path = local_path(&directory).map_err(|error| format!("the directory {error}"))?;
        // A location keeps the text that it is made of.
        let glob = Glob::parse(&path.to_string_lossy())?;
        let FileOptions {
            filter,
            new_files_only,
        } = settings.options;
        let ignored = if new_files_only { settings.now } else { 0 };
        let interval = settings.interval.as_millis();
        // Whole batches, as Spark has it.
        let batches = (settings.min_remember.as_millis() - 1) / interval + 1;
        let remember = Duration::milliseconds(batches.saturating_mul(interval));
        Ok(FileNode {
            stream: StreamId(0),
            listing: Listing::new(directory, glob, filter),
            selection: Arc::new(Selection::new(ignored, remember)),
            format: Arc::new(format),
        })
    }

    /// The same, of this stream.
    pub(crate) fn of(self, stream: StreamId) -> FileNode<F> {
        FileNode { stream, ..self }
    }

    /// The files of a path that was taken, with their lengths.
    fn open(&self, taken: &str) -> Result<Vec<(PathBuf, u64)>> {
        let paths = match listing::files(taken) {
            Ok(paths) => paths,
            Err(error) => {
                let taken = listing::path_of(taken);
                let taken = taken.display();
                if error.kind() != io::ErrorKind::NotFound {
                    return Err(Error::io(format!("cannot read {taken}"), error));
                }
                notice(format_args!(
                    "{taken} was taken and is gone: it is not read"
                ));
                return Ok(Vec::new());
            }
        };
        let mut files = Vec::new();
        for path in paths {
            let name = path.display();
            let length = match std::fs::metadata(&path) {
                Ok(about) => about.len(),
                Err(error) => return Err(Error::io(format!("cannot read {name}"), error)),
            };
            if let Some(fault) = self.format.fault(length) {
                let fault = io::Error::new(io::ErrorKind::UnexpectedEof, fault);
                return Err(Error::io(format!("cannot read {name}"), fault));
            }
            match self.format.refusal(&path, length) {
                Some(why) => notice(format_args!("{name} {why}")),
                None => files.push((path, length)),
            }
        }
        Ok(files)
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

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Made> {
        let found = self.listing.list(self.selection.threshold(batch.time()));
        let taken = self.selection.choose(batch.number(), batch.time(), &found);
        let mut files = Vec::new();
        for path in &taken {
            files.append(&mut self.open(path)?);
        }
        let name = |taken: &String| listing::path_of(taken).display().to_string();
        let names: Vec<String> = taken.iter().map(name).collect();
        // Spark 3.5: the records of files are not counted, and the files are named.
        batch.report(StreamInputInfo {
            input_stream_id: self.stream,
            num_records: 0,
            num_bytes: files.iter().map(|(_, length)| length).sum(),
            metadata_description: Some(names.join("\n")),
            block_metadata: Vec::new(),
        });
        let format = Arc::clone(&self.format);
        let rdd = Rdd::new(Files { files, format }, batch.executor().clone());
        Ok(Made::of(rdd))
    }
}

/// The files of a batch, each a partition.
struct Files<F> {
    files: Vec<(PathBuf, u64)>,
    format: Arc<F>,
}

impl<F: Format> RddSource<F::Item> for Files<F> {
    fn partitions(&self) -> usize {
        self.files.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.format.pieces(self.files[partition].1)
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(F::Item)) {
        let (path, length) = &self.files[partition];
        let read = File::open(path).and_then(|file| self.format.read(file, *length, piece, each));
        if let Err(error) = read {
            fail(Error::io(format!("cannot read {}", path.display()), error));
        }
    }
}
