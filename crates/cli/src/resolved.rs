//! The second step: what was typed, together with the properties file, the
//! environment and the defaults.
//!
//! Spark 3.5 takes a setting from the first of: the program, the options, the
//! properties file *or* `spark-defaults.conf`, the environment, the built-in
//! default. The program comes after this module and is the strongest because
//! it sets what it likes on the result.

use std::fs;
use std::path::{Path, PathBuf};

use millrace_types::{Conf, Master, keys};

use crate::environment::Environment;
use crate::error::{CommandError, Unreadable};
use crate::exit::Exit;
use crate::origins::Origins;
use crate::properties::{self, Property};
use crate::suggestion::nearest_key;
use crate::typed::Typed;
use crate::validation::{DEPLOY_MODE_KEY, check_settings, check_typed, typed_deploy_mode};

/// The settings of a run, before the program has said anything.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// Checked settings; `spark.master` is always among them.
    pub(crate) conf: Conf,
    /// Notes for the user, one line each.
    pub(crate) notices: Vec<String>,
    /// The properties file that was read.
    pub(crate) properties_file: Option<PathBuf>,
}

/// The settings of all layers, before anything is checked.
pub(crate) struct Layered {
    pub(crate) conf: Conf,
    origins: Origins,
    notices: Vec<String>,
    properties_file: Option<PathBuf>,
}

/// Puts the layers on each other.
///
/// # Errors
///
/// If the properties file cannot be read.
pub(crate) fn layered(typed: &Typed, environment: &Environment) -> Result<Layered, Exit> {
    let mut conf = Conf::from_iter(typed.conf.iter().cloned());
    for (key, option) in [(keys::MASTER, &typed.master), (keys::APP_NAME, &typed.name)] {
        // Spark 3.5: an option of its own beats the same setting in --conf.
        if let Some(value) = option {
            conf.set(key, value);
        }
    }
    let properties_file = properties_file(typed, environment);
    let mut origins = Origins::default();
    if let Some(path) = &properties_file {
        let settings = read_file(path).map_err(|why| CommandError::Properties {
            file: path.clone(),
            why,
        })?;
        for (key, Property { value, line }) in settings {
            if !conf.contains(&key) {
                origins.note(&key, format!("{}:{line}", path.display()));
                conf.set(key, value);
            }
        }
    }
    let notices = drop_foreign_keys(&mut conf, &origins);
    if let Some(master) = text_of(environment, "MASTER").filter(|_| !conf.contains(keys::MASTER)) {
        origins.note(keys::MASTER, "MASTER in the environment".to_owned());
        conf.set(keys::MASTER, master);
    }
    conf.set_if_missing(keys::MASTER, Master::DEFAULT.to_string());

    Ok(Layered {
        conf,
        origins,
        notices,
        properties_file,
    })
}

fn text_of(environment: &Environment, name: &str) -> Option<String> {
    let value = environment.get(name)?;
    Some(value.to_string_lossy().into_owned())
}

/// Resolves what was typed.
pub(crate) fn resolve(typed: &Typed, environment: &Environment) -> Result<Resolved, Exit> {
    check_typed(typed)?;
    let Layered {
        conf,
        origins,
        mut notices,
        properties_file,
    } = layered(typed, environment)?;
    let deploy_mode = typed_deploy_mode(typed)
        .or(conf.get(DEPLOY_MODE_KEY))
        .map(str::to_owned)
        .or_else(|| text_of(environment, "DEPLOY_MODE"));
    check_settings(&conf, deploy_mode.as_deref(), &origins)?;

    notices.extend(without_effect(typed));
    Ok(Resolved {
        conf,
        notices,
        properties_file,
    })
}

/// Settings that were resolved before, by `millrace-submit`. They are checked
/// all the same, since anyone can write the variable they came in.
pub(crate) fn accept(mut conf: Conf) -> Result<Resolved, Exit> {
    conf.set_if_missing(keys::MASTER, Master::DEFAULT.to_string());
    check_settings(&conf, None, &Origins::default())?;
    Ok(Resolved {
        conf,
        notices: Vec::new(),
        properties_file: None,
    })
}

/// The one properties file that counts: the one typed, else the defaults of
/// the configuration directory; never both.
fn properties_file(typed: &Typed, environment: &Environment) -> Option<PathBuf> {
    let defaults = || {
        let directory = Path::new(environment.get("SPARK_CONF_DIR")?);
        Some(directory.join("spark-defaults.conf")).filter(|path| path.is_file())
    };
    typed.properties_file.clone().or_else(defaults)
}

