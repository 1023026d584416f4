//! The command line of `millrace-state`.

use std::ffi::OsString;
use std::iter::once;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use millrace_types::keys::MOST_PARTITIONS;

use super::live::PageUrl;
use crate::exit::{Exit, whole_number};

/// The task, and whose state it is about.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) task: Task,
    pub(super) place: Place,
    /// The newest one if nobody says.
    pub(super) generation: Option<u32>,
    /// All of them if nobody says.
    pub(super) store: Option<usize>,
}

/// The place of a state.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a checkpoint directory.
    Directory(PathBuf),
    /// In a running program that has a page.
    Program(PageUrl),
}

/// Which keys are looked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) prefix: String,
    /// True if the greatest values are wanted, otherwise the first keys in order.
    pub(super) top: bool,
    pub(super) limit: usize,
}

#[derive(Debug)]
pub(super) enum Task {
    Ls,
    Get { key: String },
    Search(Wanted),
    Export { format: Format, before_damage: bool },
    Stats,
    Verify,
    Diff { other: PathBuf },
    Repartition { partitions: u32 },
    Prune { keep: NonZeroU32 },
    DropReceived,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    JsonLines,
    Csv,
}

/// Usage lines of the tool's commands begin with it.
const NAME: &str = "millrace-state";

pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Asked, Exit> {
    let matches = command()
        .try_get_matches_from(once(OsString::from(NAME)).chain(arguments))
        .map_err(|error| Exit::of_clap(&error, NAME))?;
    let (name, matches) = matches.subcommand().unwrap_or(("ls", &matches));
    let path = |name: &str| {
        let name = matches.get_one::<OsString>(name);
        name.map(PathBuf::from).unwrap_or_default()
    };
    let number = |name: &str| {
        let known = matches.ids().any(|id| id.as_str() == name);
        known
            .then(|| matches.get_one::<u32>(name).copied())
            .flatten()
    };
    Ok(Asked {
        task: task(name, matches),
        place: place(path("DIR"))?,
        generation: number("generation"),
        store: number("store").map(|store| store as usize),
    })
}

/// The place that was named: an address of a page, or else a directory.
fn place(named: PathBuf) -> Result<Place, Exit> {
    match named.to_str().and_then(PageUrl::parse) {
        None => Ok(Place::Directory(named)),
        Some(Ok(url)) => Ok(Place::Program(url)),
        Some(Err(error)) => Err(Exit {
            code: 2,
            ..Exit::error(error.to_string())
        }),
    }
}

fn task(name: &str, matches: &ArgMatches) -> Task {
    match name {
        "get" => Task::Get {
            key: matches
                .get_one::<String>("KEY")
                .cloned()
                .unwrap_or_default(),
        },
        "prefix" | "top" => Task::Search(Wanted {
            prefix: matches
                .get_one::<String>("PREFIX")
                .cloned()
                .unwrap_or_default(),
            top: name == "top",
            limit: matches.get_one::<u32>("limit").map_or(0, |&n| n as usize),
        }),
        "export" => Task::Export {
            before_damage: matches.get_flag("before-damage"),
            format: match matches.get_one::<String>("format").map(String::as_str) {
                Some("csv") => Format::Csv,
                _ => Format::JsonLines,
            },
        },
        "stats" => Task::Stats,
        "verify" => Task::Verify,
        "diff" => Task::Diff {
            other: matches
                .get_one::<OsString>("OTHER")
                .map(PathBuf::from)
                .unwrap_or_default(),
        },
        "repartition" => Task::Repartition {
            partitions: matches.get_one::<u32>("PARTITIONS").copied().unwrap_or(1),
        },
        "prune" => Task::Prune {
            keep: matches
                .get_one::<u32>("keep")
                .and_then(|&keep| NonZeroU32::new(keep))
                .unwrap_or(NonZeroU32::MIN),
        },
        "drop-received" => Task::DropReceived,
        _ => Task::Ls,
    }
}

