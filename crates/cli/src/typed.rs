//! The first step: exactly what was typed, before it means anything.
//!
//! clap finds options and values. The ways of spark-submit that differ are asked
//! of it here: an option takes the next word even when that begins with a
//! dash, the first word that is no option ends the options, and everything
//! behind it belongs to the program.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use clap::builder::{ArgAction, ValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command};

use millrace_types::{keys, local_path};

use crate::options::{
    CHECKPOINT_DIR, CONF, EXPLAIN, HELP, MASTER, MEANT, NAME, OF_A_CLUSTER, PROGRESS,
    PROPERTIES_FILE, RECOVER, SHELL, SUMMARY, SUPERVISE, USAGE_ERROR, VERBOSE, VERSION,
    WITHOUT_EFFECT,
};
use crate::suggestion::nearest_option;

/// The command line as it was typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    /// The last `--master`.
    pub(crate) master: Option<String>,
    /// The last `--name`.
    pub(crate) name: Option<String>,
    /// Every `--conf`, in order.
    pub(crate) conf: Vec<(String, String)>,
    /// The path of the last `--properties-file`, which need not be UTF-8.
    pub(crate) properties_file: Option<PathBuf>,
    /// True if `--explain` was there.
    pub(crate) explain: bool,
    /// True if `--shell` was there.
    pub(crate) shell: bool,
    /// True if `--verbose` was there.
    pub(crate) verbose: bool,
    /// The options without effect, by name, and their last values; `None` for
    /// the switch.
    pub(crate) without_effect: Vec<(&'static str, Option<String>)>,
    /// The first option that speaks to a cluster.
    pub(crate) of_a_cluster: Option<&'static str>,
    /// The first word that is no option, and everything behind it.
    pub(crate) rest: Vec<OsString>,
}

impl Typed {
    /// Takes the value of an option out of those without effect, if it was typed: for a program on
    /// which it has one.
    pub(crate) fn take_without_effect(&mut self, name: &str) -> Option<String> {
        let place = (self.without_effect.iter()).position(|(option, _)| *option == name)?;
        self.without_effect.remove(place).1
    }
}

/// A command line that asks for something else than a run, or is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    /// `--help`.
    Help,
    /// `--version`.
    Version,
    /// `--usage-error`: the usage alone, as an error.
    UsageError,
    /// An error in the shape of the command line, in Spark's words.
    Misuse(String),
}

const REST: &str = "rest";

/// Reads `args`, which do not begin with the program's own name.
pub(crate) fn read(args: &[OsString]) -> Result<Typed, Aside> {
    let mut matches = command()
        .try_get_matches_from(args)
        .map_err(|error| in_sparks_words(&error, args))?;
    let rest: Vec<OsString> = matches
        .remove_many(REST)
        .map(Iterator::collect)
        .unwrap_or_default();
    // clap leaves a word with a dash it does not know to the rest, and so it
    // can only be the first of it.
    if let Some(unknown) = rest
        .first()
        .filter(|word| word.as_encoded_bytes().starts_with(b"-"))
    {
        return Err(unrecognized(&unknown.to_string_lossy()));
    }
    if matches.get_flag(USAGE_ERROR) {
        return Err(Aside::UsageError);
    }
    let mut without_effect: Vec<_> = WITHOUT_EFFECT
        .iter()
        .filter_map(|name| Some((*name, Some(last(&mut matches, name)?))))
        .collect();
    if matches.get_flag(SUPERVISE) {
        without_effect.push((SUPERVISE, None));
    }
    let mut conf: Vec<(String, String)> = matches
        .remove_many(CONF)
        .map(Iterator::collect)
        .unwrap_or_default();
    let located = |option: &str, name: &OsStr| {
        local_path(name).map_err(|error| Aside::Misuse(format!("--{option} {error}")))
    };
    if let Some(directory) = matches.get_one::<String>(CHECKPOINT_DIR) {
        located(CHECKPOINT_DIR, directory.as_ref())?;
    }
    // Behind the settings: an option of its own beats the same setting in --conf.
    for (option, key) in [
        (CHECKPOINT_DIR, keys::CHECKPOINT_DIR),
        (RECOVER, keys::CHECKPOINT_RECOVER),
        (PROGRESS, keys::PROGRESS),
    ] {
        conf.extend(last(&mut matches, option).map(|value| (key.to_owned(), value)));
    }
    if matches.get_flag(SUMMARY) {
        conf.push((keys::SUMMARY.to_owned(), "-".to_owned()));
    }
    let properties_file: Option<OsString> = matches.remove_one(PROPERTIES_FILE);
    let properties_file = properties_file.map(|file| located(PROPERTIES_FILE, &file));
    Ok(Typed {
        master: last(&mut matches, MASTER),
        name: last(&mut matches, NAME),
        conf,
        properties_file: properties_file.transpose()?,
        explain: matches.get_flag(EXPLAIN),
        shell: matches.get_flag(SHELL),
        verbose: matches.get_flag(VERBOSE),
        without_effect,
        of_a_cluster: OF_A_CLUSTER
            .iter()
            .copied()
            .find(|name| matches.contains_id(name)),
        rest,
    })
}

