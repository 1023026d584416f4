//! Damage by hand: what remains is read up to there, or refused and left alone; a frame that was
//! not written is never read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crc32c::crc32c;
use millrace_wal::{
    END_KIND, Faulty, FileHeader, FrameWriter, HEADER_LEN, Position, SealedWriter, Storage,
    WalError, read_log, read_sealed, segment_name,
};
use proptest::prelude::*;

use super::support::{KIND, directory, disk, is_damage, open, options, payload, recover, written};

fn segment(number: u64) -> PathBuf {
    directory().join(segment_name("blocks", number))
}

/// Reads `path` while it holds `bytes`: so many frames from the first on, or a refusal. Both
/// ways of reading have to agree, and a refusal changes nothing.
fn frames_with(disk: &Faulty, path: &Path, bytes: Vec<u8>) -> Result<u64, WalError> {
    let mut files = disk.files();
    files.insert(path.to_path_buf(), bytes);
    frames_of(files)
}

fn frames_of(files: std::collections::BTreeMap<PathBuf, Vec<u8>>) -> Result<u64, WalError> {
    let disk = Faulty::with_files(files.clone());
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let read = read_log(
        &*storage,
        &directory(),
        &options(900),
        Position::START,
        |_, _| Ok(()),
    );
    assert_eq!(disk.files(), files, "reading wrote");
    match open(&storage, &directory(), options(900), Position::START) {
        Err(error) => {
            assert_eq!(disk.files(), files, "a refused log was changed");
            assert_eq!(error.to_string(), read.unwrap_err().to_string());
            Err(error)
        }
        Ok((mut log, replay, frames)) => {
            assert_eq!(replay, read.unwrap());
            for (number, (at, bytes)) in (0..).zip(&frames) {
                assert_eq!(*bytes, payload(number), "frame {number} at {at:?}");
            }
            // It goes on from there as if nothing had been.
            let count = frames.len() as u64;
            log.append(KIND, &payload(count)).unwrap();
            log.sync().unwrap();
            drop(log);
            let again = open(&storage, &directory(), options(900), Position::START).unwrap();
            assert_eq!(again.2.len() as u64, count + 1);
            assert_eq!(again.1.torn, 0);
            Ok(count)
        }
    }
}

/// One segment with nine frames, `group` to a sync, and where they begin; the last is the end.
fn one_segment(group: u64) -> (Faulty, Vec<u8>, Vec<usize>) {
    let (disk, storage) = disk();
    written(&storage, options(1 << 20), 9, group);
    let mut starts = vec![];
    let mut visit = |at: Position, _: millrace_wal::Frame<'_>| {
        starts.push(at.offset as usize);
        Ok(())
    };
    let from = Position::START;
    let replay = read_log(&*storage, &directory(), &options(1), from, &mut visit).unwrap();
    starts.push(replay.end.offset as usize);
    let bytes = disk.files()[&segment(1)].clone();
    (disk, bytes, starts)
}

#[test]
fn cut_at_every_byte_of_the_last_three_frames() {
    for group in [1, 2, 9] {
        let (disk, bytes, starts) = one_segment(group);
        for cut in starts[6]..=bytes.len() {
            let whole = starts.iter().filter(|start| **start <= cut).count() as u64 - 1;
            let frames = frames_with(&disk, &segment(1), bytes[..cut].to_vec());
            assert_eq!(frames.unwrap(), whole, "cut at {cut}, {group} to a sync");
        }
    }
}

