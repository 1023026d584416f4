//! The sixteen-byte string.
//!
//! Up to fifteen bytes of UTF-8 stand inline, zero-padded, with the length in the last byte:
//! equality of words is one 128-bit compare, hashing them two multiplications, cutting them out
//! of a block one masked load. Longer text is a counted slice of its block. The form is
//! canonical (short text is always inline), so an inline text never equals a sliced one.
//!
//! Layout, as two little-endian words `lo` and `hi`; the top byte of `hi` is the tag:
//!
//! | tag | meaning | the rest |
//! |---|---|---|
//! | 0 to 15 | inline, of this length | the bytes, then zeros |
//! | 255 | a slice | `lo`: the header's address, whose low six bits are free and hold the top three bits of offset and length; `hi`: 28 bits of offset, 28 bits of length |

#![expect(
    unsafe_code,
    reason = "a tagged union of inline bytes and a counted slice"
)]

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::MaybeUninit;
use std::ops::{Deref, Range};
use std::ptr::NonNull;

use crate::block::{Buffer, Header, PADDING, data, release, retain};

/// The longest text that stands inline, in bytes.
pub(crate) const INLINE: usize = 15;

const SLICE_TAG: u64 = 0xff;
const LOW_BITS: u32 = 28;
const LOW_MASK: u64 = (1 << LOW_BITS) - 1;

/// `MASKS[n]` keeps the first `n` bytes of a little-endian 16-byte load, `n` up to fifteen.
const MASKS: [[u64; 2]; 16] = {
    let mut masks = [[0; 2]; 16];
    let mut len = 0;
    while len < 16 {
        let mask = (1_u128 << (8 * len)) - 1;
        masks[len] = [mask as u64, (mask >> 64) as u64];
        len += 1;
    }
    masks
};

/// A copy of an inline text, with padding.
pub(crate) type Padded = [u8; 16 + PADDING];

/// An immutable UTF-8 string of sixteen bytes that owns what it shows.
///
/// Up to fifteen bytes stand in the text itself. A longer one is a slice of the block that it was
/// cut out of, and keeps all of that block in memory (a received one is up to a mebibyte, and
/// counts against `millrace.receiver.maxBytesInFlight`) until it is dropped or
/// [detached](Text::detach). The engine detaches what it keeps itself (keys, state, what windows
/// have combined) and what leaves it by an action (`collect`, `take`, `reduce` and the like, or an
/// accumulator). A function that puts a text away by itself, from within `map` or `for_each` say,
/// has to detach it: what is kept so is not free for receivers, and when it comes to the whole
/// budget they stop reading for good.
///
/// It derefs to [`str`], so that everything `str` can do it can do; a method that would borrow
/// from it ([`split`](Text::split), [`split_whitespace`](Text::split_whitespace)) is offered by
/// value as well, so that it can be returned from a closure:
///
/// ```
/// use millrace_text::Text;
/// let words = |line: Text| line.split(" ");
/// let all: Vec<Text> = words(Text::from("to be  or not")).collect();
/// assert_eq!(all, ["to", "be", "", "or", "not"]);
/// ```
#[repr(C)]
pub struct Text {
    lo: u64,
    hi: u64,
}

// SAFETY: inline bytes are plain data; a slice is counted by the protocol of `block`, which
// allows any thread, and what it shows is immutable.
unsafe impl Send for Text {}
// SAFETY: as above.
unsafe impl Sync for Text {}

impl Text {
    /// The empty text.
    pub const EMPTY: Text = Text { lo: 0, hi: 0 };

    /// The text of `len` bytes at `offset` behind `header`.
    ///
    /// # Safety
    /// The range lies within the buffer's contents, holds whole characters of valid UTF-8, and
    /// the caller holds a count of `header`.
    #[inline(always)]
    pub(crate) unsafe fn slice(header: NonNull<Header>, offset: usize, len: usize) -> Text {
        if len <= INLINE {
            // SAFETY: the padding behind every buffer makes sixteen bytes readable.
            unsafe { Text::inline(data(header).add(offset), len) }
        } else {
            // SAFETY: the caller's promise.
            unsafe { Text::counted(header, offset, len) }
        }
    }

