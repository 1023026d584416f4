//! Which directories a pattern names, by Hadoop's rules: `*` and `?` within a name, `[a-c]` and
//! `[^a-c]` for one character, `{a,b}` for either, `\` for the character behind it as it is.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// A pattern of directories.
#[derive(Debug)]
pub(super) struct Glob {
    /// One for every choice of the braces.
    paths: Vec<Vec<Step>>,
}

/// From a directory to those within it.
#[derive(Debug)]
enum Step {
    /// The only one there can be.
    To(PathBuf),
    /// All whose name matches.
    Matching(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Exactly(char),
    One,
    Any,
    Class { is: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn parse(pattern: &str) -> Result<Glob, String> {
        let paths = braces(pattern)?;
        let paths = paths.iter().map(|path| steps(path));
        Ok(Glob {
            paths: paths.collect::<Result<_, _>>()?,
        })
    }

    /// The directories that there are now, each once and in order. What cannot be looked into on
    /// the way is told to `unreadable`.
    pub(super) fn directories(&self, unreadable: &mut Unreadable<'_>) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for steps in &self.paths {
            walk(PathBuf::new(), steps, &mut found, unreadable);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Takes a path that cannot be looked at, and why.
type Unreadable<'a> = dyn FnMut(&Path, &io::Error) + 'a;

fn walk(at: PathBuf, steps: &[Step], found: &mut Vec<PathBuf>, unreadable: &mut Unreadable<'_>) {
    let Some((step, rest)) = steps.split_first() else {
        match std::fs::metadata(&at) {
            Ok(about) if about.is_dir() => found.push(at),
            Ok(_) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => unreadable(&at, &error),
        }
        return;
    };
    match step {
        Step::To(name) => walk(at.join(name), rest, found, unreadable),
        Step::Matching(tokens) => {
            let here = if at.as_os_str().is_empty() {
                Path::new(".")
            } else {
                &at
            };
            let names = || -> io::Result<Vec<OsString>> {
                std::fs::read_dir(here)?
                    .map(|entry| Ok(entry?.file_name()))
                    .collect()
            };
            let names = names().unwrap_or_else(|error| {
                if !is_missing(&error) {
                    unreadable(here, &error);
                }
                Vec::new()
            });
            for name in names {
                let text: Vec<char> = name.to_string_lossy().chars().collect();
                if matches(tokens, &text) {
                    walk(at.join(name), rest, found, unreadable);
                }
            }
        }
    }
}

/// Whether there is nothing that could be looked at.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The pattern without braces, once for every choice.
fn braces(pattern: &str) -> Result<Vec<String>, String> {
    let (mut depth, mut open, mut parts, mut escaped) = (0, 0, Vec::new(), false);
    let mut from = 0;
    for (at, c) in pattern.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' => escaped = true,
            '{' => {
                depth += 1;
                if depth == 1 {
                    (open, from) = (at, at + 1);
                }
            }
            ',' | '}' if depth == 1 => {
                parts.push(&pattern[from..at]);
                from = at + 1;
                if c == '}' {
                    let whole = |part: &&str| {
                        braces(&format!("{}{part}{}", &pattern[..open], &pattern[from..]))
                    };
                    let choices: Result<Vec<_>, _> = parts.iter().map(whole).collect();
                    return Ok(choices?.concat());
                }
            }
            '}' => depth = i32::max(depth - 1, 0),
            _ => {}
        }
    }
    if depth > 0 {
        return Err("{ is not closed".to_owned());
    }
    Ok(vec![pattern.to_owned()])
}

fn steps(path: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    if path.starts_with('/') {
        steps.push(Step::To(PathBuf::from("/")));
    }
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let tokens = tokens(name)?;
        let exactly = |token: &Token| match token {
            Token::Exactly(c) => Some(*c),
            _ => None,
        };
        let plain: Option<String> = tokens.iter().map(exactly).collect();
        steps.push(match plain {
            Some(name) => Step::To(PathBuf::from(name)),
            None => Step::Matching(tokens),
        });
    }
    Ok(steps)
}

fn tokens(name: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Exactly(rest.next().ok_or("nothing stands behind \\")?),
            '[' => class(&mut rest)?,
            other => Token::Exactly(other),
        });
    }
    Ok(tokens)
}

