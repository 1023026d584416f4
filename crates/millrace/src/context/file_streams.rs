//! `text_file_stream`, `file_stream` and `binary_records_stream`: files that are moved into a
//! directory.

use std::fs::File;
use std::io::BufReader;
use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::error::Error;
use millrace_engine::pipeline::Output;
use millrace_runtime::source::{
    BinaryFormat, FileNode, FileOptions, FileSettings, Format, LinesFormat, ReaderFormat,
};
use millrace_text::Text;

use crate::dstream::{Computed, named};

use super::StreamingContext;

impl StreamingContext {
    /// The lines of the files that are moved into a directory (Spark: `textFileStream`).
    ///
    /// When a batch is run it takes the files whose time of last change is later than the
    /// moment this was called, not later than the batch, and not outside of
    /// `spark.streaming.fileStream.minRememberDuration` (60 s); each file once. So a file has to
    /// be written elsewhere on the same file system and then moved here: what is appended later
    /// is never read. A file with an older time is not read either, which standard error says;
    /// `touch` makes it new.
    ///
    /// Files come in the order of their times, then of their paths; each is one partition, and
    /// large ones are read by several workers at once. Lines are those of
    /// [`socket_text_stream`](StreamingContext::socket_text_stream), but a byte order mark at
    /// the start is dropped; one longer than `millrace.receiver.maxLineBytes` is cut there, which
    /// is said once per file and counted. A file whose name ends with `.gz`, `.bz2`, `.deflate`, `.lz4`,
    /// `.snappy` or `.zst` is decompressed, by one worker. Names that begin with `.` or `_`, and
    /// files that are empty, are not read. Of a sub-directory that is moved here, the files
    /// directly in it are read; see also [`FileOptions::recursive`]. Records are not counted as
    /// input (Spark 3.5).
    ///
    /// A file that cannot be read, or not to its end, is passed over from there on, which
    /// standard error says once; what is before that counts, and so do the other files. It is
    /// said as well if a file grows or is replaced after it was read.
    ///
    /// `directory` may be a pattern of directories (`*`, `?`, `[a-c]`, `[^a-c]`, `{a,b}`, and `\`
    /// for one of these as it is). One that does not exist yet is waited for. A pattern that
    /// cannot be understood is reported by `start`, and so is a name that is not a location of this
    /// machine (a path, or `file:` and one).
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// let directory = std::env::temp_dir().join(format!("text-file-stream-{}", std::process::id()));
    /// std::fs::create_dir_all(&directory).unwrap();
    /// let write = |name: &str, text: &str| {
    ///     // The batches of a test are in 1970.
    ///     let path = directory.join(name);
    ///     std::fs::write(&path, text).unwrap();
    ///     let file = std::fs::File::options().write(true).open(path).unwrap();
    ///     file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(500)).unwrap();
    /// };
    /// write("b", "to be\n");
    /// write("a", "or not\nto be\n");
    /// let printed = millrace::testing::run_context(2, |ssc| {
    ///     ssc.text_file_stream(directory.to_str().unwrap()).print();
    /// });
    /// std::fs::remove_dir_all(&directory).unwrap();
    /// let lines: Vec<&str> = printed.lines().filter(|line| line.contains('o')).collect();
    /// assert_eq!(lines, ["or not", "to be", "to be"]);
    /// ```
    #[track_caller]
    pub fn text_file_stream(&self, directory: &str) -> Computed<Text> {
        self.file_stream(directory, FileOptions::new())
    }

    /// [`text_file_stream`](StreamingContext::text_file_stream) with a filter, or with files that
    /// were there before (Spark: `fileStream` with `TextInputFormat`).
    ///
    /// ```
    /// use millrace::source::FileOptions;
    /// # use std::time::{Duration, SystemTime};
    /// let directory = std::env::temp_dir().join(format!("file-stream-{}", std::process::id()));
    /// std::fs::create_dir_all(&directory).unwrap();
    /// # let write = |name: &str, bytes: &[u8]| {
    /// #     // The batches of a test are in 1970.
    /// #     let path = directory.join(name);
    /// #     std::fs::write(&path, bytes).unwrap();
    /// #     let file = std::fs::File::options().write(true).open(path).unwrap();
    /// #     file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(500)).unwrap();
    /// # };
    /// write("a.log", b"hello\n");
    /// write("b.txt", b"nobody reads this\n");
    /// let is_log = |path: &std::path::Path| path.extension().is_some_and(|ending| ending == "log");
    /// let options = FileOptions::new().filter(is_log).new_files_only(false);
    /// let printed = millrace::testing::run_context(1, |ssc| {
    ///     ssc.file_stream(directory.to_str().unwrap(), options).print();
    /// });
    /// std::fs::remove_dir_all(&directory).unwrap();
    /// assert!(printed.ends_with("\nhello\n\n"));
    /// ```
    #[track_caller]
    pub fn file_stream(&self, directory: &str, options: FileOptions) -> Computed<Text> {
        let format = LinesFormat::new(self.settings.max_line, Arc::clone(&self.counters));
        self.files("file stream", directory, options, format)
    }