    /// # Safety
    /// As [`slice`](Text::slice), and `len` is above [`INLINE`].
    #[inline(always)]
    pub(crate) unsafe fn counted(header: NonNull<Header>, offset: usize, len: usize) -> Text {
        // SAFETY: the caller holds a count.
        unsafe { retain(header) };
        let (offset, len) = (offset as u64, len as u64);
        Text {
            lo: header.as_ptr().expose_provenance() as u64
                | (offset >> LOW_BITS) << 3
                | len >> LOW_BITS,
            hi: SLICE_TAG << 56 | (offset & LOW_MASK) << LOW_BITS | len & LOW_MASK,
        }
    }

    /// The inline text of the `len` bytes at `at`.
    ///
    /// # Safety
    /// Sixteen bytes at `at` are readable; the first `len`, at most [`INLINE`], are valid UTF-8.
    #[inline(always)]
    pub(crate) unsafe fn inline(at: *const u8, len: usize) -> Text {
        debug_assert!(len <= INLINE);
        // SAFETY: sixteen readable bytes; the reads are unaligned.
        let words = unsafe { at.cast::<[u64; 2]>().read_unaligned() };
        // SAFETY: `len` is at most 15.
        let mask = unsafe { MASKS.get_unchecked(len) };
        Text {
            lo: words[0] & mask[0],
            hi: words[1] & mask[1] | (len as u64) << 56,
        }
    }

    /// The text of one ASCII character.
    #[inline(always)]
    pub(crate) fn of_ascii(character: u8) -> Text {
        debug_assert!(character.is_ascii());
        Text {
            lo: u64::from(character),
            hi: 1 << 56,
        }
    }

    #[inline(always)]
    fn raw(&self) -> u128 {
        u128::from(self.hi) << 64 | u128::from(self.lo)
    }

    #[inline(always)]
    pub(crate) fn is_slice(&self) -> bool {
        self.hi >> 56 == SLICE_TAG
    }

    /// Header, offset and length of a text that is a slice.
    #[inline(always)]
    pub(crate) fn parts(&self) -> (NonNull<Header>, usize, usize) {
        debug_assert!(self.is_slice());
        let address = (self.lo & !63) as usize;
        // SAFETY: it was the address of a header when the slice was made, so it is not null.
        let header = unsafe {
            NonNull::new_unchecked(std::ptr::with_exposed_provenance_mut::<Header>(address))
        };
        let offset = (self.lo >> 3 & 7) << LOW_BITS | self.hi >> LOW_BITS & LOW_MASK;
        let len = (self.lo & 7) << LOW_BITS | self.hi & LOW_MASK;
        (header, offset as usize, len as usize)
    }

    /// The text as a string slice.
    #[inline]
    pub fn as_str(&self) -> &str {
        let bytes = if self.is_slice() {
            let (header, offset, len) = self.parts();
            // SAFETY: the range is within the block, which this text's count keeps alive.
            unsafe { std::slice::from_raw_parts(data(header).add(offset), len) }
        } else {
            let len = (self.hi >> 56) as usize;
            // SAFETY: `repr(C)` and little-endian: the first `len <= 15` bytes are the text.
            unsafe { std::slice::from_raw_parts(std::ptr::from_ref(self).cast::<u8>(), len) }
        };
        // SAFETY: every constructor is given valid UTF-8.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    /// The same text, holding no count of a block that is larger than itself, or that has to come
    /// back to where it was lent.
    ///
    /// Text that outlives its batch (keys, state, windows) is detached, so that a word cannot
    /// keep a megabyte alive. Inline texts are returned as they are.
    #[inline]
    #[must_use]
    pub fn detach(self) -> Text {
        if self.is_slice() {
            self.detach_slice()
        } else {
            self
        }
    }

    #[cold]
    fn detach_slice(self) -> Text {
        let (header, _, len) = self.parts();
        // SAFETY: this text's count keeps the header alive.
        let block = unsafe { header.as_ref() };
        if block.capacity() == len && !block.is_lent() {
            self
        } else {
            Text::from(self.as_str())
        }
    }

    /// The part of this text in `range`, sharing its block.
    ///
    /// # Panics
    /// If the range is not one of whole characters within the text, as `&text[range]` would.
    #[must_use]
    pub fn substring(&self, range: Range<usize>) -> Text {
        let part = &self[range.clone()];
        if part.len() <= INLINE {
            return Text::from(part);
        }
        let (header, offset, _) = self.parts();
        // SAFETY: indexing has checked the range; this text holds a count.
        unsafe { Text::counted(header, offset + range.start, part.len()) }
    }

    /// The bytes of the text with [`PADDING`] more that are readable behind them, and how many are
    /// the text; `room` holds a copy of inline bytes.
    #[inline(always)]
    pub(crate) fn padded<'a>(&'a self, room: &'a mut MaybeUninit<Padded>) -> (*const u8, usize) {
        if self.is_slice() {
            let (header, offset, len) = self.parts();
            // SAFETY: within the block.
            (unsafe { data(header).add(offset) }, len)
        } else {
            let room = room.write([0; 16 + PADDING]);
            room[..8].copy_from_slice(&self.lo.to_le_bytes());
            room[8..16].copy_from_slice(&self.hi.to_le_bytes());
            (room.as_ptr(), (self.hi >> 56) as usize)
        }
    }
}