fn last(matches: &mut ArgMatches, name: &str) -> Option<String> {
    matches.remove_one(name)
}

fn command() -> Command {
    let switch = |name| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let valued = |name| {
        Arg::new(name)
            .long(name)
            .num_args(1)
            .allow_hyphen_values(true)
    };
    let meant = MEANT.iter().map(|option| {
        let arg = match option.value {
            None => switch(option.name),
            Some(_) => valued(option.name),
        };
        let arg = match option.name {
            // These two end the reading where they stand, as in spark-submit:
            // what is wrong behind them is never looked at.
            HELP => arg.action(ArgAction::Help),
            VERSION => arg.action(ArgAction::Version),
            CONF => arg.action(ArgAction::Append).value_parser(setting),
            // Only behind a `=`: the next word is the program's.
            RECOVER => arg
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
            PROPERTIES_FILE => arg.value_parser(ValueParser::os_string()),
            _ => arg,
        };
        option.short.into_iter().fold(arg, Arg::short)
    });
    let rest = Arg::new(REST)
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .value_parser(ValueParser::os_string());
    Command::new("millrace")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        // Of an option that is repeated, the last counts.
        .args_override_self(true)
        .version(env!("CARGO_PKG_VERSION"))
        .args(meant)
        .args(
            WITHOUT_EFFECT
                .iter()
                .chain(OF_A_CLUSTER)
                .copied()
                .map(valued),
        )
        .args([SUPERVISE, USAGE_ERROR].map(switch))
        .arg(rest)
}

/// Splits a `--conf` at its first `=`; a value may hold more of them.
/// Blanks around the key are not part of it.
fn setting(text: &str) -> Result<(String, String), NoSetting> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| NoSetting(text.to_owned()))?;
    let key = key.trim();
    if key.is_empty() {
        return Err(NoSetting(text.to_owned()));
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// A word that is no `KEY=VALUE`.
#[derive(Debug)]
struct NoSetting(String);

impl fmt::Display for NoSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not KEY=VALUE", self.0)
    }
}

impl Error for NoSetting {}

fn unrecognized(word: &str) -> Aside {
    let meant = nearest_option(word).map(|option| format!("; did you mean {option}?"));
    Aside::Misuse(format!(
        "Unrecognized option: {word}{}",
        meant.unwrap_or_default()
    ))
}

/// True if a word that stands where no option can is one, with or without a value.
pub(crate) fn is_option(word: &OsStr) -> bool {
    let word = word.to_string_lossy();
    let name = word.split_once('=').map_or(&*word, |(name, _)| name);
    command().get_arguments().any(|option| {
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        [long, short].iter().flatten().any(|form| form == name)
    })
}

