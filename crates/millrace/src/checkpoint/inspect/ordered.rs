//! A store in the order in which its keys came, without having all of it in memory.
//!
//! The range of places is cut into pieces that fit; for each of them the files are read once, and
//! what is not in the piece is passed over. A piece that turns out to be too long is cut in two.

use std::io::Write;
use std::ops::RangeInclusive;

use rayon::prelude::*;

use crate::durable::{EntryReader, RawEntry, write_json};
use crate::error::{Error, Result};

use super::StoreEntry;
use super::find::{decoded, no_value};
use super::overlay::Overlay;
use super::view::GenerationView;

/// Bytes of entries that are in memory at a time, about.
const PIECE: u64 = 12 << 20;

/// Entries that a worker makes a text of.
const TOGETHER: usize = 1 << 12;

/// A key and its value as they are written down.
#[derive(Debug, Clone, Copy)]
pub struct RawStoreEntry<'a> {
    key: &'a [u8],
    value: &'a [u8],
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

/// Entries that live next to each other in memory.
#[derive(Default)]
struct Piece {
    bytes: Vec<u8>,
    /// Place, and where key and value begin and end.
    entries: Vec<(u64, usize, usize, usize)>,
}

impl Piece {
    fn add(&mut self, place: u64, key: &[u8], value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.entries.push((place, start, middle, self.bytes.len()));
    }
}

/// The places up to `last` in so many ranges, or fewer.
fn cut(last: u64, pieces: u64) -> Vec<RangeInclusive<u64>> {
    let step = (last / pieces).saturating_add(1);
    let start = |piece: u64| piece.checked_mul(step).filter(|&start| start <= last);
    (0..pieces)
        .map_while(start)
        .map(|start| start..=last.min(start.saturating_add(step - 1)))
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
            for &(place, key, value, end) in &piece.entries {
                let bytes = &piece.bytes;
                all.push(decoded(place, &bytes[key..value], &bytes[value..end])?);
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
            let text = |entries: &[(u64, usize, usize, usize)]| {
                let mut text = Vec::new();
                for &(_, key, value, end) in entries {
                    let (key, value) = (&piece.bytes[key..value], &piece.bytes[value..end]);
                    render(RawStoreEntry { key, value }, &mut text)?;
                }
                Ok(text)
            };
            let workers = self.executor_if(piece.entries.len() > TOGETHER);
            for together in piece.entries.chunks(16 * TOGETHER) {
                let chunks = together.chunks(TOGETHER);
                let texts: Result<Vec<Vec<u8>>> = match workers {
                    None => chunks.map(text).collect(),
                    Some(workers) => {
                        workers.run(|| together.par_chunks(TOGETHER).map(text).collect())
                    }
                };
                for text in texts? {
                    out.write_all(&text)
                        .map_err(|error| Error::io("cannot write the result", error))?;
                }
            }
            Ok(())
        })
    }

    fn pieces(&self, store: usize, each: &mut dyn FnMut(&Piece) -> Result<()>) -> Result<()> {
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
        let pieces = self.file_bytes() / PIECE + 1;
        // The last one first: the next is taken from the end.
        let mut ranges: Vec<RangeInclusive<u64>> = cut(last, pieces);
        ranges.reverse();
        while let Some(range) = ranges.pop() {
            let (start, end) = (*range.start(), *range.end());
            match self.piece(store, &overlay, &range, start == end)? {
                Some(piece) => each(&piece)?,
                None => {
                    let middle = start + (end - start) / 2;
                    ranges.extend([middle + 1..=end, start..=middle]);
                }
            }
        }
        Ok(())
    }

    /// The entries of a range of places, in order; `None` if they are too many, unless it `must`
    /// be.
    fn piece(
        &self,
        store: usize,
        overlay: &Overlay,
        range: &RangeInclusive<u64>,
        must: bool,
    ) -> Result<Option<Piece>> {
        let parts = self.each_shard(store, |mut entries: EntryReader<'_>| {
            let mut part = Piece::default();
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                if let Some((place, value)) = kept
                    && range.contains(&place)
                    && overlay.leaves(key)
                {
                    part.add(place, key, value);
                }
            }
            Ok(part)
        })?;
        let mut piece = Piece::default();
        for part in parts {
            let start = piece.bytes.len();
            piece.bytes.extend_from_slice(&part.bytes);
            let moved = part.entries.into_iter();
            piece.entries.extend(
                moved.map(|(place, key, value, end)| {
                    (place, start + key, start + value, start + end)
                }),
            );
        }
        overlay.each_live(self, store, &mut |(place, key, value)| {
            if range.contains(&place) {
                piece.add(place, key, value);
            }
        })?;
        if !must && piece.bytes.len() as u64 > 2 * PIECE {
            return Ok(None);
        }
        let Piece { bytes, entries } = &mut piece;
        let order =
            |&(place, key, value, _): &(u64, usize, usize, usize)| (place, &bytes[key..value]);
        entries.sort_unstable_by(|one, two| order(one).cmp(&order(two)));
        Ok(Some(piece))
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
}