fn class(rest: &mut std::str::Chars<'_>) -> Result<Token, String> {
    let is = !rest.as_str().starts_with('^');
    if !is {
        rest.next();
    }
    let mut ranges: Vec<(char, char)> = Vec::new();
    loop {
        let unclosed = || "[ is not closed".to_owned();
        let low = match rest.next().ok_or_else(unclosed)? {
            ']' if !ranges.is_empty() => return Ok(Token::Class { is, ranges }),
            '\\' => rest.next().ok_or_else(unclosed)?,
            other => other,
        };
        let mut ahead = rest.clone();
        let high = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) if high != ']' => {
                *rest = ahead;
                high
            }
            _ => low,
        };
        ranges.push((low, high));
    }
}

fn matches(tokens: &[Token], name: &[char]) -> bool {
    let Some((token, tokens)) = tokens.split_first() else {
        return name.is_empty();
    };
    if *token == Token::Any {
        return (0..=name.len()).any(|skipped| matches(tokens, &name[skipped..]));
    }
    let Some((&c, name)) = name.split_first() else {
        return false;
    };
    let fits = match token {
        Token::Exactly(exactly) => c == *exactly,
        Token::Class { is, ranges } => {
            let within = |&(low, high): &(char, char)| low <= c && c <= high;
            ranges.iter().any(within) == *is
        }
        Token::One | Token::Any => true,
    };
    fits && matches(tokens, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let choices = braces(pattern).unwrap();
        let mut choices = choices.iter().map(|choice| tokens(choice).unwrap());
        choices.any(|tokens| matches(&tokens, &name))
    }

    #[test]
    fn names_match_by_hadoops_rules() {
        for (pattern, good, bad) in [
            (
                "log-*",
                &["log-", "log-1", "log-*"][..],
                &["log", "xlog-"][..],
            ),
            ("*a*b", &["ab", "xaxb", "aab"], &["a", "ba", "abx"]),
            ("?", &["a", "\u{e9}"], &["", "ab"]),
            ("[a-cx]", &["a", "c", "x"], &["d", "-", ""]),
            ("[^a-c]", &["d", "^"], &["a", "b"]),
            ("[]]", &["]"], &["["]),
            ("[a-]", &["a", "-"], &["b"]),
            ("{a,b{c,d}}e", &["ae", "bce", "bde"], &["be", "a", "ade"]),
            ("{,x}", &["", "x"], &["xx"]),
            (r"\*\{a\}", &["*{a}"], &["x{a}", r"\*"]),
            ("a,b}", &["a,b}"], &["a", "b"]),
        ] {
            for name in good {
                assert!(fits(pattern, name), "{pattern} {name}");
            }
            for name in bad {
                assert!(!fits(pattern, name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["/a/{b", "[ab", "[]", "x\\"] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn directories_are_found_and_nothing_else() {
        let top = tempfile::tempdir().unwrap();
        let path = |name: &str| top.path().join(name);
        for name in ["a/in", "b/in", "c/other", ".d/in"] {
            std::fs::create_dir_all(path(name)).unwrap();
        }
        std::fs::write(path("file"), "").unwrap();
        let find = |pattern: &str| {
            let pattern = format!("{}/{pattern}", top.path().display());
            let glob = Glob::parse(&pattern).unwrap();
            let found = glob.directories(&mut |path, error| panic!("{}: {error}", path.display()));
            let short = |found: PathBuf| found.strip_prefix(top.path()).unwrap().to_owned();
            found.into_iter().map(short).collect::<Vec<_>>()
        };
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(find("a"), paths(&["a"]));
        assert_eq!(find("*"), paths(&[".d", "a", "b", "c"]));
        assert_eq!(find("?/in"), paths(&["a/in", "b/in"]));
        assert_eq!(find("{a/in,*}"), paths(&[".d", "a", "a/in", "b", "c"]));
        assert_eq!(find("file"), paths(&[]));
        assert_eq!(find("nowhere/*"), paths(&[]));
    }
}
