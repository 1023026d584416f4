//! The option or setting that was probably meant: said when one is near, and
//! not at all when none is. A wrong guess sends the reader the wrong way.

use millrace_types::keys::KEYS;

use crate::options::{MEANT, OF_A_CLUSTER, SUPERVISE, WITHOUT_EFFECT};

/// The known key that was probably meant by `typed`, which is none.
///
/// Spark has many settings that mean nothing here, and so a `spark.` key has to
/// be nearer than one of millrace's. A key without its beginning is found too.
pub(crate) fn nearest_key(typed: &str) -> Option<&'static str> {
    let typed = typed.to_lowercase();
    let names = || KEYS.iter().map(|key| key.name);
    let edits = if typed.starts_with("millrace.") {
        typed.len().saturating_sub("millrace.".len()) / 3
    } else {
        2
    };
    // Ours and Spark's are easily taken for each other, and the parts between left out.
    let end = ["millrace.", "spark."]
        .iter()
        .find_map(|front| typed.strip_prefix(front))
        .unwrap_or(&typed);
    nearest(&typed, names(), edits.max(1)).or_else(|| {
        let shortened = |name: &str| {
            let rest = name.to_lowercase();
            rest.strip_suffix(end)
                .is_some_and(|front| front.ends_with('.'))
        };
        names().find(|name| end.len() > 2 && shortened(name))
    })
}

/// The option that was probably meant by `word`, with its dashes.
pub(crate) fn nearest_option(word: &str) -> Option<String> {
    let name = word.trim_start_matches('-');
    let name = name.split_once('=').map_or(name, |(name, _)| name);
    let options = MEANT.iter().map(|option| option.name);
    let options = options
        .chain(WITHOUT_EFFECT.iter().copied())
        .chain(OF_A_CLUSTER.iter().copied())
        .chain([SUPERVISE]);
    let nearest = nearest(&name.to_lowercase(), options, (name.len() / 3).min(2));
    nearest.map(|name| format!("--{name}"))
}

/// The one of these programs that was probably meant by `typed`.
pub(crate) fn nearest_program<'a>(typed: &str, programs: &'a [String]) -> Option<&'a str> {
    let names = programs.iter().map(String::as_str);
    nearest(&typed.to_lowercase(), names, (typed.len() / 4).min(3))
}

/// The name that at most `edits` edits make of `typed`; swapped letters are
/// one edit, and case does not count.
fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>, edits: usize) -> Option<&'a str> {
    names
        .map(|name| (strsim::osa_distance(typed, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= edits)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_key_and_nothing_else_does() {
        let cases = [
            ("millrace.maxBatch", Some("millrace.maxBatches")),
            ("millrace.batchinterval", Some("millrace.batchInterval")),
            ("millrace.stopAtEOF", Some("millrace.stopAtEof")),
            ("millrace.printFormat", Some("millrace.print.format")),
            ("millrace.nosuch", None),
            ("millrace.", None),
            ("millrace.kafka.brokers", None),
            ("maxBatches", Some("millrace.maxBatches")),
            ("print.format", Some("millrace.print.format")),
            (
                "millrace.receiverRestartDelay",
                Some("spark.streaming.receiverRestartDelay"),
            ),
            ("spark.maxBatches", Some("millrace.maxBatches")),
            ("spark.nosuch.maxBatches", None),
            ("s", None),
            ("Spark.master", Some("spark.master")),
            (
                "spark.default.paralelism",
                Some("spark.default.parallelism"),
            ),
            (
                "spark.streaming.blockinterval",
                Some("spark.streaming.blockInterval"),
            ),
            ("spark.app.id", None),
            ("spark.ui.reverseProxy", None),
            ("spark.executor.memory", None),
            ("spark.streaming.dynamicAllocation.enabled", None),
            ("spark.streaming.kafka.maxRetries", None),
            ("spark.streaming.driver.writeAheadLog.maxFailures", None),
        ];
        for (typed, key) in cases {
            assert_eq!(nearest_key(typed), key, "{typed}");
        }
    }

    #[test]
    fn a_slip_finds_its_option_and_nothing_else_does() {
        let cases = [
            ("--mastre", Some("--master")),
            ("--mastr=local", Some("--master")),
            ("-master", Some("--master")),
            ("--Conf", Some("--conf")),
            ("--property-file", None),
            ("--properties-fil", Some("--properties-file")),
            ("--checkpointdir", Some("--checkpoint-dir")),
            ("--driver-memry", Some("--driver-memory")),
            ("--recovery", Some("--recover")),
            ("--nosuch", None),
            ("-x", None),
            ("-", None),
            ("--", None),
        ];
        for (typed, option) in cases {
            assert_eq!(nearest_option(typed).as_deref(), option, "{typed}");
        }
    }
}
