//! Bytes that a test sends by hand.

use super::StreamingContext;

impl StreamingContext {
    /// Receives bytes by hand on the first stream, which has no address: a test is the sender.
    /// Cuts a block after every `block_bytes` bytes.
    pub(crate) fn feed(&self, bytes: &[u8], block_bytes: usize) {
        let Some(engine) = self.parts.lock().engine.clone() else {
            return;
        };
        let Some(blocks) = engine.receivers[0].fed() else {
            return;
        };
        let mut since_cut = 0;
        let mut rest = bytes;
        while !rest.is_empty() {
            let filled = blocks.fill(|spare| {
                let count = rest.len().min(spare.len()).min(block_bytes - since_cut);
                spare[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            });
            let Ok(count) = filled else { return };
            rest = &rest[count..];
            since_cut += count;
            if since_cut == block_bytes {
                blocks.seal();
                since_cut = 0;
            }
        }
    }
}
