//! The text of `--help` and of `--version`.

use std::fmt::Write;

use millrace_types::keys::KEYS;

use crate::options::{MEANT, OF_PYTHON};

/// The usage of a program called as `call` says, for instance
/// `network_wordcount [options] <hostname> <port>`.
pub(crate) fn usage(call: &str) -> String {
    let mut text =
        format!("Usage: {call}\n\nOptions, spark-submit's and some of millrace's own:\n");
    for option in MEANT {
        let short = option
            .short
            .map(|short| format!("-{short}, "))
            .unwrap_or_default();
        let value = option
            .value
            .map(|value| format!(" {value}"))
            .unwrap_or_default();
        line(
            &mut text,
            &format!("{short}--{}{value}", option.name),
            28,
            option.help,
        );
    }
    for (name, value, help) in OF_PYTHON {
        line(&mut text, &format!("--{name} {value}"), 28, help);
    }
    text.push_str(
        "\n--option=VALUE works as well. spark-submit's other options are accepted and have\n\
         no effect on one machine; those that speak to a cluster are refused.\n\n\
         A setting is taken from the first of: the program, the options, the properties\n\
         file (else $SPARK_CONF_DIR/spark-defaults.conf), the environment (MASTER), the\n\
         default. Durations are written 200ms, 5s or 2m (a bare number counts\n\
         milliseconds; of minRememberDuration, seconds), sizes 64k, 256m or 1g.\n\n\
         Settings:\n",
    );
    let width = KEYS.iter().map(|key| key.name.len()).max().unwrap_or(0) + 2;
    for key in KEYS {
        let meaning = format!("{} ({})", key.meaning, key.default);
        line(&mut text, key.name, width, &meaning);
    }
    text.truncate(text.trim_end().len());
    text
}

fn line(text: &mut String, what: &str, width: usize, meaning: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {what:width$}{meaning}");
}

/// The text of `--version`.
pub(crate) fn version() -> String {
    format!(
        "millrace {}, speaking Spark 3.5's DStream API",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_and_key_is_shown_within_a_line() {
        let text = usage("p [options] <x>");
        assert!(text.starts_with("Usage: p [options] <x>\n"));
        for name in KEYS
            .iter()
            .map(|key| key.name)
            .chain(MEANT.iter().map(|o| o.name))
        {
            assert!(text.contains(&format!("{name} ")), "{name}");
        }
        for line in text.lines() {
            assert!(line.len() <= 120, "{line}");
        }
    }
}
