//! Bodies of fuzz targets whose subjects are private to the engine. The tests here run them over
//! the corpora in `tests/fuzz/corpus`.

/// A pattern of directories, a line end, and a name.
pub fn globs(data: &[u8]) {
    crate::source::fuzz_globs(data);
}

/// Values and entries as a checkpoint holds them, in MessagePack.
pub fn message_pack(data: &[u8]) {
    crate::durable::fuzz_message_pack(data);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_corpora_are_read() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
        let targets = [
            ("globs", super::globs as fn(&[u8])),
            ("message_pack", super::message_pack),
        ];
        for (name, body) in targets {
            let mut count = 0;
            for entry in fs::read_dir(corpora.join(name)).unwrap() {
                let path = entry.unwrap().path();
                eprintln!("{}", path.display());
                body(&fs::read(path).unwrap());
                count += 1;
            }
            assert!(count > 0, "{name} has no corpus");
        }
    }
}
