//! `remember` and `slice`: a batch that is remembered reads as it did when it ran.

use std::sync::{Arc, Mutex};

use millrace::testing::Setup;
use millrace::{BatchTime, DStream, Duration, Rdd, StateOptions, Values};
use proptest::prelude::*;

use super::model;
use super::support::{block_bytes, cases, counted, messages, words};

type Slices = Vec<Vec<String>>;

fn shown<T: Clone + std::fmt::Debug + Send + 'static>(rdds: &[Rdd<T>]) -> Slices {
    let shown = |rdd: &Rdd<T>| {
        // A short read and a full one are two ways to the same records.
        let records = rdd.collect();
        assert_eq!(rdd.count(), records.len() as u64);
        let texts: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
        let few: Vec<String> = rdd
            .take(2)
            .iter()
            .map(|record| format!("{record:?}"))
            .collect();
        assert_eq!(few, texts[..texts.len().min(2)]);
        texts
    };
    rdds.iter().map(shown).collect()
}

/// A stream of texts that stand for the records of another.
type Texts = DStream<String>;

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn a_remembered_batch_is_as_it_was(
        messages in messages(), block_bytes in block_bytes(), partitions in 1_usize..4,
        seconds in 1_i64..5, from in -1500_i64..7000, to in -1500_i64..7000, idle_keeps: bool,
    ) {
        let ran: Arc<Mutex<Vec<Slices>>> = Arc::new(Mutex::new(vec![Vec::new(); 5]));
        let streams: Mutex<Vec<Texts>> = Mutex::default();
        let setup = Setup { workers: 2, partitions, block_bytes };
        setup.run_stream(&messages, |ssc, lines| {
            ssc.remember(Duration::seconds(seconds)).unwrap();
            let mut options = StateOptions::new();
            if idle_keeps {
                options = options.idle_keeps_state();
            }
            let sum = |new: &Values<i64>, old: Option<i64>| {
                Some(new.iter().sum::<i64>() + old.unwrap_or(0))
            };
            let ones = words(lines).map(|word| (word, 1));
            let state = ones.update_state_by_key_with(sum, options);
            let window = ones.reduce_by_key_and_window(|a, b| a + b, Duration::seconds(2), None);
            let texts = [
                lines.map(|line| format!("{line:?}")).erased(),
                counted(lines).map(|count| format!("{count:?}")).erased(),
                state.map(|state| format!("{state:?}")).erased(),
                window.map(|count| format!("{count:?}")).erased(),
                state.transform(|rdd| rdd.map(|(word, _)| word)).map(|word| word.to_string()).erased(),
            ];
            for (number, stream) in texts.iter().enumerate() {
                let ran = Arc::clone(&ran);
                let own = stream.clone();
                stream.foreach_rdd_with_time(move |rdd, now| {
                    let texts = shown(std::slice::from_ref(rdd));
                    let sliced = shown(&own.slice(now, now).unwrap());
                    assert_eq!(sliced, texts, "the batch that is being run");
                    ran.lock().unwrap()[number].extend(texts);
                });
            }
            *streams.lock().unwrap() = texts.into();
        });
        let time = BatchTime::from_millis;
        let ran = ran.lock().unwrap();
        let count = model::lines(&messages).len() as i64;
        for (number, stream) in streams.lock().unwrap().iter().enumerate() {
            let sliced = shown(&stream.slice(time(from), time(to)).unwrap());
            let is_asked_for = |batch: i64| {
                let at = batch * 1000;
                from.div_euclid(1000) * 1000 <= at && at <= to && at > (count - seconds) * 1000
            };
            let expected: Slices = (1..=count)
                .filter(|&batch| is_asked_for(batch))
                .map(|batch| ran[number][batch as usize - 1].clone())
                .collect();
            prop_assert_eq!(sliced, expected, "stream {}", number);
        }
    }
}

#[test]
fn a_slice_needs_a_start_a_reader_and_a_memory() {
    let (from, to) = (BatchTime::from_millis(0), BatchTime::from_millis(9000));
    let error = |stream: &DStream<_, _>| {
        let error = stream.slice(from, to).unwrap_err();
        assert_eq!(error.kind(), millrace::ErrorKind::Illegal);
        error.to_string()
    };
    for remembers in [false, true] {
        let kept = Mutex::new(None);
        Setup::default().run_stream(&["a\n"], |ssc, lines| {
            if remembers {
                ssc.remember(Duration::seconds(9)).unwrap();
            }
            let unread = counted(lines);
            assert!(error(&unread).starts_with("DStream has not been initialized: "));
            let read = counted(lines);
            read.print();
            *kept.lock().unwrap() = Some((unread, read));
        });
        let (unread, read) = kept.into_inner().unwrap().unwrap();
        assert!(error(&unread).starts_with("DStream has not been initialized: no output"));
        if remembers {
            assert_eq!(read.slice(from, to).unwrap().len(), 1);
        } else {
            assert!(error(&read).contains("StreamingContext::remember"));
        }
    }
}