fn command() -> Command {
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .about(
            "Reads the state that a millrace program keeps: in its checkpoint directory, also while \
             the program runs, or of the moment, from the page that it serves \
             (http://localhost:4040/). Writes nothing, but for repartition, prune and \
             drop-received.",
        )
        .after_help(
            "Exit codes: 0; 1 if the answer is no: the key is not there (get), something differs \
             (diff), a generation is damaged (ls, verify); 2 for a wrong command line, a \
             checkpoint that cannot be read, or a program that does not answer.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(tasks())
}

/// The commands for each task.
fn tasks() -> [Command; 11] {
    let format = Arg::new("format")
        .long("format")
        .value_parser(PossibleValuesParser::new(["jsonl", "csv"]))
        .default_value("jsonl")
        .help("jsonl: one {\"key\": …, \"value\": …} per line; csv: key,value in JSON's terms");
    let before_damage = Arg::new("before-damage")
        .long("before-damage")
        .action(ArgAction::SetTrue)
        .help("what can be read before the damage [of the last generation]");
    let keep = number("keep", "how many generations to keep")
        .value_parser(whole_number(1, u32::MAX))
        .default_value("1");
    let partitions = Arg::new("PARTITIONS")
        .required(true)
        .value_parser(whole_number(1, MOST_PARTITIONS))
        .allow_negative_numbers(true)
        .help("the number of partitions from now on");
    [
        Command::new("ls")
            .about(
                "the generations: programs, last batches, what they keep; code 1 if one is damaged",
            )
            .arg(directory_or_page()),
        Command::new("get")
            .about("what is kept for a key, given as text or as JSON; code 1 if nothing")
            .args([
                directory_or_page(),
                Arg::new("KEY")
                    .required(true)
                    .allow_hyphen_values(true)
                    .help("as text, or as JSON: hello, 7, -7, '[\"a\",1]'"),
                generation(),
                store(),
            ]),
        Command::new("prefix")
            .about("the keys that begin so, in order: of a text its letters, of others their JSON")
            .args([
                directory_or_page(),
                Arg::new("PREFIX")
                    .required(true)
                    .allow_hyphen_values(true)
                    .help("the beginning of the keys"),
                limit(),
                generation(),
                store(),
            ]),
        Command::new("top")
            .about("the keys with the greatest values, the greatest first")
            .args([
                directory_or_page(),
                Arg::new("PREFIX")
                    .long("prefix")
                    .value_name("PREFIX")
                    .allow_hyphen_values(true)
                    .help("only keys that begin so"),
                limit(),
                generation(),
                store(),
            ]),
        Command::new("export")
            .about("every key with its value, in the order in which the keys came")
            .args([directory(), format, before_damage, generation(), store()]),
        Command::new("stats")
            .about("how much is kept")
            .args([directory_or_page(), generation()]),
        Command::new("verify")
            .about("reads everything and says whether it is whole; code 1 if not")
            .arg(directory()),
        Command::new("diff")
            .about("what differs between the newest generations of two; code 1 if anything")
            .args([
                directory(),
                Arg::new("OTHER")
                    .required(true)
                    .value_parser(ValueParser::os_string()),
                generation(),
            ]),
        Command::new("repartition")
            .about("changes the number of partitions; no program may be running")
            .args([directory(), partitions, generation()]),
        Command::new("prune")
            .about(
                "removes all generations but those that were written last; damaged ones stay, \
                     and no program may be running",
            )
            .args([directory(), keep]),
        Command::new("drop-received")
            .about(
                "has a program go on without the receivers' write-ahead log, which is put \
                     aside; no program may be running",
            )
            .args([directory(), generation()]),
    ]
}

/// The checkpoint directory.
fn directory() -> Arg {
    Arg::new("DIR")
        .required(true)
        .value_parser(ValueParser::os_string())
        .help("the checkpoint directory")
}

/// The checkpoint directory, or a page.
fn directory_or_page() -> Arg {
    directory()
        .value_name("DIR|URL")
        .help("the checkpoint directory, or the address of a running program's page")
}

/// An option with a number.
fn number(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("N")
        .value_parser(whole_number(0, u32::MAX))
        .allow_negative_numbers(true)
        .help(help)
}

fn limit() -> Arg {
    number("limit", "how many keys, 1000 at most")
        .value_parser(whole_number(1, 1000))
        .default_value("20")
}

fn generation() -> Arg {
    number(
        "generation",
        "which generation [default: the one written last]",
    )
}

fn store() -> Arg {
    number("store", "which store, from 0 [default: all]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn wrong_lines_have_code_two_and_help_has_none() {
        let code = |line: &[&str]| read(line.iter().map(OsString::from)).unwrap_err().code;
        assert_eq!(code(&["--help"]), 0);
        assert_eq!(code(&["get", "dir"]), 2);
        assert_eq!(code(&["nonsense"]), 2);
        assert_eq!(code(&["repartition", "dir", "0"]), 2);
        assert_eq!(code(&["export", "--format", "xml", "dir"]), 2);
        assert_eq!(code(&[]), 2);
        assert_eq!(code(&["ls", "https://localhost:4040/"]), 2);
        assert_eq!(code(&["top", "dir", "--limit", "1001"]), 2);
        assert_eq!(code(&["prefix", "dir"]), 2);
    }

    #[test]
    fn a_wrong_line_is_told_in_one_line_with_what_to_do() {
        for (line, message) in [
            ("get dir", "Usage: millrace-state get <DIR|URL> <KEY>"),
            ("frob", "Error: there is no command 'frob'"),
            (
                "exprt dir",
                "Error: there is no command 'exprt'; did you mean export?",
            ),
            (
                "ls --halp",
                "Error: Unrecognized option: --halp; did you mean --help?",
            ),
            ("ls a b", "Error: 'b' is an argument too many"),
            (
                "export dir --format xml",
                "Error: --format should be jsonl or csv, but was 'xml'",
            ),
            (
                "prune dir --keep 0",
                "Error: --keep should be a whole number from 1 to 4294967295, but was '0'",
            ),
            (
                "repartition dir x",
                "Error: PARTITIONS should be a whole number from 1 to 65536, but was 'x'",
            ),
            (
                "repartition dir 99999999",
                "Error: PARTITIONS should be a whole number from 1 to 65536, but was '99999999'",
            ),
            (
                "prune dir --keep -1",
                "Error: --keep should be a whole number from 1 to 4294967295, but was '-1'",
            ),
            (
                "stats dir --generation",
                "Error: Missing argument for option '--generation'",
            ),
        ] {
            let words = line.split(' ').map(OsString::from);
            let exit = read(words).unwrap_err();
            assert_eq!(exit.code, 2, "{line}");
            let expected = format!("{message} (see millrace-state --help)");
            assert_eq!(exit.message, expected, "{line}");
        }
    }

    #[test]
    fn searches_are_read() {
        let wanted = |line: &[&str]| match read(line.iter().map(OsString::from)).unwrap().task {
            Task::Search(Wanted { prefix, top, limit }) => (prefix, top, limit),
            task => panic!("{task:?}"),
        };
        let top = wanted(&["top", "http://localhost:4040/"]);
        assert_eq!(top, (String::new(), true, 20));
        let top = wanted(&["top", "dir", "--limit", "3", "--prefix", "-a"]);
        assert_eq!(top, ("-a".to_owned(), true, 3));
        let prefix = wanted(&["prefix", "dir", "a", "--limit=1000"]);
        assert_eq!(prefix, ("a".to_owned(), false, 1000));
    }

    #[test]
    fn a_good_line_is_read() {
        let line = [
            "export",
            "--format=csv",
            "--generation",
            "3",
            "--store=1",
            "dir",
        ];
        let asked = read(line.map(OsString::from)).unwrap();
        assert!(matches!(
            asked.task,
            Task::Export {
                format: Format::Csv,
                before_damage: false
            }
        ));
        assert_eq!((asked.generation, asked.store), (Some(3), Some(1)));
        assert_eq!(asked.place, Place::Directory(PathBuf::from("dir")));
    }
}
