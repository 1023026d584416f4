//! Bodies of fuzz targets: files that nobody wrote, and files that were damaged after somebody
//! did. The tests run them over the corpora in `tests/fuzz/corpus`.
//!
//! The law is that of the crate: never a wrong frame. Damage here changes a few bits, zeroes,
//! cuts, removes or swaps, none of which makes a sum right that was wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{
    Faulty, FileHeader, FrameReader, LogOptions, Next, Position, SealedReader, SealedWriter,
    SegmentLog, Storage, read_log, read_sealed,
};

/// The first byte says which: the bytes are a sealed file without its header, or a script that
/// writes one and damages it.
pub fn frames(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    if first % 2 == 0 {
        let file = [&HEADER.encode(), rest].concat();
        assert!(read_in_every_way(&file).iter().all(|(at, _, payload)| {
            let at = *at as usize;
            file[at..].len() >= payload.len()
        }));
        return;
    }
    let mut script = Script(rest);
    let disk = Faulty::new();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let path = Path::new("/files/sealed");
    let parent = Path::new("/files");
    storage
        .create_directory(parent)
        .expect("the disk has no faults");
    let mut writer =
        SealedWriter::create(&storage, parent, "sealed", HEADER).expect("the disk has no faults");
    let mut count = 0;
    for number in 0..script.next() % 8 {
        let (kind, payload) = script.frame(number);
        writer.append(kind, &payload).expect("a kind that is free");
        count += 1;
    }
    writer.commit().expect("the disk has no faults");
    let whole = disk.files();
    let written = read_in_every_way(&whole[path]);
    assert_eq!(written.len(), count);
    let mut files = whole.clone();
    script.damage(&mut files);
    if let Some(file) = files.get(path) {
        let read = read_in_every_way(file);
        assert_eq!(read, written[..read.len()]);
        let disk = Faulty::with_files(files.clone());
        assert!(read_sealed(&disk, path, |_| Ok(())).is_err() || files == whole);
    }
}

/// A script that writes a log, damages its files, and opens it from one of its positions.
pub fn log(data: &[u8]) {
    let mut script = Script(data);
    let directory = Path::new("/log");
    let mut options = LogOptions::new("log", 3, 7);
    options.segment_bytes = 900;
    let disk = Faulty::new();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    storage
        .create_directory(directory)
        .expect("the disk has no faults");
    let (mut log, _) = open(&storage, directory, &options, Position::START).expect("a new log");
    let mut written = Vec::new();
    for number in 0..script.next() % 24 {
        if script.next() >= 224 {
            log.sync().expect("the disk has no faults");
        }
        let (kind, payload) = script.frame(number);
        let at = log.append(kind, &payload).expect("the disk has no faults");
        written.push((at, kind, payload));
    }
    // Written, and not known to be durable.
    let pending = log.prepare_sync().expect("the disk has no faults");
    drop((pending, log));
    let start = usize::from(script.next()) % (written.len() + 1);
    let from = match start {
        0 => Position::START,
        start => written[start - 1].0,
    };
    let expected = &written[start.saturating_sub(1)..];
    let whole = disk.files();
    let mut files = whole.clone();
    script.damage(&mut files);
    let disk = Faulty::with_files(files.clone());
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let mut read = Vec::new();
    let replay = read_log(&disk, directory, &options, from, |at, frame| {
        read.push((at, frame.kind, frame.payload.to_vec()));
        Ok(())
    });
    assert_eq!(read, expected[..read.len()]);
    assert_eq!(disk.files(), files, "reading wrote");
    match open(&storage, directory, &options, from) {
        Err(_) => {
            assert!(replay.is_err() && files != whole);
            assert_eq!(disk.files(), files, "a log that was refused was changed");
        }
        Ok((mut log, frames)) => {
            assert_eq!(frames, replay.expect("it was opened").frames);
            log.append(1, b"more").expect("the disk has no faults");
            log.sync().expect("the disk has no faults");
            drop(log);
            let again = open(&storage, directory, &options, from);
            assert_eq!(again.expect("it was whole").1, frames + 1);
        }
    }
}

const HEADER: FileHeader = FileHeader {
    kind: 9,
    generation: 1,
    number: 2,
    before: 0,
};

fn open(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    options: &LogOptions,
    from: Position,
) -> crate::Result<(SegmentLog, u64)> {
    let (log, replay) = SegmentLog::open(storage, directory, options.clone(), from, |_, _| Ok(()))?;
    Ok((log, replay.frames))
}

/// The frames that every reader of a sealed file gives before it refuses, if it does.
fn read_in_every_way(file: &[u8]) -> Vec<(u64, u8, Vec<u8>)> {
    let path = Path::new("/sealed");
    let disk = Faulty::with_files(BTreeMap::from([(path.to_path_buf(), file.to_vec())]));
    let mut visited = Vec::new();
    let sealed = read_sealed(&disk, path, |frame| {
        visited.push((frame.offset, frame.kind, frame.payload.to_vec()));
        Ok(())
    });
    if let Ok(mut frames) = FrameReader::new(path, file) {
        let mut end = frames.offset();
        while let Ok(Next::Frame(frame)) = frames.next_frame() {
            assert_eq!(frame.offset, end);
            end = frames.offset();
            assert!(end <= file.len() as u64);
        }
    }
    if let Ok(reader) = SealedReader::open(&disk, path) {
        let (places, damage) = reader.places_before_damage();
        let mut payload = Vec::new();
        let whole = places.iter().enumerate().all(|(at, place)| {
            assert!(place.end() <= file.len() as u64);
            let read = reader.read(place, &mut payload).is_ok();
            if read && at < visited.len() {
                assert_eq!(visited[at], (place.offset, place.kind, payload.clone()));
            }
            read
        });
        assert_eq!(sealed.is_ok(), whole && damage.is_none());
    }
    visited
}

/// Bytes as numbers that decide; zeros behind the last.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn next(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    fn below(&mut self, end: usize) -> usize {
        let number = usize::from(self.next()) << 8 | usize::from(self.next());
        number % end.max(1)
    }

    /// A payload, of zeros or not.
    fn frame(&mut self, number: u8) -> (u8, Vec<u8>) {
        let what = self.next();
        let len = match usize::from(what) {
            short @ 0..128 => short,
            long => (long - 127) * 9,
        };
        let byte = if what.is_multiple_of(3) { 0 } else { number };
        (number % 5, vec![byte; len])
    }

    /// Up to three faults, as long as the script goes on.
    fn damage(&mut self, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for _ in 0..3 {
            let paths: Vec<PathBuf> = files.keys().cloned().collect();
            if self.0.is_empty() || paths.is_empty() {
                return;
            }
            let what = self.next() % 8;
            let path = &paths[usize::from(self.next()) % paths.len()];
            let mut bytes = files.remove(path).unwrap_or_default();
            let at = self.below(bytes.len());
            match what {
                0 if paths.len() > 1 => continue,
                1 => {
                    let other = &paths[usize::from(self.next()) % paths.len()];
                    if let Some(there) = files.insert(other.clone(), bytes.clone()) {
                        bytes = there;
                    }
                }
                2 => bytes.truncate(at),
                3 => {
                    let end = (at / 512 + 1) * 512;
                    let end = end.min(bytes.len());
                    bytes[at..end].fill(0);
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << (self.next() % 8);
                    }
                }
            }
            files.insert(path.clone(), bytes);
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/corpora.rs"]
mod corpora;

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpora_are_read() {
        super::corpora::run(&[("frames", super::frames), ("log", super::log)]);
    }
}
