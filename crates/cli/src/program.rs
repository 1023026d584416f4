//! The command line of a program: `network_wordcount [options] <host> <port>`.

use std::ffi::OsString;

use millrace_types::{Conf, keys};

use crate::environment::Environment;
use crate::exit::Exit;
use crate::handoff;
use crate::resolved::{Resolved, accept, resolve};
use crate::stderr::announce;
use crate::suggestion::nearest_option;
use crate::typed::{self, Typed};
use crate::usage::usage;
use crate::verbose::describe;

/// A program's account of itself.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The name it is called by.
    pub name: &'static str,
    /// The arguments as the usage shows them, for instance `<hostname> <port>`; empty when the
    /// program takes none.
    pub arguments: &'static str,
    /// The number of arguments that the program takes.
    pub argument_count: usize,
    /// The name of a run that nobody gave one.
    pub app_name: &'static str,
}

impl Program {
    fn call(&self, between: &str) -> String {
        format!("{}{between} {}", self.name, self.arguments)
            .trim_end()
            .to_owned()
    }

    /// The line for a wrong number of arguments, with the mistake that is
    /// likely behind it. A submitted program has no options: they belong to
    /// `millrace-submit`.
    fn wrong_call(&self, typed: &Typed, submitted: bool) -> String {
        let (call, tool) = if submitted {
            let call = format!("{SUBMIT} [options] {}", self.call(""));
            (call, SUBMIT)
        } else {
            (self.call(" [options]"), self.name)
        };
        let before = if submitted {
            "the program's name"
        } else {
            "the arguments"
        };
        let behind = typed.rest.iter().find_map(|word| {
            let shown = word.to_string_lossy();
            if typed::is_option(word) {
                return Some(format!("; {shown} is an option and goes before {before}"));
            }
            let meant = nearest_option(&shown).filter(|_| shown.starts_with("--"))?;
            Some(format!(
                "; {shown} looks like {meant}, which goes before {before}"
            ))
        });
        let number = || {
            let recover = (keys::CHECKPOINT_RECOVER.to_owned(), "true".to_owned());
            let first = typed.rest.first()?.to_str()?;
            let meant = typed.rest.len() == self.argument_count + 1
                && typed.conf.contains(&recover)
                && first.parse::<u32>().is_ok();
            meant.then(|| format!("; generation {first} is written --recover={first}"))
        };
        let hint = behind.or_else(number).unwrap_or_default();
        format!("Usage: {call}{hint} (see {tool} --help)")
    }
}

const SUBMIT: &str = "millrace-submit";

/// A run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The settings, checked; `spark.master` and `spark.app.name` are always
    /// among them. A setting that a program makes here itself is stronger than
    /// anything typed, as in Spark.
    pub conf: Conf,
    /// The arguments, as many as the program takes.
    pub arguments: Vec<String>,
    /// Notes for the user before the run, one line each, for stderr.
    pub notices: Vec<String>,
    /// The text of `--verbose`, for stderr; `None` when nobody asked.
    pub verbose: Option<String>,
}

impl Invocation {
    /// Says the notices, and what `--verbose` asked for, on stderr.
    pub fn announce(&self) {
        announce(&self.notices, self.verbose.as_deref());
    }
}

