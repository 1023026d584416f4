//! Every public operator, source, action and option has an example that runs, a row on the page
//! that lists them, and a test that calls it.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the public functions that programs are made of.
const ROOMS: [&str; 10] = [
    "millrace/src/dstream",
    "engine/src/rdd",
    "engine/src/keyed",
    "runtime/src/files",
    "millrace/src/context",
    "runtime/src/source",
    "runtime/src/receiver",
    "engine/src/shared",
    "runtime/src/listener",
    "engine/src/partition",
];

/// The heading of the page under which the functions of an `Rdd` stand.
const RDD_ROWS: &str = "### What an `Rdd` can";

/// Types whose functions a row names without them, outside of [`RDD_ROWS`]; and no type.
const UNNAMED: [&str; 4] = ["DStream", "MapWithStateDStream", "StreamingContext", ""];

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

fn word(text: &str) -> String {
    text.chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect()
}

/// A public function with the type that it is of, if it is of one, and what is written of it and of
/// its type.
struct Function {
    of: String,
    name: String,
    docs: String,
    type_docs: String,
}

/// The type that `impl<...> Trait for Type<...> {` is about.
fn implemented(line: &str) -> String {
    let (mut depth, mut bare) = (0, String::new());
    // What stands in angle brackets is not looked at; an arrow is no bracket.
    for letter in line.replace("->", "").chars() {
        match letter {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth == 0 => bare.push(letter),
            _ => {}
        }
    }
    let bare = bare.trim_start_matches("impl").trim();
    word(bare.rsplit(" for ").next().unwrap().trim())
}

/// The public functions of a file.
fn functions(text: &str) -> Vec<Function> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let (mut functions, mut docs, mut of) = (Vec::new(), String::new(), String::new());
    let (mut types, mut within_attribute) = (Vec::new(), false);
    let mut is_hidden = false;
    for line in text.lines() {
        let bare = line.trim_start();
        if within_attribute || bare.starts_with("#[") {
            within_attribute = !bare.ends_with(']');
            is_hidden |= bare == "#[doc(hidden)]";
            continue;
        }
        if let Some(doc) = bare.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
            continue;
        }
        if line.starts_with("impl") {
            of = implemented(line);
        } else if line.starts_with('}') {
            of.clear();
        }
        let signature = bare.strip_prefix("pub ");
        if let Some(rest) = signature.and_then(|rest| rest.strip_prefix("struct ")) {
            types.push((word(rest), std::mem::take(&mut docs)));
        }
        let rest = signature.map(|rest| rest.trim_start_matches("const "));
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix("fn "))
            && !is_hidden
        {
            functions.push(Function {
                of: of.clone(),
                name: word(rest),
                docs: std::mem::take(&mut docs),
                type_docs: String::new(),
            });
        }
        if !bare.is_empty() {
            docs.clear();
            is_hidden = false;
        }
    }
    for function in &mut functions {
        let own = types.iter().find(|(name, _)| *name == function.of);
        function.type_docs = own.map_or_else(String::new, |(_, docs)| docs.clone());
    }
    functions
}

/// The code of a documentation's examples that are run.
fn examples(docs: &str) -> String {
    let mut examples = String::new();
    for (number, part) in docs.split("```").enumerate() {
        let (mark, body) = part.split_once('\n').unwrap_or((part, ""));
        if number % 2 == 1 && mark.trim().is_empty() {
            examples.push_str(body);
        }
    }
    examples
}

/// True if `text` calls a function: of a value, or by its path; one that is of no type, by its name.
fn is_called(of: &str, name: &str, text: &str) -> bool {
    if of.is_empty() {
        return text.contains(&format!("{name}("));
    }
    let value = (name != "new").then(|| format!(".{name}"));
    let path = format!("{of}::{name}");
    value.into_iter().chain([path]).any(|call| {
        ["(", "::<"]
            .iter()
            .any(|behind| text.contains(&format!("{call}{behind}")))
    })
}