fn in_sparks_words(error: &clap::Error, args: &[OsString]) -> Aside {
    // An option takes any word for its value, so the one without a value can
    // only be the last word.
    let last = || {
        args.last()
            .map(|word| word.to_string_lossy())
            .unwrap_or_default()
    };
    match error.kind() {
        ErrorKind::DisplayHelp => Aside::Help,
        ErrorKind::DisplayVersion => Aside::Version,
        ErrorKind::InvalidValue => {
            Aside::Misuse(format!("Missing argument for option '{}'.", last()))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            Aside::Misuse(format!("Invalid argument to --conf: {why}"))
        }
        ErrorKind::TooManyValues => {
            let word = switch_with_value(args);
            let (name, value) = word.split_once('=').unwrap_or((&word, ""));
            Aside::Misuse(format!("{name} takes no value, but was given '{value}'"))
        }
        // An unknown word of text is left to the rest (see `read`).
        ErrorKind::InvalidUtf8 | ErrorKind::UnknownArgument => Aside::Misuse(not_utf8(args)),
        _ => Aside::Misuse(error.to_string().trim_end().to_owned()),
    }
}

/// The switch that was given a value, as in `--verbose=yes`.
fn switch_with_value(args: &[OsString]) -> String {
    let switches = MEANT
        .iter()
        .filter(|option| option.value.is_none())
        .map(|option| option.name);
    let starts: Vec<String> = switches
        .chain([SUPERVISE, USAGE_ERROR])
        .map(|name| format!("--{name}="))
        .collect();
    let words = args.iter().map(|word| word.to_string_lossy());
    words
        .filter(|word| starts.iter().any(|start| word.starts_with(start)))
        .map(String::from)
        .next()
        .unwrap_or_default()
}