/// Reads the command line of `program`; `args` do not begin with its name.
///
/// When `millrace-submit` has started the program, all arguments are the
/// program's and the settings come from [`SUBMIT_CONF`](crate::SUBMIT_CONF).
///
/// # Errors
///
/// An [`Exit`] with code 0 for `--help` and `--version`, 255 for a wrong
/// number of arguments, 1 for anything else that keeps the program from
/// running: what cannot be read, and settings that mean nothing.
///
/// ```
/// use millrace_cli::{Environment, Program, parse};
///
/// let program = Program {
///     name: "network_wordcount",
///     arguments: "<hostname> <port>",
///     argument_count: 2,
///     app_name: "network_wordcount",
/// };
/// let args = ["--master", "local[2]", "localhost", "9999"].map(Into::into);
/// let invocation = parse(&program, &Environment::empty(), args).expect("a good command line");
/// assert_eq!(invocation.conf.get("spark.master"), Some("local[2]"));
/// assert_eq!(invocation.arguments, ["localhost", "9999"]);
/// ```
pub fn parse(
    program: &Program,
    environment: &Environment,
    args: impl IntoIterator<Item = OsString>,
) -> Result<Invocation, Exit> {
    let args: Vec<OsString> = args.into_iter().collect();
    let usage = usage(&program.call(" [options]"));
    let submitted = handoff::receive(environment)?;
    let typed = match &submitted {
        Some(_) => Typed {
            rest: args,
            ..Typed::default()
        },
        None => typed::read(&args).map_err(|aside| Exit::aside(aside, &usage, program.name))?,
    };
    if typed.rest.len() != program.argument_count {
        let line = program.wrong_call(&typed, submitted.is_some());
        return Err(Exit::wrong_call(line));
    }
    if typed.explain || typed.shell {
        return Err(Exit::not_python(typed.shell, program.name));
    }
    let arguments = texts(&typed.rest)?;
    let Resolved {
        mut conf,
        notices,
        properties_file,
    } = match submitted {
        Some(conf) => accept(conf)?,
        None => resolve(&typed, environment)?,
    };
    conf.set_if_missing(keys::APP_NAME, program.app_name);
    let verbose = typed
        .verbose
        .then(|| describe(&conf, properties_file.as_deref(), program.name, &arguments));
    Ok(Invocation {
        conf,
        arguments,
        notices,
        verbose,
    })
}

