//! Values that spark-submit refuses before it starts anything.
//!
//! Options without effect are checked as well. A command line that Spark would
//! refuse is a mistake here too, and the one who typed it wants to know.

use millrace_types::{ByteSize, ByteUnit, Conf, Master, keys};

use crate::error::CommandError;
use crate::options::DEPLOY_MODE;
use crate::origins::Origins;
use crate::typed::Typed;

/// Spark 3.5: numbers of options that must be above zero, by what its message
/// calls them. Text that is no number is refused with the same words.
const POSITIVE: &[(&str, &str, Holds)] = &[
    ("driver-memory", "Driver memory", is_positive_size),
    ("executor-memory", "Executor memory", is_positive_size),
    ("driver-cores", "Driver cores", is_positive_count),
    ("executor-cores", "Executor cores", is_positive_count),
    (
        "total-executor-cores",
        "Total executor cores",
        is_positive_count,
    ),
    ("num-executors", "Number of executors", is_positive_count),
];

type Holds = fn(&str) -> bool;

fn is_positive_size(text: &str) -> bool {
    ByteSize::parse(text, ByteUnit::Bytes).is_ok_and(|size| size.as_bytes() > 0)
}

fn is_positive_count(text: &str) -> bool {
    text.parse::<i32>().is_ok_and(|count| count > 0)
}

/// Checks what was typed, whatever the settings around it.
pub(crate) fn check_typed(typed: &Typed) -> Result<(), CommandError> {
    if let Some(option) = typed.of_a_cluster {
        return Err(CommandError::OfACluster(option));
    }
    for (option, called, holds) in POSITIVE {
        if let Some(value) = value_of(typed, option).filter(|value| !holds(value)) {
            return Err(CommandError::NotPositive {
                called,
                option,
                value: value.to_owned(),
            });
        }
    }
    Ok(())
}

/// Checks the resolved settings; `deploy_mode` is what was typed, or what the
/// environment says.
pub(crate) fn check_settings(
    conf: &Conf,
    deploy_mode: Option<&str>,
    origins: &Origins,
) -> Result<(), CommandError> {
    if let Some(master) = conf.get(keys::MASTER) {
        let place = origins.of(keys::MASTER);
        Master::parse(master).map_err(|why| CommandError::Master { place, why })?;
    }
    let place = origins.of(DEPLOY_MODE_KEY);
    if let Some(mode) = deploy_mode.filter(|mode| *mode != "client") {
        let mode = mode.to_owned();
        return Err(CommandError::DeployMode { place, mode });
    }
    keys::check(conf).map_err(|why| CommandError::Setting {
        place: origins.of(why.key()),
        why: Box::new(why),
    })
}

/// Spark's own key for the deploy mode, which a properties file may hold.
pub(crate) const DEPLOY_MODE_KEY: &str = "spark.submit.deployMode";

/// The deploy mode that was typed.
pub(crate) fn typed_deploy_mode(typed: &Typed) -> Option<&str> {
    value_of(typed, DEPLOY_MODE)
}

fn value_of<'a>(typed: &'a Typed, option: &str) -> Option<&'a str> {
    let entry = typed
        .without_effect
        .iter()
        .find(|(name, _)| *name == option)?;
    entry.1.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_options_must_be_positive() {
        let cases = [
            ("driver-memory", "1g", None),
            (
                "driver-memory",
                "0",
                Some("Driver memory must be a positive number"),
            ),
            (
                "executor-memory",
                "x",
                Some("Executor memory must be a positive number"),
            ),
            (
                "driver-cores",
                "-1",
                Some("Driver cores must be a positive number"),
            ),
            ("executor-cores", "1", None),
            (
                "executor-cores",
                "0",
                Some("Executor cores must be a positive number"),
            ),
            (
                "total-executor-cores",
                "",
                Some("Total executor cores must be a positive number"),
            ),
            (
                "num-executors",
                "0",
                Some("Number of executors must be a positive number"),
            ),
            ("queue", "0", None),
        ];
        for (option, value, start) in cases {
            let without_effect = vec![(option, Some(value.to_owned()))];
            let outcome = check_typed(&Typed {
                without_effect,
                ..Typed::default()
            });
            match (outcome, start) {
                (Ok(()), None) => {}
                (Err(error), Some(start)) => {
                    let message = error.to_string();
                    assert!(message.starts_with(start), "{message}");
                    assert!(
                        message.contains(&format!("--{option} '{value}'")),
                        "{message}"
                    );
                }
                (outcome, _) => panic!("{option} {value}: {outcome:?}"),
            }
        }
    }

    #[test]
    fn the_master_is_looked_at_before_the_deploy_mode() {
        let conf = |master| Conf::from_iter([(keys::MASTER, master)]);
        let check = |master, mode| {
            check_settings(&conf(master), mode, &Origins::default())
                .unwrap_err()
                .to_string()
        };
        assert!(check("locl[2]", Some("cluster")).contains("'locl[2]'"));
        assert!(check("local[2]", Some("cluster")).starts_with("Deploy mode \"cluster\""));
        assert!(check("local[2]", Some("x")).contains("'x'"));
        let client = check_settings(&conf("local[2]"), Some("client"), &Origins::default());
        client.unwrap();
    }
}
