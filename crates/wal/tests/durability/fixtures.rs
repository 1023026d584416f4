//! Files of the first version of the format, which have to be readable for ever. A file
//! written today has to have the same bytes, or it is another version.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millrace_wal::{
    Faulty, FileHeader, LogOptions, Position, SealedWriter, SegmentLog, Storage, read_sealed,
};

const FRAMES: [(u8, &[u8]); 5] = [
    (1, b"first"),
    (2, b""),
    (1, b"the frame that fills the segment"),
    (254, &[0; 40]),
    (1, "zuletzt \u{fc}".as_bytes()),
];

const HEADER: FileHeader = FileHeader {
    kind: 7,
    generation: 0x0123_4567_89AB_CDEF,
    number: 12,
    before: 34,
};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

fn options() -> LogOptions {
    LogOptions {
        segment_bytes: 200,
        ..LogOptions::new("fixture", 5, 0x0123_4567_89AB_CDEF)
    }
}

/// Writes what is in the fixture.
fn write() -> BTreeMap<PathBuf, Vec<u8>> {
    let disk = Faulty::new();
    disk.create_directory(Path::new("/v1")).unwrap();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let opened = SegmentLog::open(
        &storage,
        Path::new("/v1"),
        options(),
        Position::START,
        |_, _| Ok(()),
    );
    let mut log = opened.unwrap().0;
    for (kind, payload) in FRAMES {
        log.append(kind, payload).unwrap();
        log.sync().unwrap();
    }
    let mut sealed = SealedWriter::create(&storage, Path::new("/v1"), "sealed", HEADER).unwrap();
    for (kind, payload) in FRAMES {
        sealed.append(kind, payload).unwrap();
    }
    sealed.commit().unwrap();
    disk.files()
}

fn checked_in() -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(fixture()).unwrap();
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (
            Path::new("/v1").join(entry.file_name()),
            fs::read(entry.path()).unwrap(),
        )
    };
    entries.map(file).collect()
}

#[test]
fn the_first_version_can_be_read() {
    let disk = Faulty::with_files(checked_in());
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let mut read = Vec::new();
    let opened = SegmentLog::open(
        &storage,
        Path::new("/v1"),
        options(),
        Position::START,
        |at, frame| {
            read.push((at.segment, frame.kind, frame.payload.to_vec()));
            Ok(())
        },
    );
    let segments = [1, 1, 1, 2, 2];
    let wanted = segments
        .iter()
        .zip(FRAMES)
        .map(|(n, (kind, bytes))| (*n, kind, bytes.to_vec()));
    assert_eq!(opened.unwrap().1.torn, 0);
    assert_eq!(read, wanted.collect::<Vec<_>>());

    let mut read = Vec::new();
    let header = read_sealed(&disk, Path::new("/v1/sealed"), |frame| {
        read.push((frame.kind, frame.payload.to_vec()));
        Ok(())
    });
    assert_eq!(header.unwrap(), HEADER);
    let wanted = FRAMES.map(|(kind, bytes)| (kind, bytes.to_vec()));
    assert_eq!(read, wanted);
}

#[test]
fn what_is_written_is_the_first_version_byte_by_byte() {
    assert_eq!(write(), checked_in());
}

#[test]
#[ignore = "writes the fixture, which is done once in the life of a version"]
fn write_fixture() {
    assert!(!fixture().exists(), "a fixture is never written again");
    fs::create_dir_all(fixture()).unwrap();
    for (path, bytes) in write() {
        fs::write(fixture().join(path.file_name().unwrap()), bytes).unwrap();
    }
}