fn texts(args: &[OsString]) -> Result<Vec<String>, Exit> {
    let texts: Option<Vec<String>> = args.iter().map(|arg| Some(arg.to_str()?.into())).collect();
    texts.ok_or_else(|| Exit::error(typed::not_utf8(args)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::handoff::{SUBMIT_CONF, encode};

    const COUNT: Program = Program {
        name: "network_wordcount",
        arguments: "<hostname> <port>",
        argument_count: 2,
        app_name: "NetworkWordCount",
    };

    const USAGE: &str = "Usage: network_wordcount [options] <hostname> <port>";
    const SEE: &str = " (see network_wordcount --help)";

    fn run(environment: &Environment, args: &[&str]) -> Result<Invocation, Exit> {
        parse(&COUNT, environment, args.iter().map(OsString::from))
    }

    fn bare(args: &[&str]) -> Result<Invocation, Exit> {
        run(&Environment::empty(), args)
    }

    #[test]
    fn the_program_of_the_readme_is_an_example() {
        let example = include_str!("../examples/sales.rs");
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&format!("```rust\n{example}```\n")));
    }

    #[test]
    fn a_good_line_is_resolved() {
        let invocation = bare(&["-c", "millrace.maxBatches=3", "localhost", "9999"]).unwrap();
        let settings: Vec<_> = invocation.conf.iter().collect();
        let expected = [
            ("millrace.maxBatches", "3"),
            ("spark.app.name", "NetworkWordCount"),
            ("spark.master", "local[*]"),
        ];
        assert_eq!(settings, expected);
        assert_eq!(invocation.arguments, ["localhost", "9999"]);
        assert!(invocation.notices.is_empty() && invocation.verbose.is_none());
    }

    #[test]
    fn verbose_shows_the_resolved_settings() {
        let verbose = bare(&["-v", "--name=n", "h", "1"])
            .unwrap()
            .verbose
            .unwrap();
        assert!(
            verbose.contains("spark.app.name=n\n  spark.master=local[*]\n"),
            "{verbose}"
        );
        assert!(verbose.ends_with("Arguments:\n  h\n  1"), "{verbose}");
    }

    #[test]
    fn a_wrong_number_of_arguments_shows_one_line() {
        for args in [&[][..], &["h"], &["h", "1", "x"], &["--master", "local"]] {
            let exit = bare(args).unwrap_err();
            assert_eq!(exit.code, 255, "{args:?}");
            assert!(exit.message.starts_with(USAGE), "{}", exit.message);
            assert!(exit.message.ends_with(SEE), "{}", exit.message);
            assert_eq!(exit.message.lines().count(), 1);
        }
        let silent = Program {
            name: "p",
            arguments: "",
            argument_count: 0,
            app_name: "p",
        };
        let exit = parse(&silent, &Environment::empty(), ["x".into()]).unwrap_err();
        assert_eq!(exit.message, "Usage: p [options] (see p --help)");
    }

    #[test]
    fn an_option_behind_the_arguments_is_named() {
        let cases = [
            (&["h", "1", "x"][..], ""),
            (
                &["h", "1", "--master", "local"],
                "; --master is an option and goes before the arguments",
            ),
            (
                &["h", "1", "--conf=a=b"],
                "; --conf=a=b is an option and goes before the arguments",
            ),
            (
                &["h", "1", "-v"],
                "; -v is an option and goes before the arguments",
            ),
            (
                &["h", "1", "--mastr=x"],
                "; --mastr=x looks like --master, which goes before the arguments",
            ),
            (
                &["--recover", "3", "h", "1"],
                "; generation 3 is written --recover=3",
            ),
            (&["3", "h", "1"], ""),
        ];
        for (args, hint) in cases {
            let exit = bare(args).unwrap_err();
            assert_eq!(exit.code, 255, "{args:?}");
            assert_eq!(exit.message, format!("{USAGE}{hint}{SEE}"));
        }
        let submitted = Environment::empty().with(SUBMIT_CONF, encode(&Conf::new()));
        let exit = run(&submitted, &["h", "1", "--master", "x"]).unwrap_err();
        let expected = "Usage: millrace-submit [options] network_wordcount <hostname> <port>; \
            --master is an option and goes before the program's name (see millrace-submit --help)";
        assert_eq!(exit.message, expected);
    }

    #[test]
    fn words_behind_the_first_are_arguments_whatever_they_look_like() {
        let invocation = bare(&["h", "--help"]).unwrap();
        assert_eq!(invocation.arguments, ["h", "--help"]);
    }

    #[test]
    fn every_other_end_has_its_code_and_first_line() {
        let hint = "Time must be specified as seconds (s)";
        let cases = [
            (
                "--help",
                0,
                "Usage: network_wordcount [options] <hostname> <port>",
            ),
            (
                "-h",
                0,
                "Usage: network_wordcount [options] <hostname> <port>",
            ),
            ("--version", 0, "millrace "),
            (
                "--usage-error",
                1,
                "Usage: network_wordcount [options] <hostname> <port>",
            ),
            ("--nosuch", 1, "Error: Unrecognized option: --nosuch"),
            ("--conf=foo", 1, "Error: Invalid argument to --conf: 'foo'"),
            (
                "--properties-file=nosuch.props",
                1,
                "Error: Invalid properties file 'nosuch.props': ",
            ),
            (
                "--master=foo",
                1,
                "Error: no such master: 'foo'; use local, local[N] or local[*]",
            ),
            (
                "--master=locl[2]",
                1,
                "Error: no such master: 'locl[2]'; use local",
            ),
            ("--master=", 1, "Error: no such master: ''; use local"),
            (
                "--master=local[x]",
                1,
                "Error: no such master: 'local[x]'; use local",
            ),
            (
                "--master=local[]",
                1,
                "Error: no such master: 'local[]'; use local",
            ),
            (
                "--master=local[0]",
                1,
                "Error: master 'local[0]' has no thread; use local[1] or more",
            ),
            (
                "--master=local[2147483647]",
                1,
                "Error: master 'local[2147483647]' has more threads than there may be partitions: \
                 at most local[65536]",
            ),
            (
                "--master=yarn",
                1,
                "Error: master 'yarn' is a cluster's, and millrace runs on one machine",
            ),
            (
                "--deploy-mode=x",
                1,
                "Error: Deploy mode must be \"client\", but was",
            ),
            (
                "--deploy-mode=cluster",
                1,
                "Error: Deploy mode \"cluster\" is for a cluster",
            ),
            (
                "--executor-cores=0",
                1,
                "Error: Executor cores must be a positive number",
            ),
            (
                "--driver-memory=x",
                1,
                "Error: Driver memory must be a positive number",
            ),
            ("--kill=x", 1, "Error: --kill speaks to a cluster"),
            ("--status=x", 1, "Error: --status speaks to a cluster"),
            ("--remote=sc://h", 1, "Error: --remote speaks to a cluster"),
            (
                "--conf=millrace.batchInterval=1.5s",
                1,
                "Error: millrace.batchInterval should be a duration",
            ),
            ("--conf=millrace.batchInterval=fast", 1, hint),
            (
                "--conf=millrace.maxBatches=0",
                1,
                "Error: millrace.maxBatches should be a whole number from 1 on, but was '0'",
            ),
            (
                "--conf=millrace.stopAtEof=1",
                1,
                "Error: millrace.stopAtEof should be true or false, but was '1'",
            ),
            (
                "--conf=millrace.print.format=xml",
                1,
                "Error: millrace.print.format should be pyspark, scala or json, but was 'xml'",
            ),
        ];
        for (option, code, expected) in cases {
            let exit = bare(&[option, "localhost", "9999"]).unwrap_err();
            let first = exit.message.lines().next().unwrap();
            assert_eq!(exit.code, code, "{option}: {first}");
            assert!(first.contains(expected), "{option}: {first}");
            let is_error = exit.message.starts_with("Error: ");
            assert!(!is_error || exit.message == first, "an error is one line");
        }
        let exit = bare(&["--master"]).unwrap_err();
        assert_eq!(
            exit.message,
            "Error: Missing argument for option '--master' (see network_wordcount --help)"
        );
    }

    #[test]
    fn a_submitted_program_keeps_every_word() {
        let conf = Conf::from_iter([("spark.master", "local[3]"), ("millrace.nosuch", "1")]);
        let environment = Environment::empty()
            .with(SUBMIT_CONF, encode(&conf))
            .with("MASTER", "local[9]");
        let invocation = run(&environment, &["--master", ""]).unwrap();
        assert_eq!(invocation.arguments, ["--master", ""]);
        assert_eq!(invocation.conf.get("spark.master"), Some("local[3]"));
        assert_eq!(
            invocation.conf.get("spark.app.name"),
            Some("NetworkWordCount")
        );
        assert!(invocation.notices.is_empty());
        assert_eq!(run(&environment, &["--help"]).unwrap_err().code, 255);
    }

    #[test]
    fn submitted_settings_are_checked() {
        for (text, expected) in [
            ("spark.master=locl", "no such master: 'locl'"),
            ("millrace.maxBatches=x", "millrace.maxBatches should be"),
            ("a=\\u1", SUBMIT_CONF),
        ] {
            let exit = run(&Environment::empty().with(SUBMIT_CONF, text), &["h", "1"]).unwrap_err();
            assert_eq!(exit.code, 1);
            assert!(exit.message.contains(expected), "{}", exit.message);
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_argument_that_is_no_text_is_named() {
        use std::os::unix::ffi::OsStringExt;

        let args = [OsString::from_vec(b"h\xff".to_vec()), "1".into()];
        let exit = parse(&COUNT, &Environment::empty(), args).unwrap_err();
        assert_eq!(
            exit,
            Exit::error("Argument is not valid UTF-8: 'h\u{fffd}'")
        );
    }

    proptest! {
        #[test]
        fn no_words_panic(args in prop::collection::vec("(--master|--conf|-c|[a-z=*,.]{0,9})", 0..5)) {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let _ = bare(&args);
        }
    }
}