thread_local! {
    static DETACHING: Cell<bool> = const { Cell::new(false) };
}

/// True if [`detached`] has anything to do for a `T`: a type without a destructor holds no text,
/// and neither does a `String`.
#[inline]
pub fn can_hold_text<T: 'static>() -> bool {
    std::mem::needs_drop::<T>() && TypeId::of::<T>() != TypeId::of::<String>()
}

/// A copy of `value` in which every [`Text`], however deep inside, is [detached](Text::detach).
///
/// It works through `Clone`: while it runs, cloning a text on this thread copies the bytes. A
/// type that keeps texts out of reach of its `clone` (behind an `Arc`, say) keeps their blocks.
/// A value that [cannot hold a text](can_hold_text) is given back as it is; all else pays for a
/// clone.
#[inline]
pub fn detached<T: Clone + 'static>(mut value: T) -> T {
    if !can_hold_text::<T>() {
        return value;
    }
    let any: &mut dyn Any = &mut value;
    if let Some(text) = any.downcast_mut::<Text>() {
        if text.is_slice() {
            *text = std::mem::take(text).detach();
        }
        return value;
    }
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            DETACHING.set(self.0);
        }
    }
    let _restore = Restore(DETACHING.replace(true));
    value.clone()
}

impl Clone for Text {
    #[inline]
    fn clone(&self) -> Text {
        if self.is_slice() {
            if DETACHING.get() {
                return Text::from(self.as_str());
            }
            // SAFETY: this text holds a count.
            unsafe { retain(self.parts().0) };
        }
        Text {
            lo: self.lo,
            hi: self.hi,
        }
    }
}

impl Drop for Text {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_slice() {
            // SAFETY: this text's own count, not used again.
            unsafe { release(self.parts().0) };
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        if text.len() <= INLINE {
            let mut bytes = [0; 16];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            // SAFETY: sixteen readable bytes, the first `len` of them from a str.
            unsafe { Text::inline(bytes.as_ptr(), text.len()) }
        } else {
            Buffer::from(text).freeze().to_text()
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::from(text.as_str())
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Text {
        Text::from(text.as_str())
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Text {
        Text::from(text.as_ref())
    }
}

impl From<char> for Text {
    fn from(character: char) -> Text {
        Text::from(&*character.encode_utf8(&mut [0; 4]))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.as_str().to_owned()
    }
}

impl FromIterator<char> for Text {
    fn from_iter<I: IntoIterator<Item = char>>(characters: I) -> Text {
        Text::from(String::from_iter(characters))
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::EMPTY
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Text {
    #[inline(always)]
    fn eq(&self, other: &Text) -> bool {
        self.raw() == other.raw() || self.is_slice() && other.is_slice() && same(self, other)
    }
}

#[cold]
fn same(one: &Text, other: &Text) -> bool {
    one.as_str() == other.as_str()
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<Text> for &str {
    fn eq(&self, other: &Text) -> bool {
        *self == other.as_str()
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Text) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Text) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    /// Inline text hashes as one 128-bit number. This is not the hash of the same `str`, so a
    /// `Text` is not `Borrow<str>`.
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.is_slice() {
            self.as_str().hash(state);
        } else {
            state.write_u128(self.raw());
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}
