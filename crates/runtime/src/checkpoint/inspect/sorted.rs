//! A part of a store's entries, sorted, in little more memory than their bytes.
//!
//! Stores are larger than what a tool may take, so they are read part by part; a part that took
//! several times its own bytes would undo that. An entry costs sixteen bytes beside its own:
//! where its key ends is found again when it is asked for.

use millrace_engine::durable::value_len;
use millrace_engine::exec::Executor;
use rayon::prelude::*;

/// Fewer bytes than this are not worth another pass over the files.
pub(super) const LEAST: u64 = 6 << 20;

/// A part of a store is no smaller than so much of it: a pass over the files costs what they hold.
pub(super) const MOST_PARTS: u64 = 8;

/// Bytes that a sorted entry takes beside its own.
pub(super) const BESIDE: u64 = 16;

/// The log's entries go into another buffer when one holds so many bytes.
const FULL: usize = 1 << 30;

/// The number of parts in which files of so many bytes are read.
pub(super) fn parts_of(bytes: u64) -> u64 {
    (bytes / LEAST + 1).min(MOST_PARTS)
}

/// Entries of one shard, or of the log, as they come.
#[derive(Default)]
pub(super) struct Buffer {
    /// Each key with its value behind it. Below 4 GiB, as a shard is.
    bytes: Vec<u8>,
    /// The number that an entry is sorted by, and its beginning.
    entries: Vec<(u64, u32)>,
}

impl Buffer {
    pub(super) fn add(&mut self, by: u64, key: &[u8], value: &[u8]) {
        self.entries.push((by, self.bytes.len() as u32));
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
    }

    /// The number of entries.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Gives back the room that nothing came for.
    pub(super) fn closed(mut self) -> Buffer {
        self.bytes.shrink_to_fit();
        self.entries.shrink_to_fit();
        self
    }
}

/// Entries by a number, and by their keys where that is the same.
pub(super) struct Sorted {
    buffers: Vec<Vec<u8>>,
    /// The number, the buffer, and where the entry begins in it.
    entries: Vec<(u64, u32, u32)>,
}

/// An entry: its number, its key and its value.
pub(super) type SortedEntry<'a> = (u64, &'a [u8], &'a [u8]);

impl Sorted {
    /// Sorts what is in the buffers and what `more` adds, on the workers if there are any.
    pub(super) fn of<E>(
        buffers: Vec<Buffer>,
        workers: Option<&Executor>,
        more: impl FnOnce(&mut dyn FnMut(u64, &[u8], &[u8])) -> Result<(), E>,
    ) -> Result<Sorted, E> {
        let mut last = vec![Buffer::default()];
        more(&mut |by, key, value| {
            if last.last().is_none_or(|buffer| buffer.bytes.len() > FULL) {
                last.push(Buffer::default());
            }
            if let Some(buffer) = last.last_mut() {
                buffer.add(by, key, value);
            }
        })?;
        let count = |buffers: &[Buffer]| buffers.iter().map(|it| it.entries.len()).sum::<usize>();
        let mut sorted = Sorted {
            buffers: Vec::with_capacity(buffers.len() + last.len()),
            entries: Vec::with_capacity(count(&buffers) + count(&last)),
        };
        for Buffer { bytes, entries } in buffers.into_iter().chain(last) {
            let buffer = sorted.buffers.len() as u32;
            let entries = entries.into_iter();
            sorted
                .entries
                .extend(entries.map(|(by, start)| (by, buffer, start)));
            sorted.buffers.push(bytes);
        }
        let Sorted { buffers, entries } = &mut sorted;
        let buffers: &[Vec<u8>] = buffers;
        let order = |one: &(u64, u32, u32), two: &(u64, u32, u32)| {
            let key = |entry| entry_at(buffers, entry).1;
            one.0.cmp(&two.0).then_with(|| key(one).cmp(key(two)))
        };
        match workers {
            None => entries.sort_unstable_by(order),
            Some(workers) => workers.run(|| entries.par_sort_unstable_by(order)),
        }
        Ok(sorted)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all keys and values.
    pub(super) fn bytes(&self) -> u64 {
        self.buffers.iter().map(|bytes| bytes.len() as u64).sum()
    }

    pub(super) fn at(&self, index: usize) -> SortedEntry<'_> {
        entry_at(&self.buffers, &self.entries[index])
    }
}

fn entry_at<'a>(buffers: &'a [Vec<u8>], &(by, buffer, start): &(u64, u32, u32)) -> SortedEntry<'a> {
    let bytes = &buffers[buffer as usize][start as usize..];
    let (key, rest) = first_value(bytes);
    (by, key, first_value(rest).0)
}

fn first_value(bytes: &[u8]) -> (&[u8], &[u8]) {
    let length = value_len(bytes).expect("it was read as a value before");
    bytes.split_at(length)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn parts_are_as_large_as_they_must_be_and_few() {
        assert_eq!([0, LEAST - 1, LEAST].map(parts_of), [1, 1, 2]);
        assert_eq!([7 * LEAST, u64::MAX].map(parts_of), [8, 8]);
    }

    #[test]
    fn entries_are_sorted_by_number_and_by_key_wherever_they_come_from() {
        let mut buffers = [Buffer::default(), Buffer::default()];
        buffers[0].add(7, b"\xa1b", b"\x01");
        buffers[1].add(3, b"\xa1c", b"\x92\x02\x03");
        let buffers = buffers.into_iter().map(Buffer::closed).collect();
        let sorted = Sorted::of(buffers, None, |add| {
            add(7, b"\xa1a", b"\x04");
            Ok::<(), Infallible>(())
        });
        let Ok(sorted) = sorted;
        let entries: Vec<_> = (0..sorted.len()).map(|index| sorted.at(index)).collect();
        let expected: [SortedEntry<'_>; 3] = [
            (3, b"\xa1c", b"\x92\x02\x03"),
            (7, b"\xa1a", b"\x04"),
            (7, b"\xa1b", b"\x01"),
        ];
        assert_eq!(entries, expected);
        assert_eq!(sorted.bytes(), 11);
    }
}
