//! The list of failpoints is the list of failpoints.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use millrace_wal::FAILPOINTS;

/// Every name that is passed to a failpoint in the sources.
fn named_in(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named_in(&path, names);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for (at, call) in source.match_indices("failpoint(\"") {
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
    assert_eq!(listed.len(), FAILPOINTS.len(), "a name is listed twice");
    assert!(
        FAILPOINTS.is_sorted_by_key(|name| name.split('.').next()),
        "rooms are mixed"
    );
}