/// The names in the first cells of the page's rows: of an `Rdd`, and everywhere else, each with
/// the type in front of it. A type that stands once in a cell counts for the names behind it.
fn rows(page: &str) -> (HashSet<String>, HashSet<String>) {
    let (mut of_rdds, mut others, mut heading) = (HashSet::new(), HashSet::new(), "");
    for line in page.lines() {
        if line.starts_with('#') {
            heading = line;
        }
        let Some(cell) = line
            .strip_prefix("| ")
            .and_then(|row| row.split(" |").next())
        else {
            continue;
        };
        let mut of = String::new();
        for quoted in cell.split('`').skip(1).step_by(2) {
            let path = quoted.split(['(', ' ']).next().unwrap();
            let name = match path.rsplit_once("::") {
                Some((path, name)) => {
                    of = format!("{path}::");
                    name
                }
                None => path,
            };
            let is_rdd = heading == RDD_ROWS;
            let rows = if is_rdd { &mut of_rdds } else { &mut others };
            rows.insert(format!("{of}{}", word(name)));
        }
    }
    (of_rdds, others)
}

#[test]
fn every_function_has_an_example_a_row_and_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../../docs/OPERATORS.md")).unwrap();
    let (of_rdds, others) = rows(&page);
    let mut files = Vec::new();
    for room in ROOMS {
        sources(&root.join("..").join(room), &mut files);
    }
    let (mut tests, mut called) = (Vec::new(), String::new());
    for tested in ["tests", "../../tests"] {
        sources(&root.join(tested), &mut tests);
    }
    for test in tests {
        called.push_str(&fs::read_to_string(test).unwrap());
    }
    let shown = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let shown: HashSet<&str> = shown
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .collect();
    let (mut missing, mut count) = (Vec::new(), 0);
    for file in files {
        let is_front = file.starts_with(root.join("../millrace"));
        for function in functions(&fs::read_to_string(&file).unwrap()) {
            let Function { of, name, .. } = &function;
            let of_shown = if of.is_empty() { name } else { of };
            // The rest of the crates below is for the crates above them.
            if !is_front && !shown.contains(of_shown.as_str()) {
                continue;
            }
            let mut misses = |what: &str| missing.push(format!("{of}::{name}: {what}"));
            count += 1;
            let own = !examples(&function.docs).is_empty();
            if !own && !is_called(of, name, &examples(&function.type_docs)) {
                misses("no example that runs");
            }
            if !is_called(of, name, &called) {
                misses("no test calls it");
            }
            let named = others.contains(&format!("{of}::{name}"));
            let is_listed = match of.as_str() {
                "Rdd" => of_rdds.contains(name),
                of if UNNAMED.contains(&of) => named || others.contains(name),
                _ => named,
            };
            if !is_listed {
                misses("no row in docs/OPERATORS.md");
            }
        }
    }
    assert!(count > 190, "the functions are found: {count}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn what_is_missing_is_seen() {
    let page = "| `a`, `Two::b`, `c(x)` | text of `d` |\n\n### What an `Rdd` can\n\n| `e(f)` | |\n";
    let (of_rdds, others) = rows(page);
    assert_eq!(of_rdds, HashSet::from(["e".to_owned()]));
    assert_eq!(others, ["a", "Two::b", "Two::c"].map(String::from).into());

    let text = "/// ```\n/// One::g();\n/// ```\npub struct One<T> {\n\
                impl<F: Fn() -> u8> One<F> {\n    /// Words.\n    #[must_use]\n    pub const fn g() {}\n\
                    /// ```no_run\n    /// h();\n    /// ```\n    pub fn h() {}\n\
                    pub(crate) fn hidden() {}\n    #[doc(hidden)]\n    pub fn inner() {}\n}\npub fn free() {}\nimpl<K, V> Rdd<(K, V)>\n    pub fn i() {}\n";
    let found = functions(text);
    let names: Vec<_> = found
        .iter()
        .map(|f| (f.of.as_str(), f.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [("One", "g"), ("One", "h"), ("", "free"), ("Rdd", "i")]
    );
    assert!(is_called("One", "g", &examples(&found[0].type_docs)));
    assert_eq!(
        examples(&found[1].docs),
        "",
        "what is not run proves nothing"
    );
}
