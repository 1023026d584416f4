//! Which directories a pattern names, by Hadoop's rules: `*` and `?` within a name, `[a-c]` and
//! `[^a-c]` for one character, `{a,b}` for either, `\` for the character behind it as it is.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Choices of braces multiply: forty pairs of them would fill memory, and each choice is a walk.
const MOST_CHOICES: usize = 1000;
/// Braces are read by recursion.
const MOST_BRACES: usize = 100;

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

/// The fault of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternError {
    /// More braces than may be.
    Braces,
    /// More choices than may be.
    Choices,
    /// The bracket or brace that nothing closes.
    Unclosed(char),
    /// A backslash at the end of a name.
    Backslash,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::Braces => write!(f, "it has more than {MOST_BRACES} braces"),
            PatternError::Choices => {
                write!(f, "its braces make more than {MOST_CHOICES} choices")
            }
            PatternError::Unclosed(open) => write!(f, "{open} is not closed"),
            PatternError::Backslash => f.write_str("nothing stands behind \\"),
        }
    }
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn parse(pattern: &str) -> Result<Glob, PatternError> {
        if pattern.matches('{').count() > MOST_BRACES {
            return Err(PatternError::Braces);
        }
        let paths = braces(pattern)?;
        if paths.len() > MOST_CHOICES {
            return Err(PatternError::Choices);
        }
        let paths = paths.iter().map(|path| steps(path));
        Ok(Glob {
            paths: paths.collect::<Result<_, _>>()?,
        })
    }

    /// The directories that there are now, each once and in order. Those that cannot be looked into
    /// on the way are told to `unreadable`.
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

/// True if there is nothing that could be looked at.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The pattern without braces, once for every choice.
fn braces(pattern: &str) -> Result<Vec<String>, PatternError> {
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
                    let mut choices = Vec::new();
                    for part in &parts {
                        choices.extend(whole(part)?);
                        // Enough to be refused by.
                        if choices.len() > MOST_CHOICES {
                            break;
                        }
                    }
                    return Ok(choices);
                }
            }
            '}' => depth = i32::max(depth - 1, 0),
            _ => {}
        }
    }
    if depth > 0 {
        return Err(PatternError::Unclosed('{'));
    }
    Ok(vec![pattern.to_owned()])
}

fn steps(path: &str) -> Result<Vec<Step>, PatternError> {
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

fn tokens(name: &str) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Exactly(rest.next().ok_or(PatternError::Backslash)?),
            '[' => class(&mut rest)?,
            other => Token::Exactly(other),
        });
    }
    Ok(tokens)
}

fn class(rest: &mut std::str::Chars<'_>) -> Result<Token, PatternError> {
    let is = !rest.as_str().starts_with('^');
    if !is {
        rest.next();
    }
    let mut ranges: Vec<(char, char)> = Vec::new();
    loop {
        let unclosed = || PatternError::Unclosed('[');
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

/// True if a name fits. A `*` takes as little as it can, and one character more each time that
/// what follows it does not fit; only the last one has to be tried again, so the time is that of
/// the two lengths multiplied.
fn matches(tokens: &[Token], name: &[char]) -> bool {
    let (mut token, mut at) = (0, 0);
    // The last `*`, and how far its characters reach.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let fits = match tokens.get(token) {
            Some(Token::Any) => {
                star = Some((token, at));
                token += 1;
                continue;
            }
            Some(one) => name.get(at).is_some_and(|&c| one.fits(c)),
            None if at == name.len() => return true,
            None => false,
        };
        if fits {
            (token, at) = (token + 1, at + 1);
            continue;
        }
        match star {
            Some((any, reach)) if reach < name.len() => {
                star = Some((any, reach + 1));
                (token, at) = (any + 1, reach + 1);
            }
            _ => return false,
        }
    }
}

impl Token {
    /// True if one character fits.
    fn fits(&self, c: char) -> bool {
        match self {
            Token::Exactly(exactly) => c == *exactly,
            Token::Class { is, ranges } => {
                let within = |&(low, high): &(char, char)| low <= c && c <= high;
                ranges.iter().any(within) == *is
            }
            Token::One | Token::Any => true,
        }
    }
}

/// The body of a fuzz target: bytes are a pattern, a line end, and a name. Any pattern is read
/// or refused, and the name fits if the rule as it is written says so.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(data: &[u8]) {
    fn plainly(tokens: &[Token], name: &[char]) -> bool {
        match (tokens.split_first(), name.split_first()) {
            (None, _) => name.is_empty(),
            (Some((Token::Any, rest)), None) => plainly(rest, name),
            (Some((Token::Any, rest)), Some((_, less))) => {
                plainly(rest, name) || plainly(tokens, less)
            }
            (Some((token, rest)), Some((&c, less))) => token.fits(c) && plainly(rest, less),
            (Some(_), None) => false,
        }
    }
    let text = String::from_utf8_lossy(data);
    let (pattern, name) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(glob) = Glob::parse(pattern) else {
        return;
    };
    assert!(glob.paths.len() <= MOST_CHOICES);
    // The plain way takes longer the more `*` there are.
    let name: Vec<char> = name.chars().take(24).collect();
    for step in glob.paths.iter().flatten() {
        if let Step::Matching(tokens) = step {
            let many = tokens.iter().filter(|token| **token == Token::Any).count();
            let fits = matches(tokens, &name);
            assert!(
                many > 4 || fits == plainly(tokens, &name),
                "{tokens:?} {name:?}"
            );
        }
    }
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
    fn a_pattern_costs_what_its_length_allows() {
        let refused = |pattern: &str| Glob::parse(pattern).unwrap_err().to_string();
        assert!(refused(&"{a,b}".repeat(40)).contains("choices"));
        assert!(refused(&"{a}".repeat(100_000)).contains("braces"));
        assert_eq!(Glob::parse(&"{a,b}".repeat(9)).unwrap().paths.len(), 512);
        // Backtracking to every star would take longer than there is time.
        let pattern = tokens(&"*a".repeat(30)).unwrap();
        assert!(!matches(&pattern, &['a'; 29]));
        assert!(matches(&pattern, &['a'; 30]));
        let late: Vec<char> = "ab".repeat(100).chars().collect();
        assert!(!matches(&pattern, &late));
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
