//! The bytes that texts are slices of.
//!
//! A receiver fills a [`Buffer`], which it owns alone. Sealed, it becomes a [`Block`]: checked
//! UTF-8, immutable, counted. A long [`Text`](crate::Text) holds one count of its block.
//!
//! A line of text is made and dropped within one task, so two atomic operations a line would be
//! most of what a line costs. The count is therefore *biased*: the thread that works on a block
//! takes a [`Lease`] on it and counts in a plain cell; every other thread uses the atomic count.
//! The protocol, which the unsafe code below relies on:
//!
//! 1. `owner` is zero or the token of the one thread that holds the lease. Only that thread
//!    writes its own token, by compare-and-swap from zero, and only it writes zero again.
//! 2. `local` is touched only by a thread that reads its own token in `owner`.
//! 3. While the lease is held `shared` carries `BIAS` more than its counts, so that it cannot
//!    reach zero however many slices other threads drop.
//! 4. Ending the lease adds `local - BIAS` to `shared` in one operation. The thread that makes
//!    `shared` zero frees the memory: at that moment nothing refers to it.
//!
//! Memory law: behind the last byte there are [`PADDING`] readable bytes, so that masks and
//! short words can be loaded whole at any position.

#![expect(
    unsafe_code,
    reason = "one allocation holds header, bytes and padding, and is shared by count"
)]

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::Text;
use crate::count::{AtomicIsize, AtomicUsize, fence, token};
use crate::ends::SPAN;

/// Readable bytes behind the last byte of every buffer.
pub(crate) const PADDING: usize = SPAN;

/// Added to `shared` while a lease is held; larger than any number of texts in memory.
const BIAS: isize = 1 << 60;

/// The most bytes that one buffer can hold: a [`Text`] has 31 bits for a position.
const MAX_CAPACITY: usize = (1 << 31) - 1;

#[repr(C, align(64))]
pub(crate) struct Header {
    shared: AtomicIsize,
    owner: AtomicUsize,
    local: UnsafeCell<isize>,
    capacity: usize,
    len: usize,
    host: Option<Arc<dyn BufferHost>>,
}

#[cfg(not(all(test, shuttle)))]
const _: () = assert!(size_of::<Header>() == 64);

impl Header {
    fn layout(capacity: usize) -> Layout {
        Layout::from_size_align(
            size_of::<Header>() + capacity + PADDING,
            align_of::<Header>(),
        )
        .expect("a capacity below 2 GiB has a layout")
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// True if somebody waits for the block to come back.
    pub(crate) fn is_lent(&self) -> bool {
        self.host.is_some()
    }

    fn allocate(capacity: usize) -> NonNull<Header> {
        assert!(capacity <= MAX_CAPACITY, "a buffer holds less than 2 GiB");
        let layout = Header::layout(capacity);
        // SAFETY: the layout is never of size zero.
        let raw = unsafe { alloc_zeroed(layout) }.cast::<Header>();
        let Some(header) = NonNull::new(raw) else {
            handle_alloc_error(layout)
        };
        // SAFETY: freshly allocated for this layout, aligned for Header, and not yet shared.
        unsafe {
            header.write(Header {
                shared: AtomicIsize::new(1),
                owner: AtomicUsize::new(0),
                local: UnsafeCell::new(0),
                capacity,
                len: 0,
                host: None,
            });
        }
        header
    }
}

/// The first byte of the data behind a header.
#[inline]
pub(crate) fn data(header: NonNull<Header>) -> *mut u8 {
    // SAFETY: every header is followed by `capacity + PADDING` bytes of the same allocation.
    unsafe { header.as_ptr().cast::<u8>().add(size_of::<Header>()) }
}

/// Adds one count.
///
/// # Safety
/// The caller holds a count of `header`.
#[inline]
pub(crate) unsafe fn retain(header: NonNull<Header>) {
    // SAFETY: the caller's count keeps the header alive.
    let head = unsafe { header.as_ref() };
    if head.owner.load(Ordering::Relaxed) == token() {
        // SAFETY: rule 2: this thread's token is in `owner`.
        unsafe { *head.local.get() += 1 };
    } else {
        head.shared.fetch_add(1, Ordering::Relaxed);
    }
}

/// Gives one count back, and the memory with it if it was the last.
///
/// # Safety
/// The caller holds a count of `header` and does not use it again.
#[inline]
pub(crate) unsafe fn release(header: NonNull<Header>) {
    // SAFETY: the caller's count keeps the header alive.
    let head = unsafe { header.as_ref() };
    if head.owner.load(Ordering::Relaxed) == token() {
        // SAFETY: rule 2: this thread's token is in `owner`.
        unsafe { *head.local.get() -= 1 };
    } else {
        // SAFETY: the count that is given back is the caller's.
        unsafe { settle(header, -1) };
    }
}

/// Adds `change` to the shared count and frees the memory if nothing is left.
///
/// # Safety
/// `change` accounts for counts that the caller holds and does not use again.
#[cold]
#[inline(never)]
unsafe fn settle(header: NonNull<Header>, change: isize) {
    // SAFETY: the counts that are given back keep the header alive up to here.
    let head = unsafe { header.as_ref() };
    if head.shared.fetch_add(change, Ordering::Release) + change != 0 {
        return;
    }
    fence(Ordering::Acquire);
    // The count was the last one, so this is the buffer's only owner again.
    drop(Buffer { header });
}

/// The place that a buffer returns to, to be used again, when the last slice of it is gone.
pub trait BufferHost: Send + Sync {
    /// Takes back a buffer, whatever its contents. May be called on any thread.
    fn retire(&self, buffer: Buffer);
}

/// Bytes that are being received: one owner, a fixed capacity, zeroed at first.
pub struct Buffer {
    header: NonNull<Header>,
}

// SAFETY: a Buffer is the only owner of its memory; the host inside is Send and Sync.
unsafe impl Send for Buffer {}
// SAFETY: `&Buffer` only reads.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// Makes an empty buffer for `capacity` bytes.
    ///
    /// # Panics
    /// If `capacity` is 2 GiB or more, or memory runs out.
    pub fn with_capacity(capacity: usize) -> Buffer {
        Buffer {
            header: Header::allocate(capacity),
        }
    }

