//! Every public operator, source and action has a runnable example, an entry on the page that
//! lists them, and a test that calls it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Where the public functions are that programs are made of.
const ROOMS: [&str; 4] = ["src/dstream", "src/rdd", "src/keyed", "src/context"];

/// Not operators: they describe, or configure, and are spoken of where they are used.
const OPTIONS: [&str; 4] = [
    "state_options.rs",
    "state_spec.rs",
    "print_options.rs",
    "file_options.rs",
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The public functions of a file, each with its documentation.
fn functions(text: &str) -> Vec<(String, String)> {
    let (mut functions, mut docs) = (Vec::new(), String::new());
    for line in text.lines().map(str::trim_start) {
        if let Some(doc) = line.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
        } else if let Some(rest) = line.strip_prefix("pub fn ") {
            let name: String = rest
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            functions.push((name, std::mem::take(&mut docs)));
        } else if !line.starts_with("#[") && !line.is_empty() {
            docs.clear();
        }
    }
    functions
}

#[test]
fn every_operator_has_an_example_an_entry_and_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../../docs/OPERATORS.md")).unwrap();
    let mut files = Vec::new();
    for room in ROOMS {
        sources(&root.join(room), &mut files);
    }
    let (mut tests, mut called) = (Vec::new(), String::new());
    for tested in ["tests", "../../tests"] {
        sources(&root.join(tested), &mut tests);
    }
    for test in tests {
        called.push_str(&fs::read_to_string(test).unwrap());
    }
    let (mut missing, mut count) = (Vec::new(), 0);
    for file in files {
        if OPTIONS.iter().any(|options| file.ends_with(options)) {
            continue;
        }
        for (name, docs) in functions(&fs::read_to_string(&file).unwrap()) {
            count += 1;
            let named = |mark: &str| page.contains(&format!("`{name}{mark}"));
            if !docs.contains("```") {
                missing.push(format!("{name}: no example in {}", file.display()));
            }
            let calls = [
                format!(".{name}("),
                format!(".{name}::<"),
                format!("::{name}("),
            ];
            if !calls.iter().any(|call| called.contains(call)) {
                missing.push(format!("{name}: no test calls it"));
            }
            let is_listed = page.contains(&format!("::{name}("));
            if !is_listed && !["`", "("].iter().any(|mark| named(mark)) {
                missing.push(format!("{name}: no entry in docs/OPERATORS.md"));
            }
        }
    }
    assert!(count > 100, "the functions are found");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
