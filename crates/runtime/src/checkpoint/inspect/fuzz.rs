//! The body of a fuzz target: a generation whose frames are whole and hold what nobody wrote.

use std::path::Path;
use std::sync::Arc;

use millrace_wal::{END_KIND, Faulty, Position, SealedWriter, SegmentLog, Storage};

use crate::checkpoint::choice::{Candidates, candidate, count_blocks};
use crate::checkpoint::directory::{Directory, FileKind, header, log_options};
use crate::checkpoint::record::FrameKind;

use super::GenerationView;

/// The `meta` of a generation, unless the input has one.
const META: &[u8] = br#"{"format":1,"program":"p","operators":["a","b"],"partitions":2,
    "interval_ms":1000,"stores":[{"operator":"a","name":"state"},{"operator":"b","name":"window"}]}"#;

/// Bytes are frames, each after a byte that says which file it is of and two for its length. The
/// generation is read or refused, never with a panic; what is counted is what is given, every key
/// that is given is found, and nothing differs from itself.
pub(crate) fn fuzz(data: &[u8]) {
    let directory = written(data);
    let _ = Candidates::find(&directory);
    let candidate = candidate(&directory, 1);
    if let Ok(last) = candidate.map(|found| found.last) {
        let from = last.map_or(Position::START, |last| last.blocks);
        let _ = count_blocks(&directory, 1, from);
    }
    let strict = GenerationView::open(&directory, 1, false);
    let tolerant = GenerationView::open(&directory, 1, true);
    if let Ok(view) = &strict {
        assert!(tolerant.is_ok_and(|tolerant| tolerant.damage().is_none()));
        check(view, data.len());
    } else if let Ok(view) = tolerant {
        check(&view, data.len());
    }
}

fn check(view: &GenerationView, bytes: usize) {
    for store in 0..view.info().stores.len().min(3) {
        let size = view.size(store).expect("it was read when it was opened");
        assert!(size.keys <= bytes && size.bytes <= bytes as u64);
        let (mut lines, mut text) = (0, Vec::new());
        let rendered = view.render(
            store,
            &|entry, out| {
                entry.key_json(out)?;
                entry.value_json(out)?;
                out.push(b'\n');
                Ok(())
            },
            &mut text,
        );
        lines += text.iter().filter(|&&byte| byte == b'\n').count();
        let Ok(entries) = view.entries(store) else {
            assert!(rendered.is_err());
            continue;
        };
        assert_eq!((entries.len(), lines), (size.keys, size.keys));
        assert!(entries.is_sorted_by_key(|entry| entry.place));
        for entry in entries.iter().take(4) {
            let key = millrace_engine::json::json_of(&entry.key).expect("it is JSON");
            let found = view.get(store, &key).expect("it was read");
            assert!(found.is_some(), "{key}");
        }
        let differs = view.differences(store, view, &mut |difference| {
            panic!("{difference:?}");
        });
        differs.expect("it was read");
    }
}

/// A disk with the generation on it.
fn written(data: &[u8]) -> Directory {
    let disk = Faulty::new();
    let storage: Arc<dyn Storage> = Arc::new(disk);
    let directory = Directory {
        storage: Arc::clone(&storage),
        root: Path::new("/ck").to_owned(),
    };
    let good = "the disk has no faults";
    let generation = directory.generation(1);
    storage.create_directory(&directory.log(1)).expect(good);
    let sealed = |name: &str, kind, number| {
        let header = header(kind, 1, number);
        SealedWriter::create(&storage, &generation, name, header).expect(good)
    };
    let mut snapshot = sealed(&Directory::snapshot_name(1), FileKind::Snapshot, 1);
    let log = directory.log(1);
    let options = log_options(1);
    let opened = SegmentLog::open(&storage, &log, options, Position::START, |_, _| Ok(()));
    let (mut log, _) = opened.expect(good);
    let (mut meta, mut has_snapshot) = (META, false);
    let mut rest = data;
    while let Some((&[what, low, high], behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([low, high]));
        let (payload, behind) = behind.split_at(behind.len().min(length));
        rest = behind;
        match what % 8 {
            0 => meta = payload,
            1 | 2 => {
                let kind = [FrameKind::Base, FrameKind::Shard][usize::from(what % 8 - 1)];
                has_snapshot = true;
                snapshot.append(kind as u8, payload).expect(good);
            }
            3 => drop(log.append(FrameKind::Delta as u8, payload).expect(good)),
            4 => drop(log.append(FrameKind::Commit as u8, payload).expect(good)),
            5 => drop(log.append(FrameKind::Plan as u8, payload).expect(good)),
            6 => {
                has_snapshot = true;
                let kind = what.min(END_KIND - 1);
                snapshot.append(kind, payload).expect(good);
            }
            _ => drop(log.append(what, payload).expect(good)),
        }
    }
    log.sync().expect(good);
    if has_snapshot {
        snapshot.commit().expect(good);
    }
    let mut file = sealed("meta", FileKind::Meta, 0);
    file.append(1, meta).expect(good);
    file.commit().expect(good);
    directory
}