    fn head(&self) -> &Header {
        // SAFETY: the header lives as long as its only owner.
        unsafe { self.header.as_ref() }
    }

    fn head_mut(&mut self) -> &mut Header {
        // SAFETY: as above, and nothing else refers to it.
        unsafe { self.header.as_mut() }
    }

    /// Names who gets this buffer back when the last slice of it is gone.
    pub fn set_host(&mut self, host: Arc<dyn BufferHost>) {
        self.head_mut().host = Some(host);
    }

    /// The number of bytes that fit, in all.
    pub fn capacity(&self) -> usize {
        self.head().capacity
    }

    /// The number of bytes in the buffer.
    pub fn len(&self) -> usize {
        self.head().len
    }

    /// True if no bytes are in the buffer.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes in it.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `len <= capacity` bytes behind the header are initialised (zeroed or written).
        unsafe { std::slice::from_raw_parts(data(self.header), self.len()) }
    }

    /// The room behind them, to be read into and then [`commit`](Buffer::commit)ted.
    pub fn spare_mut(&mut self) -> &mut [u8] {
        let (len, capacity) = (self.len(), self.capacity());
        // SAFETY: the bytes up to `capacity` are initialised, and `&mut self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(data(self.header).add(len), capacity - len) }
    }

    /// Takes the first `count` spare bytes into the contents.
    ///
    /// # Panics
    /// If there are fewer spare bytes than that.
    pub fn commit(&mut self, count: usize) {
        let len = self.len() + count;
        assert!(
            len <= self.capacity(),
            "committed more than there is room for"
        );
        self.head_mut().len = len;
    }

    /// Copies the contents from `range` to `to`, as `slice::copy_within` does.
    ///
    /// # Panics
    /// If source or target are not within the contents.
    pub fn copy_within(&mut self, range: std::ops::Range<usize>, to: usize) {
        let len = self.len();
        // SAFETY: `len` initialised bytes, and `&mut self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(data(self.header), len) }.copy_within(range, to);
    }

    /// Shortens the contents to `len` bytes; does nothing if they are shorter.
    pub fn truncate(&mut self, len: usize) {
        let head = self.head_mut();
        head.len = head.len.min(len);
    }

    /// Appends `bytes`.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.spare_mut()[..bytes.len()].copy_from_slice(bytes);
        self.commit(bytes.len());
    }

    /// Makes an immutable block of it. Malformed UTF-8 is replaced as Java's decoder does it
    /// (see [`crate::java::decode_lossy`]); then the block is a new allocation and the buffer
    /// goes back to its host at once.
    pub fn freeze(self) -> Block {
        // Most text is ASCII, which is known several times as fast as that it is UTF-8.
        if self.as_slice().is_ascii() || std::str::from_utf8(self.as_slice()).is_ok() {
            return self.into_block();
        }
        let text = crate::java::decode_lossy(self.as_slice());
        let mut whole = Buffer::with_capacity(text.len());
        whole.extend_from_slice(text.as_bytes());
        whole.into_block()
    }

    fn into_block(self) -> Block {
        let header = self.header;
        std::mem::forget(self);
        Block { header }
    }
}

