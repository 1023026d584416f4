//! The engine's failpoints: one between every two steps that touch the disk. Those of the log
//! itself are in the log's own list.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every failpoint of this crate.
pub(crate) const FAILPOINTS: &[&str] = &[
    "checkpoint.blocks.after-create",
    "checkpoint.blocks.after-directory-sync",
    "checkpoint.commit.after-append",
    "checkpoint.commit.after-sync",
    "checkpoint.commit.before-append",
    "checkpoint.create.after-directory",
    "checkpoint.create.after-directory-sync",
    "checkpoint.create.after-meta",
    "checkpoint.create.before-meta",
    "checkpoint.recover.after-clean",
    "checkpoint.recover.after-load",
    "checkpoint.recover.after-meta",
    "checkpoint.snapshot.after-commit",
    "checkpoint.snapshot.after-release",
    "checkpoint.snapshot.after-remove",
    "checkpoint.snapshot.after-shard",
    "checkpoint.snapshot.before-commit",
    "checkpoint.snapshot.before-release",
    "output.file.after-create",
    "output.file.after-rename",
    "output.file.after-write",
    "output.parts.after-begin",
    "output.parts.after-part",
    "output.parts.after-remove",
    "output.parts.after-rename",
    "output.parts.after-retire",
    "output.parts.after-success",
    "wal.block.after-append",
    "wal.block.after-sync",
    "wal.blocks.after-release",
    "wal.blocks.before-release",
    "wal.cut.after-append",
    "wal.cut.after-sync",
];

fn named_in(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named_in(&path, names);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        // In two pieces, so that this file is not found.
        let call = concat!("failpoint", "(\"");
        for (at, _) in source.match_indices(call) {
            let name = &source[at + call.len()..];
            names.insert(name[..name.find('"').unwrap()].to_owned());
        }
    }
}

#[test]
fn each_name_in_the_code_is_in_the_list_and_the_other_way_round() {
    let mut names = BTreeSet::new();
    named_in(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut names,
    );
    let listed: BTreeSet<String> = FAILPOINTS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names, listed);
    assert!(FAILPOINTS.is_sorted(), "a name is in the wrong place");
}
