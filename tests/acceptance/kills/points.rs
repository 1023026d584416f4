//! Every failpoint there is in the sources: one that is added is in the matrix.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// All names, in order.
pub(super) fn all() -> Vec<String> {
    let mut names = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut rooms: Vec<PathBuf> = ["wal/src", "engine/src", "runtime/src", "millrace/src"]
        .map(|room| crates.join(room))
        .into();
    while let Some(path) = rooms.pop() {
        if path.is_dir() {
            rooms.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        // What defines them, and the list that the engine's own test compares with the code.
        let is_list = path.ends_with("failpoint.rs") || path.ends_with("failpoints.rs");
        let source = fs::read_to_string(&path).unwrap();
        for (at, call) in source.match_indices("failpoint(").filter(|_| !is_list) {
            let name = source[at + call.len()..].strip_prefix('"');
            let name = name.unwrap_or_else(|| {
                panic!("{}: a failpoint without a name of its own", path.display())
            });
            names.insert(name.split('"').next().unwrap().to_owned());
        }
    }
    assert!(
        names.len() > 40,
        "the failpoints are elsewhere now: {names:?}"
    );
    names.into_iter().collect()
}
