//! Bodies of fuzz targets whose subjects are private to the engine. The tests here run them over
//! the corpora in `tests/fuzz/corpus`.

/// Values and entries as a checkpoint holds them, in MessagePack.
pub fn message_pack(data: &[u8]) {
    crate::durable::fuzz_message_pack(data);
}

#[cfg(test)]
#[path = "../../../tests/fuzz/corpora.rs"]
mod corpora;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpora_are_read() {
        super::corpora::run(&[("message_pack", message_pack)]);
    }
}
