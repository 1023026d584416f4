//! The text of `--verbose`.

use std::fmt::Write;
use std::path::Path;

use millrace_types::{Conf, redacted};

/// The resolved settings in the order of their keys, secrets hidden, and the
/// arguments of the program.
pub(crate) fn describe(
    conf: &Conf,
    properties_file: Option<&Path>,
    program: &str,
    arguments: &[String],
) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    if let Some(path) = properties_file {
        let _ = writeln!(text, "Properties file: {}", path.display());
    }
    text.push_str("Settings:\n");
    for (key, value) in conf.iter() {
        let _ = writeln!(text, "  {key}={}", redacted(key, value));
    }
    let _ = write!(text, "Program: {program}\nArguments:");
    for argument in arguments {
        let _ = write!(text, "\n  {argument}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_sorted_and_secrets_hidden() {
        let conf = Conf::from_iter([("spark.b", "2"), ("spark.a.password", "hunter2")]);
        let arguments = ["localhost".to_owned(), "9999".to_owned()];
        let text = describe(&conf, Some(Path::new("f")), "p", &arguments);
        let expected = "Properties file: f\n\
            Settings:\n  spark.a.password=*********(redacted)\n  spark.b=2\n\
            Program: p\nArguments:\n  localhost\n  9999";
        assert_eq!(text, expected);
    }
}