fn read_file(path: &Path) -> Result<impl Iterator<Item = (String, Property)>, Unreadable> {
    let bytes = fs::read(path).map_err(Unreadable::Io)?;
    // Editors put a mark in front that nobody sees; it would be the beginning of the first key.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let settings = properties::parse(&String::from_utf8_lossy(bytes))?;
    // Spark 3.5 trims values as Java trims, but keeps line ends that escapes
    // have put there.
    let trimmed = |c: char| c <= ' ' && c != '\r' && c != '\n';
    Ok(settings.into_iter().map(move |(key, mut property)| {
        property.value = property.value.trim_matches(trimmed).to_owned();
        (key, property)
    }))
}

/// Drops the keys that are neither Spark's nor millrace's, and points at the
/// ones of millrace's that do not exist.
fn drop_foreign_keys(conf: &mut Conf, origins: &Origins) -> Vec<String> {
    let mut notices = Vec::new();
    let mut foreign = Vec::new();
    let is_known = |key| keys::find(key).is_some() || keys::is_client_parameter(key);
    for (key, _) in conf.iter().filter(|(key, _)| !is_known(key)) {
        let (ours, sparks) = (key.starts_with("millrace."), key.starts_with("spark."));
        let hint = match nearest_key(key) {
            Some(nearest) => format!("; did you mean {nearest}?"),
            // One of Spark's many that mean nothing on one machine.
            None if sparks => continue,
            None if ours => "; --help lists the settings".to_owned(),
            None => String::new(),
        };
        let what = if ours || sparks {
            "Unknown setting"
        } else {
            foreign.push(key.to_owned());
            "Ignoring non-Spark config property:"
        };
        notices.push(format!("Warning: {}{what} '{key}'{hint}", origins.of(key)));
    }
    for key in foreign {
        conf.remove(&key);
    }
    notices
}