impl From<&str> for Buffer {
    fn from(text: &str) -> Buffer {
        let mut buffer = Buffer::with_capacity(text.len());
        buffer.extend_from_slice(text.as_bytes());
        buffer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(host) = self.head_mut().host.take() {
            let head = self.head_mut();
            head.len = 0;
            head.shared = AtomicIsize::new(1);
            *head.local.get_mut() = 0;
            // The count and the memory move into the new value; this one forgets them below.
            host.retire(Buffer {
                header: self.header,
            });
            return;
        }
        let layout = Header::layout(self.capacity());
        // SAFETY: this is the only owner; the memory came from `allocate` with this layout and
        // `host`, the one field that owns something, is empty.
        unsafe { std::alloc::dealloc(self.header.as_ptr().cast(), layout) };
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish()
    }
}

/// Sealed bytes: valid UTF-8, immutable, shared by count.
pub struct Block {
    header: NonNull<Header>,
}

// SAFETY: the contents are immutable and the count follows the protocol of the module head.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    pub(crate) fn header(&self) -> NonNull<Header> {
        self.header
    }

    /// The text of the whole block.
    pub fn as_str(&self) -> &str {
        // SAFETY: `freeze` let only valid UTF-8 through, and nothing writes to a block.
        unsafe {
            let len = self.header.as_ref().len;
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(data(self.header), len))
        }
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.as_str().len()
    }

    /// True if the block has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole block as one text.
    pub fn to_text(&self) -> Text {
        let len = self.len();
        // SAFETY: the range is the whole block, which is a range of characters.
        unsafe { Text::slice(self.header, 0, len) }
    }

    /// Takes the lease, if nobody has it.
    fn take_lease(&self) -> bool {
        // SAFETY: the block holds a count.
        let head = unsafe { self.header.as_ref() };
        let taken = head
            .owner
            .compare_exchange(0, token(), Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if taken {
            head.shared.fetch_add(BIAS, Ordering::Relaxed);
        }
        taken
    }

    /// Ends the lease.
    ///
    /// # Safety
    /// This thread has taken it.
    unsafe fn end_lease(&self) {
        // SAFETY: the block holds a count.
        let head = unsafe { self.header.as_ref() };
        // SAFETY: rule 2: this thread took the lease, so its token is in `owner`.
        let local = unsafe { std::mem::take(&mut *head.local.get()) };
        head.owner.store(0, Ordering::Release);
        // SAFETY: `local` are counts that this thread took or gave back under the lease. The
        // block's own count is not among them, so zero cannot be reached here.
        unsafe { settle(self.header, local - BIAS) };
    }

    /// Makes this thread count its texts of this block without atomic operations, if no other
    /// thread does so already. Nothing else changes.
    pub(crate) fn lease(&self) -> Lease<'_> {
        let taken = self.take_lease();
        Lease {
            block: self,
            taken,
            not_send: PhantomData,
        }
    }
}

impl Clone for Block {
    fn clone(&self) -> Block {
        // SAFETY: this block holds a count.
        unsafe { retain(self.header) };
        Block {
            header: self.header,
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: this block's own count, not used again.
        unsafe { release(self.header) };
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block").field("len", &self.len()).finish()
    }
}

/// The right of one thread to count texts of one block in a plain cell; see the module head.
/// Not `Send`: it ends on the thread that took it.
pub(crate) struct Lease<'a> {
    block: &'a Block,
    taken: bool,
    not_send: PhantomData<*const ()>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if self.taken {
            // SAFETY: a lease stays on the thread that took it.
            unsafe { self.block.end_lease() };
        }
    }
}

/// A block and the lease on it. Not `Send`: it ends on the thread that took it.
pub(crate) struct HeldLease {
    block: Block,
    taken: bool,
    not_send: PhantomData<*const ()>,
}

impl HeldLease {
    pub(crate) fn new(block: Block) -> HeldLease {
        HeldLease {
            taken: block.take_lease(),
            block,
            not_send: PhantomData,
        }
    }

    pub(crate) fn block(&self) -> &Block {
        &self.block
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        if self.taken {
            // SAFETY: a lease stays on the thread that took it.
            unsafe { self.block.end_lease() };
        }
    }
}

#[cfg(test)]
mod tests;
