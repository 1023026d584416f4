//! A log gives back what was appended, in order, whatever was done in between.

use millrace_wal::{Position, WalError, read_frame, read_log, segment_name};
use proptest::prelude::*;

use super::support::{Frames, KIND, directory, disk, open, options, payload};

#[derive(Debug, Clone)]
enum Step {
    Append,
    Sync,
    /// A sync in steps with so many frames appended in between.
    SyncBeside(u8),
    /// Lets go of so much of the log, in 256ths.
    Release(u8),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Append),
        2 => Just(Step::Sync),
        1 => (0..4_u8).prop_map(Step::SyncBeside),
        1 => any::<u8>().prop_map(Step::Release),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn a_log_gives_back_what_was_appended(steps in steps(), segment_bytes in 0..6000_u64) {
        let (_, storage) = disk();
        let options = options(segment_bytes);
        let open = |from| open(&storage, &directory(), options.clone(), from).unwrap();
        let (mut log, _, _) = open(Position::START);
        // The model: what is in the log, and from where on.
        let (mut model, mut from, mut number) = (Frames::new(), Position::START, 0);
        for step in steps {
            match step {
                Step::Append => {
                    model.push((log.append(KIND, &payload(number)).unwrap(), payload(number)));
                    number += 1;
                }
                Step::Sync => prop_assert_eq!(log.sync().unwrap(), log.end()),
                Step::SyncBeside(frames) => {
                    let end = log.end();
                    let pending = log.prepare_sync().unwrap();
                    for _ in 0..frames {
                        model.push((log.append(KIND, &payload(number)).unwrap(), payload(number)));
                        number += 1;
                    }
                    log.complete_sync(&pending.run().unwrap());
                    prop_assert!(log.durable() >= end && log.durable() <= log.end());
                }
                Step::Release(part) => {
                    let gone = model.len() * usize::from(part) / 256;
                    model.drain(..gone);
                    from = model.first().map_or(log.end(), |(at, _)| *at);
                    log.release(from).unwrap();
                }
                Step::Reopen => {
                    // What was not synced is not lost as long as the machine lives, but what
                    // was not written is.
                    log.sync().unwrap();
                    let frames;
                    (log, _, frames) = open(from);
                    prop_assert_eq!(&frames, &model);
                }
            }
            prop_assert!(model.is_sorted_by(|(a, _), (b, _)| a < b));
        }
        log.sync().unwrap();
        for (at, bytes) in &model {
            let frame = read_frame(&*storage, &directory(), &options, *at).unwrap();
            prop_assert_eq!(frame, (KIND, bytes.clone()));
        }
        // Nothing is kept that is not needed, and no segment is longer than it may be.
        let names = storage.list(&directory()).unwrap();
        let needed = from.segment..=log.end().segment;
        let wanted: Vec<_> = needed.map(|number| segment_name("blocks", number)).collect();
        prop_assert_eq!(names, wanted);
        let (_, _, frames) = open(from);
        prop_assert_eq!(frames, model);
    }
}

#[test]
fn a_wanted_position_has_to_be_there() {
    let (_, storage) = disk();
    let (mut log, _, _) = open(&storage, &directory(), options(1 << 20), Position::START).unwrap();
    log.append(KIND, b"one").unwrap();
    let end = log.sync().unwrap();
    drop(log);
    let read = |from| read_log(&*storage, &directory(), &options(1), from, |_, _| Ok(()));
    assert_eq!(read(end).unwrap().frames, 0);
    for offset in (0..end.offset + 30).filter(|at| *at != 48 && *at != end.offset) {
        let refused = read(Position { offset, ..end });
        assert!(matches!(refused, Err(WalError::Damage { offset: at, .. }) if at == offset));
    }
    for segment in [0, 2] {
        assert!(
            read(Position { segment, ..end }).is_err(),
            "segment {segment}"
        );
    }
}

#[test]
fn reading_beside_the_writer_sees_what_was_written() {
    let (disk, storage) = disk();
    let (mut log, _, _) = open(&storage, &directory(), options(700), Position::START).unwrap();
    for number in 0..20 {
        log.append(KIND, &payload(number)).unwrap();
        if number % 4 == 0 {
            drop(log.prepare_sync().unwrap()); // written, not synced
            let before = disk.operations();
            let read = read_log(
                &*storage,
                &directory(),
                &options(700),
                Position::START,
                |_, _| Ok(()),
            );
            assert_eq!(read.unwrap().frames, number + 1);
            assert_eq!(disk.operations(), before, "reading wrote");
        }
    }
}

#[test]
fn a_frame_that_is_too_long_does_no_harm() {
    let (_, storage) = disk();
    let (mut log, _, _) = open(&storage, &directory(), options(1 << 20), Position::START).unwrap();
    log.append(KIND, b"before").unwrap();
    let refused = log.append(KIND, &vec![0; millrace_wal::MAX_PAYLOAD + 1]);
    assert!(matches!(refused, Err(WalError::Io { .. })), "{refused:?}");
    log.append(KIND, b"behind").unwrap();
    log.sync().unwrap();
    let (_, _, frames) = open(&storage, &directory(), options(1), Position::START).unwrap();
    assert_eq!(frames.len(), 2);
}

#[test]
fn what_the_visitor_says_ends_the_opening() {
    let (disk, storage) = disk();
    super::support::written(&storage, options(700), 9, 1);
    let before = disk.operations();
    let refused = read_log(
        &*storage,
        &directory(),
        &options(700),
        Position::START,
        |_, frame| {
            Err(WalError::damage(
                &directory(),
                frame.offset,
                "not understood",
            ))
        },
    );
    assert!(super::support::is_damage(refused));
    assert_eq!(disk.operations(), before);
}
