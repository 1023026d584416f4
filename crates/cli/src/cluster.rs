//! A Python program whose master is a cluster: it goes to a real Spark.
//!
//! The program that has outgrown the machine moves by one option. `millrace-submit` becomes the
//! `spark-submit` that is there and hands over everything as it was typed, without what only
//! millrace knows: Spark warns of foreign settings and refuses foreign options. All other
//! complaints are left to Spark itself.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use millrace_types::{Conf, Master, MasterError, keys};

use crate::environment::Environment;
use crate::error::CommandError;
use crate::lookup::is_program;
use crate::options::{
    CHECKPOINT_DIR, CONF, EXPLAIN, MEANT, PROGRESS, RECOVER, SUMMARY, SUPERVISE, USAGE_ERROR,
};
use crate::python;

const SPARK_SUBMIT: &str = "spark-submit";

/// The master, if it is a cluster's.
pub(crate) fn master(conf: &Conf) -> Option<&str> {
    let master = conf.get(keys::MASTER)?;
    matches!(Master::parse(master), Err(MasterError::Cluster(_))).then_some(master)
}

/// The `spark-submit` of `SPARK_HOME`, of PATH, or of the interpreter's own `pyspark`.
///
/// # Errors
///
/// One line on how to get one.
pub(crate) fn spark_submit(
    conf: &Conf,
    environment: &Environment,
) -> Result<PathBuf, CommandError> {
    let home = environment.get("SPARK_HOME").map(Path::new);
    (home.map(|home| home.join("bin").join(SPARK_SUBMIT)))
        .filter(|path| is_program(path))
        .or_else(|| on_path(environment))
        .or_else(|| of_interpreter(&python::interpreter(conf, environment).ok()?))
        .ok_or_else(|| CommandError::NoSparkSubmit {
            master: conf.get(keys::MASTER).unwrap_or_default().to_owned(),
        })
}

fn on_path(environment: &Environment) -> Option<PathBuf> {
    let path = environment.get("PATH")?;
    let found = env::split_paths(path).map(|directory| directory.join(SPARK_SUBMIT));
    found.into_iter().find(|path| is_program(path))
}

/// The one in the distribution `pyspark` that the interpreter would import.
fn of_interpreter(interpreter: &Path) -> Option<PathBuf> {
    let question = "import importlib.util as u\n\
                    print(u.find_spec('pyspark').submodule_search_locations[0])";
    let answer = Command::new(interpreter)
        .args(["-c", question])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let directory = String::from_utf8(answer.stdout).ok()?;
    let path = Path::new(directory.trim_end())
        .join("bin")
        .join(SPARK_SUBMIT);
    (answer.status.success() && is_program(&path)).then_some(path)
}

/// The words for spark-submit: `args`, of which all from the `rest`th on are the program's, without
/// the options and settings that are millrace's alone.
pub(crate) fn words(args: &[OsString], rest: usize) -> Vec<OsString> {
    let (options, program) = args.split_at(rest);
    let mut kept = Vec::new();
    let mut options = options.iter();
    while let Some(word) = options.next() {
        let text = word.to_string_lossy();
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (&*text, None),
        };
        let value = match attached {
            None if takes_a_value(name) => options.next(),
            _ => None,
        };
        let value_text = value.map(|value| value.to_string_lossy());
        if !is_ours(name, attached.or(value_text.as_deref())) {
            kept.push(word.clone());
            kept.extend(value.cloned());
        }
    }
    kept.extend_from_slice(program);
    kept
}

fn takes_a_value(name: &str) -> bool {
    let switch = |long: &str| [SUPERVISE, USAGE_ERROR, RECOVER].contains(&long);
    match name.strip_prefix("--") {
        Some(long) => {
            let meant = MEANT.iter().find(|option| option.name == long);
            !switch(long) && meant.is_none_or(|option| option.value.is_some())
        }
        None => (MEANT.iter()).any(|option| is_short(option.short, name) && option.value.is_some()),
    }
}

fn is_short(short: Option<char>, name: &str) -> bool {
    short.is_some_and(|short| name.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4])))
}

/// True if an option says nothing to Spark.
fn is_ours(name: &str, value: Option<&str>) -> bool {
    match name.strip_prefix("--").unwrap_or(name) {
        CHECKPOINT_DIR | RECOVER | EXPLAIN | PROGRESS | SUMMARY => true,
        CONF | "-c" => value.is_some_and(|setting| setting.trim_start().starts_with("millrace.")),
        short => short.strip_prefix("-c").is_some_and(|setting| {
            let setting = setting.trim_start_matches('=').trim_start();
            setting.starts_with("millrace.")
        }),
    }
}

/// Takes out of a command's environment what would make a program of Spark's one of millrace's.
pub(crate) fn without_millrace(command: &mut Command) -> &mut Command {
    let ours = env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"MILLRACE_"));
    for (name, _) in ours {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(options: &[&str], program: &[&str]) -> Vec<String> {
        let args: Vec<OsString> = options.iter().chain(program).map(OsString::from).collect();
        let words = words(&args, options.len());
        (words.iter().map(|word| word.to_string_lossy().into_owned())).collect()
    }

    #[test]
    fn what_is_millraces_alone_is_left_out_and_the_rest_is_as_typed() {
        let options = [
            "--master",
            "yarn",
            "--conf",
            "millrace.a=1",
            "--conf=millrace.b=2",
            "-c",
            " millrace.c=3",
            "-cmillrace.d=4",
            "--checkpoint-dir",
            "--conf",
            "--checkpoint-dir=x",
            "--recover",
            "--recover=3",
            "--summary",
            "--progress",
            "always",
            "--conf",
            "spark.a=millrace.b",
            "-c",
            "spark.b=1",
            "--name",
            "--recover",
            "--supervise",
            "-v",
            "--num-executors",
            "4",
            "--jars=a,b",
        ];
        let program = ["prog.py", "--conf", "millrace.a=1", "--recover", ""];
        let expected = [
            "--master",
            "yarn",
            "--conf",
            "spark.a=millrace.b",
            "-c",
            "spark.b=1",
            "--name",
            "--recover",
            "--supervise",
            "-v",
            "--num-executors",
            "4",
            "--jars=a,b",
            "prog.py",
            "--conf",
            "millrace.a=1",
            "--recover",
            "",
        ];
        assert_eq!(kept(&options, &program), expected);
    }

    #[test]
    fn only_clusters_are_handed_over() {
        let of = |text: &str| master(&Conf::from_iter([(keys::MASTER, text)])).is_some();
        assert!(
            [
                "yarn",
                "spark://h:1",
                "k8s://h",
                "mesos://h",
                "local-cluster[2,1,9]"
            ]
            .map(of)
                == [true; 5]
        );
        assert!(["local", "local[2]", "locl", "yarn-client"].map(of) == [false; 4]);
    }

    #[test]
    fn nothing_to_hand_over_to_is_one_line() {
        let conf = Conf::from_iter([(keys::MASTER, "yarn")]);
        let message = spark_submit(&conf, &Environment::empty()).unwrap_err();
        let message = message.to_string();
        assert!(
            message.starts_with("master 'yarn' is a cluster's"),
            "{message}"
        );
        assert!(!message.contains('\n'), "{message}");
    }
}