    /// Makes a stream of what `reader` reads from the files that are moved into a directory
    /// (Spark: `fileStream` with an input format of one's own). Which files they are, and in
    /// which order, is as with [`text_file_stream`](StreamingContext::text_file_stream); each is
    /// read by one worker, empty and compressed ones too. `reader` is called whenever the
    /// records are asked for.
    ///
    /// ```
    /// use millrace::source::FileOptions;
    /// use std::io::BufRead;
    /// # use std::time::{Duration, SystemTime};
    /// let directory = std::env::temp_dir().join(format!("file-stream-with-{}", std::process::id()));
    /// std::fs::create_dir_all(&directory).unwrap();
    /// # let write = |name: &str, bytes: &[u8]| {
    /// #     // The batches of a test are in 1970.
    /// #     let path = directory.join(name);
    /// #     std::fs::write(&path, bytes).unwrap();
    /// #     let file = std::fs::File::options().write(true).open(path).unwrap();
    /// #     file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(500)).unwrap();
    /// # };
    /// write("lengths", b"be;not;or");
    /// let printed = millrace::testing::run_context(1, |ssc| {
    ///     let directory = directory.to_str().unwrap();
    ///     let words = ssc.file_stream_with(directory, FileOptions::new(), |file| {
    ///         file.split(b';').map_while(Result::ok)
    ///     });
    ///     words.map(|word| word.len()).print();
    /// });
    /// std::fs::remove_dir_all(&directory).unwrap();
    /// assert!(printed.ends_with("\n2\n3\n2\n\n"));
    /// ```
    #[track_caller]
    pub fn file_stream_with<T, I, F>(
        &self,
        directory: &str,
        options: FileOptions,
        reader: F,
    ) -> Computed<T>
    where
        T: Data,
        I: Iterator<Item = T> + 'static,
        F: Fn(BufReader<File>) -> I + Send + Sync + 'static,
    {
        self.files("file stream", directory, options, ReaderFormat(reader))
    }

    /// The records, of `record_length` bytes each, of the files that are moved into a directory
    /// (Spark: `binaryRecordsStream`). Which files they are, and in which order, is as with
    /// [`text_file_stream`](StreamingContext::text_file_stream). Bytes behind the last whole
    /// record of a file are not read, which is said (in Spark 3.5 they fail the batch), and neither
    /// are compressed files. A `record_length` of zero is reported by `start`.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// let directory = std::env::temp_dir().join(format!("binary-records-{}", std::process::id()));
    /// std::fs::create_dir_all(&directory).unwrap();
    /// # let write = |name: &str, bytes: &[u8]| {
    /// #     // The batches of a test are in 1970.
    /// #     let path = directory.join(name);
    /// #     std::fs::write(&path, bytes).unwrap();
    /// #     let file = std::fs::File::options().write(true).open(path).unwrap();
    /// #     file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(500)).unwrap();
    /// # };
    /// write("numbers", &[0, 0, 0, 1, 0, 0, 1, 0]);
    /// let printed = millrace::testing::run_context(1, |ssc| {
    ///     let records = ssc.binary_records_stream(directory.to_str().unwrap(), 4);
    ///     records.map(|record| record.try_into().map_or(0, u32::from_be_bytes)).print();
    /// });
    /// std::fs::remove_dir_all(&directory).unwrap();
    /// assert!(printed.ends_with("\n1\n256\n\n"));
    /// ```
    #[track_caller]
    pub fn binary_records_stream(
        &self,
        directory: &str,
        record_length: usize,
    ) -> Computed<Vec<u8>> {
        if record_length == 0 {
            self.builder.record_error(Error::illegal(
                "binary_records_stream: the length of a record must not be zero",
            ));
        }
        let format = BinaryFormat::new(record_length.max(1) as u64);
        self.files(
            "binary records stream",
            directory,
            FileOptions::new(),
            format,
        )
    }

    #[track_caller]
    fn files<F: Format>(
        &self,
        name: &str,
        directory: &str,
        options: FileOptions,
        format: F,
    ) -> Computed<F::Item> {
        let settings = FileSettings {
            directory: directory.to_owned(),
            options,
            clock: Arc::clone(&self.clock),
            interval: self.settings.interval,
            min_remember: self.settings.min_remember,
        };
        let at = Location::caller();
        let made = FileNode::new(settings, format);
        let name = format!("{name} {directory}");
        let (node, _) = match made {
            Ok(made) => self.builder.read(name, |stream| Box::new(made.of(stream))),
            Err(error) => {
                self.builder.record_error(error.within(named(&name, at)));
                self.builder.receive(name)
            }
        };
        self.parts.lock().reads.push(node);
        self.described(Output::of(node))
    }
}
