//! Runs the bodies of fuzz targets over the inputs in `tests/fuzz/corpus`: what was found once is
//! tried by every `cargo test`. A crate takes this file in by its path.

use std::fs;
use std::path::Path;

/// A name and a body.
type Target<'a> = (&'a str, fn(&[u8]));

/// Runs each body over the corpus of its name.
pub(super) fn run(targets: &[Target<'_>]) {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
    for (name, body) in targets {
        let mut count = 0;
        for entry in fs::read_dir(corpora.join(name)).unwrap() {
            let path = entry.unwrap().path();
            // Shown only if the body fails.
            eprintln!("{}", path.display());
            body(&fs::read(path).unwrap());
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}
