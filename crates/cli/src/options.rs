//! The options of spark-submit: one table for reading them and for `--help`.

/// An option that does something here.
#[derive(Debug)]
pub(crate) struct Meant {
    /// The long name, without its dashes.
    pub(crate) name: &'static str,
    /// The short name, if there is one.
    pub(crate) short: Option<char>,
    /// The name of its value; `None` for a switch.
    pub(crate) value: Option<&'static str>,
    /// The effect of the option, in a few words.
    pub(crate) help: &'static str,
}

pub(crate) const MASTER: &str = "master";
pub(crate) const NAME: &str = "name";
pub(crate) const CONF: &str = "conf";
pub(crate) const PROPERTIES_FILE: &str = "properties-file";
pub(crate) const CHECKPOINT_DIR: &str = "checkpoint-dir";
pub(crate) const RECOVER: &str = "recover";
/// Has a meaning for Python programs alone.
pub(crate) const EXPLAIN: &str = "explain";
pub(crate) const PROGRESS: &str = "progress";
pub(crate) const SUMMARY: &str = "summary";
/// Starts Python with what a shell has, or a Python program in that.
pub(crate) const SHELL: &str = "shell";
pub(crate) const VERBOSE: &str = "verbose";
pub(crate) const VERSION: &str = "version";
pub(crate) const HELP: &str = "help";
/// Shows the usage as an error would; Spark 3.5 hides it too.
pub(crate) const USAGE_ERROR: &str = "usage-error";
pub(crate) const DEPLOY_MODE: &str = "deploy-mode";
/// Has an effect on Python programs alone, as has the next one.
pub(crate) const PY_FILES: &str = "py-files";
pub(crate) const FILES: &str = "files";
/// The two with their values and effects, for `--help`.
pub(crate) const OF_PYTHON: &[(&str, &str, &str)] = &[
    (
        PY_FILES,
        "LIST",
        "of a Python program: modules and archives, with commas, for its path",
    ),
    (
        FILES,
        "LIST",
        "of a Python program: files, with commas, which SparkFiles finds",
    ),
];

const fn meant(
    name: &'static str,
    short: Option<char>,
    value: Option<&'static str>,
    help: &'static str,
) -> Meant {
    Meant {
        name,
        short,
        value,
        help,
    }
}

/// The options that do something, in the order `--help` shows them.
pub(crate) const MEANT: &[Meant] = &[
    meant(
        MASTER,
        None,
        Some("MASTER"),
        "local, local[N], local[*], local[N,F] or local[*,F]",
    ),
    meant(NAME, None, Some("NAME"), "name of the run"),
    meant(
        CONF,
        Some('c'),
        Some("KEY=VALUE"),
        "a setting; repeatable, the last of a key counts",
    ),
    meant(
        PROPERTIES_FILE,
        None,
        Some("FILE"),
        "settings, instead of spark-defaults.conf",
    ),
    meant(
        CHECKPOINT_DIR,
        None,
        Some("DIR"),
        "where state is kept, instead of the program's directory",
    ),
    meant(
        RECOVER,
        None,
        None,
        "go on from what is there; --recover=N: from generation N",
    ),
    meant(
        EXPLAIN,
        None,
        None,
        "of a Python program: show where its functions run, and end",
    ),
    meant(
        SHELL,
        None,
        None,
        "an interactive Python with sc and spark; or run a Python program with them",
    ),
    meant(
        PROGRESS,
        None,
        Some("WHEN"),
        "a live line on a terminal's stderr: auto, always or never",
    ),
    meant(
        SUMMARY,
        None,
        None,
        "show the figures of the run on stderr when it ends",
    ),
    meant(VERBOSE, Some('v'), None, "show the resolved settings"),
    meant(VERSION, None, None, "show the version"),
    meant(HELP, Some('h'), None, "show this"),
];

/// Options with a value that spark-submit knows and that mean nothing on one
/// machine, or nothing to a native program.
pub(crate) const WITHOUT_EFFECT: &[&str] = &[
    DEPLOY_MODE,
    "class",
    "jars",
    "packages",
    "exclude-packages",
    "repositories",
    PY_FILES,
    FILES,
    "archives",
    "driver-memory",
    "driver-java-options",
    "driver-library-path",
    "driver-class-path",
    "driver-cores",
    "executor-memory",
    "executor-cores",
    "total-executor-cores",
    "num-executors",
    "proxy-user",
    "principal",
    "keytab",
    "queue",
];

/// The one switch among them.
pub(crate) const SUPERVISE: &str = "supervise";

/// Options that speak to a cluster. They are refused: doing nothing would look
/// like having done it, or like running elsewhere.
pub(crate) const OF_A_CLUSTER: &[&str] = &["kill", "status", "remote"];
