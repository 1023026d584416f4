//! A store in the order in which its keys came, without having all of it in memory.
//!
//! The range of places is cut into pieces that fit; for each of them the files are read once, and
//! what is not in the piece is passed over. A piece that turns out to be too long is cut in two.

use std::io::Write;
use std::ops::RangeInclusive;

use millrace_engine::durable::{EntryReader, RawEntry, write_json};
use millrace_engine::error::{Error, Result};
use rayon::prelude::*;

use super::StoreEntry;
use super::find::{decoded, no_value};
use super::overlay::Overlay;
use super::sorted::{Buffer, LEAST, Sorted, parts_of};
use super::view::GenerationView;

/// Entries that a worker makes a text of.
const TOGETHER: usize = 1 << 12;

/// A key and its value as they are written down.
#[derive(Debug, Clone, Copy)]
pub struct RawStoreEntry<'a> {
    /// The key's bytes.
    pub key: &'a [u8],
    /// The value's bytes.
    pub value: &'a [u8],
}

impl RawStoreEntry<'_> {
    /// Writes the key as JSON behind `out`.
    ///
    /// # Errors
    /// If its bytes are no value.
    pub fn key_json(&self, out: &mut Vec<u8>) -> Result<()> {
        write_json(self.key, out).map_err(no_value)
    }

    /// Writes the value as JSON behind `out`.
    ///
    /// # Errors
    /// If its bytes are no value.
    pub fn value_json(&self, out: &mut Vec<u8>) -> Result<()> {
        write_json(self.value, out).map_err(no_value)
    }
}

/// The size of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreSize {
    /// The number of keys; none in a window.
    pub keys: usize,
    /// Bytes of keys and values as they are written; of a window, of all that a recovery reads.
    pub bytes: u64,
}

/// The places up to `last` in so many ranges, or fewer.
fn cut(last: u64, pieces: u64) -> Vec<RangeInclusive<u64>> {
    // The places of a range but its first: every place there is may be in one range.
    let more = last / pieces;
    let start = |piece: u64| {
        let start = u128::from(piece) * (u128::from(more) + 1);
        u64::try_from(start).ok().filter(|&start| start <= last)
    };
    (0..pieces)
        .map_while(start)
        .map(|start| start..=last.min(start.saturating_add(more)))
        .collect()
}