/// One line for all options that were typed in vain.
fn without_effect(typed: &Typed) -> Option<String> {
    let options: Vec<String> = typed
        .without_effect
        .iter()
        .map(|(name, _)| format!("--{name}"))
        .collect();
    let list = options.join(", ");
    (!options.is_empty()).then(|| format!("Warning: No effect on one machine: {list}"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::typed;

    fn resolved(environment: &Environment, args: &[&str]) -> Resolved {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        resolve(&typed::read(&args).unwrap(), environment).unwrap()
    }

    #[test]
    fn the_strongest_layer_wins() {
        let directory = tempfile::tempdir().unwrap();
        let defaults = directory.path().join("spark-defaults.conf");
        fs::write(
            &defaults,
            "spark.master local[5]\nspark.app.name=defaults\n",
        )
        .unwrap();
        let typed_file = directory.path().join("typed.props");
        fs::write(&typed_file, "spark.master: local[4] \n").unwrap();
        let file = format!("--properties-file={}", typed_file.display());

        let bare = Environment::empty();
        let variable = bare.clone().with("MASTER", "local[6]");
        let all = variable.clone().with("SPARK_CONF_DIR", directory.path());
        let conf = "--conf=spark.master=local[3]";
        let flag = "--master=local[2]";
        let cases = [
            (&all, &[flag, conf, &file][..], "local[2]", None),
            (&all, &[conf, &file], "local[3]", None),
            (&all, &[&file], "local[4]", None),
            (&all, &[], "local[5]", Some("defaults")),
            (&all, &["--name=typed"], "local[5]", Some("typed")),
            (&variable, &[], "local[6]", None),
            (&bare, &[], "local[*]", None),
            (
                &bare,
                &["-c", "spark.app.name=a", "-c", "spark.app.name=b"],
                "local[*]",
                Some("b"),
            ),
        ];
        for (environment, args, master, name) in cases {
            let conf = resolved(environment, args).conf;
            assert_eq!(conf.get(keys::MASTER), Some(master), "{args:?}");
            assert_eq!(conf.get(keys::APP_NAME), name, "{args:?}");
        }
    }

    #[test]
    fn a_configuration_directory_without_defaults_is_no_error() {
        let directory = tempfile::tempdir().unwrap();
        let environment = Environment::empty().with("SPARK_CONF_DIR", directory.path());
        assert_eq!(resolved(&environment, &[]).properties_file, None);
    }

    #[test]
    fn values_of_a_file_are_trimmed_and_a_mark_in_front_is_no_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("p");
        fs::write(
            &path,
            b"\xef\xbb\xbfspark.a =  x y \t\nspark.b = \\ \\n x\xff\n",
        )
        .unwrap();
        let file = format!("--properties-file={}", path.display());
        let resolved = resolved(&Environment::empty(), &[&file]);
        assert_eq!(resolved.conf.get("spark.a"), Some("x y"));
        assert_eq!(resolved.conf.get("spark.b"), Some("\n x\u{fffd}"));
        assert_eq!(resolved.properties_file, Some(path));
    }

    #[test]
    fn notices_name_what_has_no_effect() {
        let args = [
            "--queue=q",
            "--conf=bar.baz=1",
            "--conf=millrace.maxBatch=3",
            "--conf=maxBatches=3",
            "--conf=millrace.nosuch=3",
            "--conf=spark.default.paralelism=3",
            "--deploy-mode=client",
            "--conf=spark.anything=1",
        ];
        let resolved = resolved(&Environment::empty(), &args);
        let expected = [
            "Warning: Ignoring non-Spark config property: 'bar.baz'",
            "Warning: Ignoring non-Spark config property: 'maxBatches'; did you mean \
             millrace.maxBatches?",
            "Warning: Unknown setting 'millrace.maxBatch'; did you mean millrace.maxBatches?",
            "Warning: Unknown setting 'millrace.nosuch'; --help lists the settings",
            "Warning: Unknown setting 'spark.default.paralelism'; did you mean \
             spark.default.parallelism?",
            "Warning: No effect on one machine: --deploy-mode, --queue",
        ];
        assert_eq!(resolved.notices, expected);
        assert!(!resolved.conf.contains("bar.baz"));
        assert!(resolved.conf.contains("spark.anything"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.conf");
        let file = path.display();
        let option = format!("--properties-file={file}");
        let refused = |environment: &Environment, text: &str, args: &[&str]| {
            fs::write(&path, text).unwrap();
            let args = [&[option.as_str()], args].concat();
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            resolve(&typed::read(&args).unwrap(), environment)
                .unwrap_err()
                .message
        };
        let bare = Environment::empty();
        let message = refused(&bare, "# no\nmillrace.maxBatches = no\n", &[]);
        let start = format!("Error: {file}:2: millrace.maxBatches should be");
        assert!(message.starts_with(&start), "{message}");
        let message = refused(&bare, "\nspark.master=locl", &[]);
        let start = format!("Error: {file}:2: no such master: 'locl'");
        assert!(message.starts_with(&start), "{message}");
        let message = refused(&bare, "spark.submit.deployMode=x", &[]);
        let start = format!("Error: {file}:1: Deploy mode must");
        assert!(message.starts_with(&start), "{message}");
        // What is typed is what is wrong then.
        let typed = ["--conf", "millrace.maxBatches=0"];
        let message = refused(&bare, "millrace.maxBatches=no\n", &typed);
        assert!(message.starts_with("Error: millrace.max"), "{message}");
        let environment = bare.with("MASTER", "locl");
        let message = refused(&environment, "", &[]);
        let start = "Error: MASTER in the environment: no such master: 'locl'";
        assert!(message.starts_with(start), "{message}");
        fs::write(&path, "a=1\nspark.default.paralelism=2\n").unwrap();
        let notices = resolved(&Environment::empty(), &[&option]).notices;
        let starts = ["1: Ignoring", "2: Unknown setting"].map(|s| format!("Warning: {file}:{s}"));
        for (notice, start) in notices.iter().zip(starts) {
            assert!(notice.starts_with(&start), "{notice}");
        }
    }

    #[test]
    fn the_deploy_mode_comes_from_every_layer() {
        let cluster = Environment::empty().with("DEPLOY_MODE", "cluster");
        let refused = |environment: &Environment, args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            resolve(&typed::read(&args).unwrap(), environment).is_err()
        };
        assert!(refused(&cluster, &[]));
        assert!(!refused(&cluster, &["--deploy-mode=client"]));
        assert!(refused(
            &Environment::empty(),
            &["--conf=spark.submit.deployMode=cluster"]
        ));
    }
}