/// Names the first of `args` that is not UTF-8.
pub(crate) fn not_utf8(args: &[OsString]) -> String {
    let word = args.iter().find(|word| word.to_str().is_none());
    let word = word.map(|word| word.to_string_lossy()).unwrap_or_default();
    format!("Argument is not valid UTF-8: '{word}'")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(args: &[&str]) -> Vec<OsString> {
        args.iter().map(OsString::from).collect()
    }

    fn typed(args: &[&str]) -> Typed {
        read(&words(args)).unwrap()
    }

    #[test]
    fn both_spellings_and_the_last_of_each_option() {
        let typed = typed(&[
            "--master",
            "local",
            "--master=local[2]",
            "--name=a=b",
            "-c",
            " a\t=1",
            "--conf=b=x=y",
            "-v",
            "--properties-file",
            "f",
            "prog",
        ]);
        assert_eq!(typed.master.as_deref(), Some("local[2]"));
        assert_eq!(typed.name.as_deref(), Some("a=b"));
        let conf: Vec<_> = typed
            .conf
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(conf, [("a", "1"), ("b", "x=y")]);
        assert_eq!(typed.properties_file, Some("f".into()));
        assert!(typed.verbose);
        assert_eq!(typed.rest, ["prog"]);
    }

    #[test]
    fn what_is_shown_of_a_run_is_a_setting() {
        let typed = typed(&[
            "--summary",
            "--progress",
            "never",
            "-c",
            "millrace.summary=f",
            "p",
        ]);
        let expected = [
            ("millrace.summary", "f"),
            ("millrace.progress", "never"),
            ("millrace.summary", "-"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(typed.conf, expected);
        assert_eq!(typed.rest, ["p"]);
    }

    #[test]
    fn an_option_takes_any_word() {
        let typed = typed(&[
            "--name", "--help", "--master", "", "--conf", "-v=", "--queue", "--",
        ]);
        assert_eq!(typed.name.as_deref(), Some("--help"));
        assert_eq!(typed.master.as_deref(), Some(""));
        assert_eq!(typed.conf, [("-v".to_owned(), String::new())]);
        assert_eq!(typed.without_effect, [("queue", Some("--".to_owned()))]);
        assert!(typed.rest.is_empty());
    }

    #[test]
    fn the_first_word_ends_the_options() {
        let rest = [
            "host", "--master", "x", "", "--help", "--", "-c", "--nosuch", "-1",
        ];
        assert_eq!(typed(&rest).rest, rest);
        assert_eq!(typed(&["-v", "", "--help"]).rest, ["", "--help"]);
        assert_eq!(typed(&[]), Typed::default());
    }

    #[test]
    fn options_without_effect_are_kept_with_their_values() {
        let typed = typed(&[
            "--num-executors",
            "2",
            "--supervise",
            "--deploy-mode=client",
        ]);
        let expected = [
            ("deploy-mode", Some("client".to_owned())),
            ("num-executors", Some("2".to_owned())),
            ("supervise", None),
        ];
        assert_eq!(typed.without_effect, expected);
    }

    #[test]
    fn asides_are_in_sparks_words() {
        let misuse = |text: &str| Aside::Misuse(text.to_owned());
        let cases = [
            (&["--nosuch"][..], misuse("Unrecognized option: --nosuch")),
            (
                &["--nosuch", "--help"],
                misuse("Unrecognized option: --nosuch"),
            ),
            (
                &["--nosuch=1", "x"],
                misuse("Unrecognized option: --nosuch=1"),
            ),
            (&["-x"], misuse("Unrecognized option: -x")),
            (&["-"], misuse("Unrecognized option: -")),
            (
                &["-v", "--mastr", "local"],
                misuse("Unrecognized option: --mastr; did you mean --master?"),
            ),
            (
                &["--verbose=yes"],
                misuse("--verbose takes no value, but was given 'yes'"),
            ),
            (
                &["--master"],
                misuse("Missing argument for option '--master'."),
            ),
            (&["-v", "-c"], misuse("Missing argument for option '-c'.")),
            (
                &["--queue"],
                misuse("Missing argument for option '--queue'."),
            ),
            (
                &["--conf", "foo", "x"],
                misuse("Invalid argument to --conf: 'foo' is not KEY=VALUE"),
            ),
            (
                &["-c", "", "--help"],
                misuse("Invalid argument to --conf: '' is not KEY=VALUE"),
            ),
            (
                &["--conf", " =x"],
                misuse("Invalid argument to --conf: ' =x' is not KEY=VALUE"),
            ),
            (&["--help"], Aside::Help),
            (&["-h", "--nosuch"], Aside::Help),
            (&["--name", "x", "--help", "--master"], Aside::Help),
            (&["--version", "--help"], Aside::Version),
            (&["--usage-error"], Aside::UsageError),
        ];
        for (args, aside) in cases {
            assert_eq!(read(&words(args)), Err(aside), "{args:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text() {
        use std::os::unix::ffi::OsStringExt;

        let odd = || OsString::from_vec(b"a\xff".to_vec());
        let error = read(&["--name".into(), odd()]).unwrap_err();
        assert_eq!(
            error,
            Aside::Misuse("Argument is not valid UTF-8: 'a\u{fffd}'".to_owned())
        );
        assert_eq!(read(&[odd()]).unwrap().rest, [odd()]);
        let dashed = OsString::from_vec(b"--\xff".to_vec());
        let error = read(&[dashed]).unwrap_err();
        assert_eq!(
            error,
            Aside::Misuse("Argument is not valid UTF-8: '--\u{fffd}'".to_owned())
        );
    }

    proptest! {
        #[test]
        fn any_words_are_read_or_refused(
            args in prop::collection::vec(
                prop_oneof!["-{0,2}[a-z=]{0,8}", Just("--master".to_owned()), any::<String>()],
                0..6,
            ),
        ) {
            let args: Vec<_> = args.iter().map(OsString::from).collect();
            if let Err(Aside::Misuse(message)) = read(&args) {
                let known = ["Unrecognized option: ", "Missing argument ", "Invalid argument to "];
                let known = known.iter().any(|start| message.starts_with(start));
                prop_assert!(known || message.contains(" takes no value, "), "{}", message);
            }
        }
    }
}
