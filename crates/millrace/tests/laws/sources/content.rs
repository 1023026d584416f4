//! The records that are in files: large ones, compressed ones, and such as go before they are
//! read.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::Command;

use millrace::Rdd;
use millrace::source::FileOptions;

use super::directory::{Watched, lines};
use super::{partitions, setup};

#[test]
fn a_large_file_is_one_partition_and_is_read_in_parallel() {
    let directory = Watched::new();
    let contents: String = (0..1_200_000).map(|number| format!("{number}\n")).collect();
    assert!(contents.len() > 8 << 20, "three pieces");
    directory.write("large", 500, contents);
    for workers in [1, 3] {
        let seen = partitions(&setup(workers, 2), 1, |ssc| {
            let lines = ssc.text_file_stream(directory.path());
            lines.map(|line| line.as_str().parse::<u32>().unwrap())
        });
        let (partitions, numbers) = &seen[0];
        assert_eq!(*partitions, 1);
        assert!(numbers.iter().copied().eq(0..1_200_000));
    }
}

#[test]
fn records_of_one_length_are_cut_and_half_a_record_is_left_out() {
    let directory = Watched::new();
    directory.write("a", 500, [1, 2, 3, 4]);
    directory.write("b", 600, [5, 6, 7]);
    directory.write("c", 700, [8]);
    let path = directory.path().to_owned();
    let seen = partitions(&setup(2, 1), 1, |ssc| ssc.binary_records_stream(&path, 2));
    assert_eq!(seen, [(3, vec![vec![1, 2], vec![3, 4], vec![5, 6]])]);
}

/// The file is there when the batch takes it, and something else when it is read.
#[test]
fn a_file_that_goes_before_it_is_read_is_passed_over_and_the_others_count() {
    let spoilt: [fn(&Path); 4] = [
        |path| std::fs::remove_file(path).unwrap(),
        |path| std::fs::rename(path, path.with_file_name(".moved")).unwrap(),
        |path| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        },
        // Nobody will ever write into it.
        |path| {
            std::fs::remove_file(path).unwrap();
            let made = Command::new("mkfifo").arg(path).status().unwrap();
            assert!(made.success());
        },
    ];
    for spoil in spoilt {
        let directory = Watched::new();
        directory.write("a", 500, "a\n");
        directory.write("gone", 600, "gone\n");
        directory.write("z", 700, "z\n");
        directory.write("later", 1500, "later\n");
        let gone = directory.0.path().join("gone");
        let seen = lines(&setup(2, 1), 2, |ssc| {
            let stream = ssc.text_file_stream(directory.path());
            let spoil = move |rdd: &Rdd<_>| {
                if rdd.partitions() == 3 {
                    spoil(&gone);
                }
            };
            stream.foreach_rdd(spoil);
            stream
        });
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(seen, [(3, of(&["a", "z"])), (1, of(&["later"]))]);
    }
}

/// Lines before the damage count, if they are whole.
#[test]
fn compressed_files_are_read_and_damaged_ones_as_far_as_they_go() {
    let text: String = (0..20_000).map(|number| format!("{number}\n")).collect();
    let compress = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let whole = compress(text.as_bytes());
    let directory = Watched::new();
    directory.write("a.gz", 500, &whole);
    directory.write("b.gz", 600, &whole[..whole.len() / 2]);
    directory.write("c.gz", 700, "no gzip at all");
    directory.write("d", 800, "-1\n");
    let seen = partitions(&setup(2, 1), 1, |ssc| {
        let lines = ssc.text_file_stream(directory.path());
        lines.map(|line| line.as_str().parse::<i32>().unwrap())
    });
    let (partitions, numbers) = &seen[0];
    assert_eq!(*partitions, 4);
    let (first, rest) = numbers.split_at(20_000);
    assert!(first.iter().copied().eq(0..20_000));
    let (last, half) = rest.split_last().unwrap();
    assert_eq!(*last, -1);
    assert!(half.iter().copied().eq(0..half.len() as i32));
    assert!((1..20_000).contains(&half.len()));

    millrace::testing::run_context(0, |ssc| {
        let path = |name: &str| directory.0.path().join(name).display().to_string();
        let read = ssc.text_file(&path("a.gz")).unwrap();
        assert_eq!((read.partitions(), read.count()), (1, 20_000));
        let error = ssc.text_file(&path("b.gz")).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read ") && error.contains("b.gz"),
            "{error}"
        );
    });
}

#[test]
fn a_reader_of_the_programs_own_reads_files() {
    let directory = Watched::new();
    directory.write("f", 500, "1;2;3");
    let seen = partitions(&setup(1, 1), 1, |ssc| {
        ssc.file_stream_with(directory.path(), FileOptions::new(), |file| {
            let parts = file.split(b';').map_while(std::result::Result::ok);
            parts.map(|part| String::from_utf8(part).unwrap().parse::<u8>().unwrap())
        })
    });
    assert_eq!(seen, [(1, vec![1, 2, 3])]);
}
