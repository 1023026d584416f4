//! Cutting entries that are too many for one frame of a log or snapshot.

use super::entry::EntryReader;

/// An entry that is longer than a piece may be, by its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong(pub usize);

/// Entries in pieces of at most `most` bytes, each of whole entries.
pub fn pieces(entries: &[u8], most: usize) -> Result<Vec<&[u8]>, TooLong> {
    if entries.len() <= most {
        return Ok(vec![entries]);
    }
    let (mut pieces, mut start, mut end) = (Vec::new(), 0, 0);
    let mut reader = EntryReader::new(entries);
    // The entries were written by this process.
    while let Some(Ok(_)) = reader.next_raw() {
        let next = entries.len() - reader.remaining();
        if next - end > most {
            return Err(TooLong(next - end));
        }
        if next - start > most {
            pieces.push(&entries[start..end]);
            start = end;
        }
        end = next;
    }
    pieces.push(&entries[start..]);
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{put, remove};
    use super::*;

    proptest! {
        /// No entry is cut, lost or moved, and no piece is too long or shorter than need be.
        #[test]
        fn pieces_are_whole_entries_in_order(
            kept in prop::collection::vec((".{0,9}", prop::option::of(".{0,9}")), 1..30),
            most in 1_usize..200,
        ) {
            let (mut entries, mut ends) = (Vec::new(), vec![0]);
            for (key, value) in &kept {
                match value {
                    Some(value) => put(&mut entries, key, 1, value).unwrap(),
                    None => remove(&mut entries, key).unwrap(),
                }
                ends.push(entries.len());
            }
            let too_long = ends.windows(2).map(|two| two[1] - two[0]).find(|len| *len > most);
            match pieces(&entries, most) {
                Err(TooLong(length)) => prop_assert_eq!(Some(length), too_long),
                Ok(pieces) => {
                    prop_assert_eq!(too_long, None);
                    prop_assert_eq!(&pieces.concat(), &entries);
                    let mut end = 0;
                    for piece in &pieces {
                        prop_assert!((1..=most).contains(&piece.len()));
                        end += piece.len();
                        prop_assert!(ends.contains(&end));
                    }
                    let two = pieces.windows(2).map(|two| two[0].len() + two[1].len());
                    // An entry of the second one did not fit into the first.
                    prop_assert!(two.min().is_none_or(|least| least > most));
                }
            }
        }
    }
}
