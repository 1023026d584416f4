//! The handover of the resolved settings from `millrace-submit` to the program
//! it becomes.
//!
//! Everything behind the program's name is the program's, word for word: even
//! `--master`, even an empty string. So the settings cannot travel as
//! arguments, where the program would have to guess which are whose. They
//! travel in the environment variable [`SUBMIT_CONF`], and the rule is: *a
//! program that finds the variable takes its settings from there and all of
//! its arguments as its own*. It reads neither properties files nor `MASTER`
//! again, because `millrace-submit` has read them already.
//!
//! The value is text in the grammar of `java.util.Properties`, one setting a
//! line, printable ASCII only. A native program that was not written with this
//! crate gets its arguments as they were typed and need not know the variable.
//! A shell script between the two passes both on without knowing either. A
//! program that starts another millrace program with options of its own has to
//! take the variable out of the child's environment.
//!
//! Settings may hold secrets; other users of a machine can read arguments, but
//! not the environment.

use millrace_types::Conf;

use crate::environment::Environment;
use crate::error::{CommandError, Unreadable};
use crate::properties;

/// The environment variable that carries the settings of a submitted program.
pub const SUBMIT_CONF: &str = "MILLRACE_SUBMIT_CONF";

/// The value of [`SUBMIT_CONF`] for `conf`; never empty, so that a program can
/// tell no settings from no submission.
pub(crate) fn encode(conf: &Conf) -> String {
    format!(
        "# settings of millrace-submit\n{}",
        properties::write(conf.iter())
    )
}

/// The settings that were handed to this program, if it was submitted.
///
/// # Errors
///
/// One line, when the variable does not hold what [`encode`] writes.
pub(crate) fn receive(environment: &Environment) -> Result<Option<Conf>, CommandError> {
    let Some(value) = environment.get(SUBMIT_CONF) else {
        return Ok(None);
    };
    let text = value.to_str().ok_or(Unreadable::NotText);
    let settings = text.and_then(|text| Ok(properties::parse(text)?));
    let settings = settings.map_err(CommandError::Handoff)?;
    let settings = settings.into_iter();
    Ok(Some(Conf::from_iter(
        settings.map(|(key, property)| (key, property.value)),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_arrive_as_they_left() {
        for conf in [
            Conf::new(),
            Conf::from_iter([("spark.app.name", " a=b\n\u{1f600}#\\ ")]),
        ] {
            let environment = Environment::empty().with(SUBMIT_CONF, encode(&conf));
            assert_eq!(receive(&environment).unwrap(), Some(conf));
        }
    }

    #[test]
    fn nothing_handed_over_is_not_an_empty_handover() {
        assert_eq!(receive(&Environment::empty()).unwrap(), None);
        let broken = Environment::empty().with(SUBMIT_CONF, "a=\\u12");
        assert!(
            receive(&broken)
                .unwrap_err()
                .to_string()
                .contains(SUBMIT_CONF)
        );
    }
}