impl GenerationView {
    /// The size of a store.
    ///
    /// # Errors
    /// If it cannot be read any more.
    pub fn size(&self, store: usize) -> Result<StoreSize> {
        let is_window = self.is_window(store);
        let overlay = if is_window {
            None
        } else {
            Some(Overlay::of(self, store)?)
        };
        let shards = self.each_shard(store, |mut entries: EntryReader<'_>| {
            let (mut keys, mut bytes) = (0, 0);
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                let value = kept.map_or(0, |(_, value)| value.len());
                if overlay.as_ref().is_none_or(|overlay| overlay.leaves(key)) {
                    keys += usize::from(!is_window && kept.is_some());
                    bytes += (key.len() + value) as u64;
                }
            }
            Ok((keys, bytes))
        })?;
        let mut size = StoreSize {
            keys: shards.iter().map(|shard| shard.0).sum(),
            bytes: shards.iter().map(|shard| shard.1).sum(),
        };
        match overlay {
            Some(overlay) => {
                size.keys += overlay.live();
                overlay.each_live(self, store, &mut |(_, key, value)| {
                    size.bytes += (key.len() + value.len()) as u64;
                })?;
            }
            None => self.read_log(&mut |section| {
                if section.store as usize == store {
                    size.bytes += section.entries.len() as u64;
                }
                Ok(())
            })?,
        }
        Ok(size)
    }

    /// All keys of a store in the order of their places.
    ///
    /// # Errors
    /// If there is no such store, if it is what a window holds, if a key or a value is not what it
    /// says, or if it cannot be read any more.
    pub fn entries(&self, store: usize) -> Result<Vec<StoreEntry>> {
        let mut all = Vec::new();
        self.pieces(store, &mut |piece| {
            for index in 0..piece.len() {
                let (place, key, value) = piece.at(index);
                all.push(decoded(place, key, value)?);
            }
            Ok(())
        })?;
        Ok(all)
    }

    /// Writes what `render` makes of each entry of a store, in the order of their places. It is
    /// called on several threads, and has to write behind what is there.
    ///
    /// # Errors
    /// As [`entries`](GenerationView::entries), what `render` gives, and if `out` takes no more.
    pub fn render(
        &self,
        store: usize,
        render: &(dyn Fn(RawStoreEntry<'_>, &mut Vec<u8>) -> Result<()> + Sync),
        out: &mut dyn Write,
    ) -> Result<()> {
        self.pieces(store, &mut |piece| {
            let text = |start: usize| {
                let mut text = Vec::new();
                for index in start..piece.len().min(start + TOGETHER) {
                    let (_, key, value) = piece.at(index);
                    render(RawStoreEntry { key, value }, &mut text)?;
                }
                Ok(text)
            };
            let workers = self.executor_if(piece.len() > TOGETHER);
            for together in (0..piece.len()).step_by(16 * TOGETHER) {
                let chunks: Vec<usize> =
                    (together..piece.len()).step_by(TOGETHER).take(16).collect();
                let texts: Result<Vec<Vec<u8>>> = match workers {
                    None => chunks.into_iter().map(text).collect(),
                    Some(workers) => workers.run(|| chunks.into_par_iter().map(text).collect()),
                };
                for text in texts? {
                    out.write_all(&text)
                        .map_err(|error| Error::io("cannot write the result", error))?;
                }
            }
            Ok(())
        })
    }

    fn pieces(&self, store: usize, each: &mut dyn FnMut(&Sorted) -> Result<()>) -> Result<()> {
        self.check_keyed(store)?;
        let overlay = Overlay::of(self, store)?;
        let mut last = 0;
        let places = self.each_shard(store, |mut entries: EntryReader<'_>| {
            let mut last = 0;
            while let Some(entry) = entries.next_raw() {
                let (_, kept): RawEntry<'_> = entry?;
                last = last.max(kept.map_or(0, |(place, _)| place));
            }
            Ok(last)
        })?;
        overlay.each_live(self, store, &mut |(place, _, _)| last = last.max(place))?;
        last = places.into_iter().fold(last, u64::max);
        let pieces = parts_of(self.file_bytes());
        // A piece that holds more than two of those should.
        let most = 2 * (self.file_bytes() / pieces).max(LEAST);
        // The last one first: the next is taken from the end.
        let mut ranges: Vec<RangeInclusive<u64>> = cut(last, pieces);
        ranges.reverse();
        while let Some(range) = ranges.pop() {
            let (start, end) = (*range.start(), *range.end());
            let piece = self.piece(store, &overlay, &range)?;
            if start == end || piece.bytes() <= most {
                each(&piece)?;
            } else {
                let middle = start + (end - start) / 2;
                ranges.extend([middle + 1..=end, start..=middle]);
            }
        }
        Ok(())
    }

    /// The entries of a range of places, in order.
    fn piece(
        &self,
        store: usize,
        overlay: &Overlay,
        range: &RangeInclusive<u64>,
    ) -> Result<Sorted> {
        let shards = self.each_shard(store, |mut entries: EntryReader<'_>| {
            let mut own = Buffer::default();
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                if let Some((place, value)) = kept
                    && range.contains(&place)
                    && overlay.leaves(key)
                {
                    own.add(place, key, value);
                }
            }
            Ok(own.closed())
        })?;
        let workers = self.executor_for(&shards);
        Sorted::of(shards, workers, |add| {
            overlay.each_live(self, store, &mut |(place, key, value)| {
                if range.contains(&place) {
                    add(place, key, value);
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_have_every_place_once(
            last in prop_oneof![0..100_u64, u64::MAX - 100..=u64::MAX, any::<u64>()],
            pieces in 1..50_u64,
        ) {
            let ranges = cut(last, pieces);
            prop_assert!(ranges.len() as u64 <= pieces);
            let mut next = Some(0);
            for range in ranges {
                prop_assert_eq!(Some(*range.start()), next);
                next = range.end().checked_add(1);
            }
            prop_assert_eq!(next, last.checked_add(1));
        }
    }

    #[test]
    fn all_places_are_one_range() {
        assert_eq!(cut(u64::MAX, 1), [0..=u64::MAX]);
    }
}
