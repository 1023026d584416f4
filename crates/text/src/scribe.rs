//! Many texts in few blocks, for a source that is handed them one by one.
//!
//! A text of its own block costs an allocation, which is most of what a record costs that is read
//! and dropped. So a source writes them one behind the other into a block that it fills up, and
//! each is a slice of it.
//!
//! The block is shared while it is being written. That is sound because nobody reads what is
//! still to be written: a text reads its own bytes and at most [`PADDING`] behind them, and the
//! next text begins behind those.

#![expect(
    unsafe_code,
    reason = "a block is written to behind the texts that it has"
)]

use std::cell::RefCell;
use std::fmt;
use std::ptr;

use crate::Text;
use crate::block::{Block, Buffer, HeldLease, PADDING, data};
use crate::text::INLINE;

/// The bytes of a block. A text that is kept keeps all of them.
const BLOCK: usize = 16 << 10;
/// A longer text has a block of its own.
const LONG: usize = BLOCK / 4;

/// Writes texts into blocks of 16 KiB. It stays on its thread.
///
/// ```
/// let scribe = millrace_text::Scribe::default();
/// let lines: Vec<_> = ["a line", "another line, which is longer"].map(|line| scribe.text(line)).into();
/// drop(scribe);
/// assert_eq!(lines, ["a line", "another line, which is longer"]);
/// ```
#[derive(Default)]
pub struct Scribe {
    page: RefCell<Option<Page>>,
}

/// The block that is being filled.
struct Page {
    lease: HeldLease,
    /// The bytes that texts may read.
    used: usize,
}

impl Scribe {
    /// The text of these characters: a slice of the block that is being filled, unless it is so
    /// short that it needs none or so long that it has one alone.
    pub fn text(&self, text: &str) -> Text {
        if text.len() <= INLINE || text.len() > LONG {
            return Text::from(text);
        }
        let mut page = self.page.borrow_mut();
        let fits = |page: &Page| page.used + text.len() <= BLOCK;
        let page = match page.take_if(|page| !fits(page)) {
            None => page.get_or_insert_with(Page::new),
            Some(_) => page.insert(Page::new()),
        };
        page.write(text)
    }
}

impl Page {
    fn new() -> Page {
        let block: Block = Buffer::with_capacity(BLOCK).freeze();
        Page {
            lease: HeldLease::new(block),
            used: 0,
        }
    }

    fn write(&mut self, text: &str) -> Text {
        let (header, at) = (self.lease.block().header(), self.used);
        self.used += text.len() + PADDING;
        // SAFETY: the text fits, as the caller has seen; nobody reads what is behind `at`, and
        // only this page writes to the block.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), data(header).add(at), text.len()) };
        // SAFETY: the range was written just now, with whole characters, and is longer than an
        // inline text; the page's block holds a count.
        unsafe { Text::counted(header, at, text.len()) }
    }
}

impl fmt::Debug for Scribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scribe").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_was_written_whatever_their_lengths_are() {
        let scribe = Scribe::default();
        let all: Vec<String> = (0..3_000)
            .map(|number: usize| "é".repeat(number % 2_100) + &number.to_string())
            .collect();
        let texts: Vec<Text> = all.iter().map(|text| scribe.text(text)).collect();
        assert!(
            texts
                .iter()
                .zip(&all)
                .all(|(text, of)| *text == of.as_str())
        );
        // They outlive it, on any thread.
        drop(scribe);
        let words = std::thread::spawn(move || {
            let words = texts.into_iter().flat_map(|text| text.split("é"));
            words.filter(|word| !word.is_empty()).count()
        });
        assert_eq!(words.join().unwrap(), all.len());
    }

    #[test]
    fn a_block_is_written_to_while_others_read_it() {
        let scribe = Scribe::default();
        let (send, receive) = std::sync::mpsc::channel::<Text>();
        let reader = std::thread::spawn(move || {
            let texts = receive.iter();
            texts
                .flat_map(|text| text.split(" "))
                .filter(|word| *word == "word")
                .count()
        });
        for _ in 0..500 {
            send.send(scribe.text("word and another word")).unwrap();
        }
        drop(send);
        assert_eq!(reader.join().unwrap(), 1_000);
    }
}
