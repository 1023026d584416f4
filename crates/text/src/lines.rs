//! Blocks into lines, by Java's [rule](crate::line_rule).

#![expect(
    unsafe_code,
    reason = "texts are cut out of a block whose bounds the walk keeps"
)]

use crate::block::{Block, data};
use crate::ends::{LineEnds, WINDOW};
use crate::line_rule::{is_pair, is_unfinished, rest_of_pair};
use crate::text::Text;

impl Block {
    /// Gives every line of the block to `each`, without its end. Text behind the last line end
    /// is a line if there is any.
    ///
    /// `skip_newline` says that the bytes before this block ended in `\r`: a `\n` at the start
    /// then belongs to that line end and is passed over.
    #[inline]
    pub fn for_each_line(&self, skip_newline: bool, mut each: impl FnMut(Text)) {
        let _lease = self.lease();
        let header = self.header();
        let base = data(header);
        let bytes = self.as_str().as_bytes();
        let len = bytes.len();
        let mut start = rest_of_pair(bytes, skip_newline);
        // Position `len` counts as a line end if the last line has none, so that it comes out
        // of the same loop.
        let unfinished = is_unfinished(bytes);
        let mut ends = LineEnds::new();
        let mut at = 0;
        while at <= len {
            let inside = (len - at).min(WINDOW);
            // SAFETY: `at + inside <= len`, and more than a mask's width of padding follows.
            unsafe { ends.find(base.add(at), inside) };
            if inside < WINDOW && unfinished {
                ends.push(inside as u16);
            }
            let returns = ends.has_returns();
            for &end in ends.places() {
                let end = at + usize::from(end);
                if end < start {
                    // The `\n` of a `\r\n` that was consumed with its `\r`.
                    continue;
                }
                // SAFETY: `start <= end <= len`, and both stand beside an ASCII character or an
                // end of the block, so the range holds whole characters. The block has a count.
                each(unsafe { Text::slice(header, start, end - start) });
                start = end + 1;
                if returns && is_pair(bytes, end) {
                    start += 1;
                }
            }
            at += WINDOW;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Buffer;
    use crate::fuzz::cut;
    use proptest::prelude::*;

    fn lines(text: &str, skip: bool) -> Vec<String> {
        let mut lines = Vec::new();
        Buffer::from(text)
            .freeze()
            .for_each_line(skip, |line| lines.push(line.as_str().to_owned()));
        lines
    }

    #[test]
    fn every_line_end_counts_once() {
        assert_eq!(
            lines("a\nb\rc\r\nd\r\r\n\n", false),
            ["a", "b", "c", "d", "", ""]
        );
        assert_eq!(lines("", false), Vec::<String>::new());
        assert_eq!(lines("\n", false), [""]);
        assert_eq!(lines("\nx", true), ["x"]);
        assert_eq!(lines("x\n", true), ["x"]);
        assert_eq!(lines("\n", true), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn equals_the_rule(text in "([a-c\u{e9}]{0,40}(\n|\r|\r\n)?){0,12}") {
            prop_assert_eq!(lines(&text, false), cut(&text, false));
        }

        #[test]
        fn equals_the_rule_around_the_mask_width(
            lead in 56_usize..72, end in prop::sample::select(vec!["\n", "\r", "\r\n", "\n\r"]), tail in "[a\r\n]{0,8}",
        ) {
            let text = "x".repeat(lead) + end + &tail;
            prop_assert_eq!(lines(&text, false), cut(&text, false));
        }
    }
}