#[test]
fn the_rest_zero_filled_from_every_byte_of_the_last_three_frames() {
    // All in one group, so that a crash can have done it. The payloads have no zeros.
    let (disk, bytes, starts) = one_segment(9);
    for cut in (starts[6]..bytes.len()).step_by(3) {
        for more in [0, 1, 511, 5000] {
            let mut torn = bytes.clone();
            torn[cut..].fill(0);
            torn.resize(bytes.len() + more, 0);
            // Zeros within a sector come from no crash; whole sectors and what was behind the
            // end do. Either way nothing but the frames in front may be read.
            let whole = starts.iter().filter(|start| **start <= cut).count() as u64 - 1;
            match frames_with(&disk, &segment(1), torn) {
                Ok(frames) => assert_eq!(frames, whole, "zeros from {cut}"),
                Err(error) => assert!(is_damage::<()>(Err(error)) && !starts.contains(&cut)),
            }
        }
    }
}

#[test]
fn every_bit_flipped_is_refused() {
    for group in [1, 9] {
        let (disk, bytes, starts) = one_segment(group);
        for frame in [0, 3, 7, 8] {
            for at in starts[frame]..starts[frame + 1] {
                for bit in 0..8 {
                    let mut flipped = bytes.clone();
                    flipped[at] ^= 1 << bit;
                    let refused = frames_with(&disk, &segment(1), flipped);
                    let place = starts[frame] as u64;
                    assert!(
                        matches!(&refused, Err(WalError::Damage { file, offset, .. })
                            if *file == segment(1) && *offset == place),
                        "bit {bit} of byte {at}, in frame {frame}: {refused:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_bit_of_a_header_flipped_is_refused() {
    let (disk, bytes, _) = one_segment(1);
    for at in 0..HEADER_LEN {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(
                is_damage(frames_with(&disk, &segment(1), flipped)),
                "byte {at}"
            );
        }
    }
    for len in 0..HEADER_LEN {
        assert!(is_damage(frames_with(
            &disk,
            &segment(1),
            bytes[..len].to_vec()
        )));
        assert!(is_damage(frames_with(&disk, &segment(1), vec![0; len])));
    }
}

#[test]
fn a_lost_sector_is_a_crash_only_if_it_was_not_durable() {
    for (group, durable) in [(9, false), (1, true)] {
        let (disk, bytes, starts) = one_segment(group);
        // The frame of 1300 bytes has a whole sector in it.
        let lost = (starts[4] / 512 + 1) * 512;
        assert!(lost + 512 < starts[5]);
        let mut torn = bytes;
        torn[lost..lost + 512].fill(0);
        match frames_with(&disk, &segment(1), torn) {
            Ok(frames) => assert!(!durable && frames == 4),
            Err(WalError::Damage { offset, .. }) => {
                assert!(durable && offset == starts[4] as u64);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn frames_moved_doubled_or_swapped_are_refused() {
    let (disk, bytes, starts) = one_segment(1);
    let frame = |number: usize| &bytes[starts[number]..starts[number + 1]];
    let doubled = [&bytes[..], frame(8)].concat();
    let twice = [&bytes[..starts[5]], frame(4), &bytes[starts[5]..]].concat();
    let swapped = [&bytes[..starts[4]], frame(5), frame(4), &bytes[starts[6]..]].concat();
    let dropped = [&bytes[..starts[4]], &bytes[starts[5]..]].concat();
    let garbage = [&bytes[..], &[0xA5; 100]].concat();
    for (what, bytes) in [
        ("doubled", doubled),
        ("twice", twice),
        ("swapped", swapped),
        ("dropped", dropped),
        ("garbage", garbage),
    ] {
        assert!(is_damage(frames_with(&disk, &segment(1), bytes)), "{what}");
    }
}

/// Four segments or more, and how many frames are in front of the last.
fn many_segments() -> (Faulty, u64, u64) {
    let (disk, storage) = disk();
    written(&storage, options(900), 12, 2);
    let mut before = 0;
    let mut last = 0;
    read_log(
        &*storage,
        &directory(),
        &options(900),
        Position::START,
        |at, _| {
            before = if at.segment > last {
                before + 1
            } else {
                before
            };
            last = at.segment;
            Ok(())
        },
    )
    .unwrap();
    assert!(last >= 4);
    let mut in_front = 0;
    read_log(
        &*storage,
        &directory(),
        &options(900),
        Position::START,
        |at, _| {
            in_front += u64::from(at.segment < last);
            Ok(())
        },
    )
    .unwrap();
    (disk, last, in_front)
}

#[test]
fn segments_missing_doubled_swapped_or_emptied() {
    let (disk, last, in_front) = many_segments();
    for number in 1..=last {
        let mut files = disk.files();
        let bytes = files.remove(&segment(number)).unwrap();
        // Without the last the log is a shorter log; without another it has a hole.
        match frames_of(files.clone()) {
            Ok(frames) => assert!(number == last && frames == in_front),
            Err(WalError::Damage { file, .. }) => {
                assert!(number < last && file == segment(number));
            }
            Err(error) => panic!("{error}"),
        }
        for other in (1..=last + 1).filter(|other| *other != number) {
            let mut doubled = disk.files();
            let swapped_in = doubled.insert(segment(other), bytes.clone());
            assert!(
                is_damage(frames_of(doubled.clone())),
                "{number} over {other}"
            );
            if let Some(swapped_in) = swapped_in {
                doubled.insert(segment(number), swapped_in);
                assert!(
                    is_damage(frames_of(doubled)),
                    "{number} and {other} swapped"
                );
            }
        }
        for bad in [vec![], vec![0; bytes.len()], vec![0xFF; bytes.len()]] {
            assert!(is_damage(frames_with(&disk, &segment(number), bad)));
        }
    }
}

#[test]
fn a_segment_that_others_follow_is_whole_or_refused() {
    let (disk, last, _) = many_segments();
    for number in 1..last {
        let bytes = disk.files()[&segment(number)].clone();
        for cut in 0..bytes.len() {
            // Among the cuts are those between two frames, which leave only good ones.
            let refused = frames_with(&disk, &segment(number), bytes[..cut].to_vec());
            assert!(is_damage(refused), "segment {number} cut at {cut}");
        }
        let longer = [&bytes[..], &[0; 700]].concat();
        assert!(is_damage(frames_with(&disk, &segment(number), longer)));
    }
}

#[test]
fn a_segment_of_another_log_is_refused() {
    // It has the right number and nothing behind it: but for whose it is, it is a good log.
    for (what, change) in [("kind", 1), ("generation", 2), ("nothing", 0)] {
        let (disk, storage) = disk();
        let mut other = options(900);
        other.kind += u8::from(change == 1);
        other.generation += u64::from(change == 2);
        written(&storage, other, 1, 1);
        match frames_of(disk.files()) {
            Ok(frames) => assert!(change == 0 && frames == 1),
            Err(error) => assert!(error.to_string().contains(&format!("of {what}")), "{error}"),
        }
    }
}

#[test]
fn a_newer_format_is_named_as_such() {
    let (disk, mut bytes, starts) = one_segment(1);
    let mut frame = bytes.clone();
    bytes[8] = 2;
    let sum = crc32c(&bytes[..44]);
    bytes[44..48].copy_from_slice(&sum.to_le_bytes());
    let newer = frames_with(&disk, &segment(1), bytes);
    assert!(
        matches!(
            newer,
            Err(WalError::NewerFormat {
                found: 2,
                known: 1,
                ..
            })
        ),
        "{newer:?}"
    );
    // A frame by itself, in a file of a known format.
    let at = starts[8];
    frame[at + 5] = 2;
    let sum = [
        &frame[..44],
        &(at as u64).to_le_bytes(),
        &frame[at..at + 20],
    ]
    .concat();
    frame[at + 20..at + 24].copy_from_slice(&crc32c(&sum).to_le_bytes());
    let newer = frames_with(&disk, &segment(1), frame);
    assert!(
        matches!(newer, Err(WalError::NewerFormat { found: 2, .. })),
        "{newer:?}"
    );
}

#[test]
fn files_that_are_no_segments_are_left_alone() {
    let (disk, storage) = disk();
    written(&storage, options(900), 4, 1);
    for name in [
        "blocks-1.log",
        "blocks-+0000000000000000001.log",
        "other-00000000000000000007.log",
    ] {
        disk.put(&directory().join(name), b"whatever".to_vec());
    }
    disk.put(&directory().join("x.temporary"), b"whatever".to_vec());
    let before = disk.files().len();
    let (_, _, frames) = open(&storage, &directory(), options(900), Position::START).unwrap();
    assert_eq!(frames.len(), 4);
    assert_eq!(disk.files().len(), before - 1, "only the leftover goes");
}

fn sealed() -> (Faulty, PathBuf, Vec<u8>) {
    let (disk, storage) = disk();
    let header = FileHeader {
        kind: 9,
        generation: 1,
        number: 2,
        before: 3,
    };
    let mut file = SealedWriter::create(&storage, &directory(), "snapshot", header).unwrap();
    for number in 0..4 {
        file.append(KIND, &payload(number)).unwrap();
    }
    assert!(file.append(END_KIND, b"").is_err());
    file.commit().unwrap();
    let path = directory().join("snapshot");
    let mut read = vec![];
    let found = read_sealed(&disk, &path, |frame| {
        read.push(frame.payload.to_vec());
        Ok(())
    });
    assert_eq!(found.unwrap(), header);
    assert_eq!(read, (0..4).map(payload).collect::<Vec<_>>());
    let bytes = disk.files()[&path].clone();
    (disk, path, bytes)
}

#[test]
fn a_sealed_file_is_whole_or_refused() {
    let (disk, path, bytes) = sealed();
    let refused = |bytes: Vec<u8>| {
        disk.put(&path, bytes);
        is_damage(read_sealed(&disk, &path, |_| Ok(())))
    };
    for cut in 0..bytes.len() {
        assert!(refused(bytes[..cut].to_vec()), "cut at {cut}");
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[cut] ^= 1 << bit;
            assert!(refused(flipped), "bit {bit} of byte {cut}");
        }
    }
    for more in [1, 24, 512] {
        assert!(refused([&bytes[..], &vec![0; more]].concat()));
    }
}

#[test]
fn a_sealed_file_has_as_many_frames_as_it_says() {
    let (disk, path, whole) = sealed();
    let header = FileHeader::decode(&path, &whole).unwrap();
    for count in [0_u64, 1, 2, 3] {
        let (mut bytes, mut frames) = (header.encode().to_vec(), FrameWriter::new(&header));
        for (kind, payload) in [
            (KIND, payload(0)),
            (KIND, payload(1)),
            (END_KIND, count.to_le_bytes().to_vec()),
        ] {
            frames.put(&mut bytes, &path, kind, 48, &payload).unwrap();
        }
        disk.put(&path, bytes);
        assert_eq!(read_sealed(&disk, &path, |_| Ok(())).is_ok(), count == 2);
    }
}

proptest! {
    /// Anything at all may happen to a file: what is read is a beginning of what was written.
    #[test]
    fn no_wrong_frame_whatever_the_damage(
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 1..600_usize), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        group in 1..10_u64,
    ) {
        let (disk, mut bytes, _) = one_segment(group);
        for (at, byte, len) in hits {
            let at = at.index(bytes.len());
            let end = (at + len).min(bytes.len());
            bytes[at..end].fill(byte);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        // The frames are compared in there.
        drop(frames_with(&disk, &segment(1), bytes));
    }
}

/// The judge of crash and kill tests has to see a wrong frame itself.
#[test]
#[should_panic(expected = "frame 0 at")]
fn the_judge_sees_a_wrong_frame() {
    let (_, storage) = disk();
    let (mut log, _, next) = recover(&storage, &directory()).unwrap();
    log.append(KIND, &payload(next + 1)).unwrap();
    log.sync().unwrap();
    drop(log);
    drop(recover(&storage, &directory()));
}
