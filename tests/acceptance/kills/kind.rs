//! The programs that are killed.

use std::time::Duration;

use crate::acceptance::harness::Launch;

use super::place::Place;
use super::programs;

/// Which program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `network_wordcount`.
    Stateless,
    /// `stateful_network_wordcount`.
    Stateful,
    /// `windowed_network_wordcount`.
    Windowed,
    /// `hdfs_wordcount`.
    Files,
    /// `direct_kafka_wordcount`.
    Kafka,
    /// A program of the tests: `update_state_by_key` over files.
    StatefulFiles,
    /// A program of the tests: `save_as_text_files` and `save_as_json_files` of a socket.
    Saving,
    /// A program of the tests: short windows, with an inverse and without, beside their batches.
    Windows,
    /// A program of the tests: `update_state_by_key` of a socket, behind a function that fails at
    /// some records, which are skipped.
    Poison,
}

/// The batch interval.
pub(super) const INTERVAL: Duration = Duration::from_millis(40);
/// Another one, for programs that go on with it.
const OTHER_INTERVAL: Duration = Duration::from_millis(50);
/// The window of `windowed_network_wordcount`, in seconds.
pub(super) const WINDOW: i64 = 2;
pub(super) const SLIDE: i64 = 1;

/// The settings in which one life differs from the others.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Means<'a> {
    /// `MILLRACE_FAILPOINT`.
    pub(super) failpoint: Option<&'a str>,
    /// True if it has another batch interval.
    pub(super) other_interval: bool,
}

impl Kind {
    pub(super) const ALL: [Kind; 9] = [
        Kind::Stateless,
        Kind::Stateful,
        Kind::Windowed,
        Kind::Files,
        Kind::Kafka,
        Kind::StatefulFiles,
        Kind::Saving,
        Kind::Windows,
        Kind::Poison,
    ];

    /// A word for the head of a column.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Stateless => "stateless",
            Kind::Stateful => "stateful",
            Kind::Windowed => "windowed",
            Kind::Files => "files",
            Kind::Kafka => "kafka",
            Kind::StatefulFiles => "stateful files",
            Kind::Saving => "saving",
            Kind::Windows => "windows",
            Kind::Poison => "poison",
        }
    }

    /// True if its lines come from files.
    pub(super) fn reads_files(self) -> bool {
        matches!(self, Kind::Files | Kind::StatefulFiles)
    }

    /// True if its lines come through a socket and its log.
    pub(super) fn reads_a_socket(self) -> bool {
        !self.reads_files() && self != Kind::Kafka
    }

    /// True if it is judged by the batches that it prints.
    pub(super) fn prints(self) -> bool {
        matches!(
            self,
            Kind::Stateless | Kind::Windowed | Kind::Files | Kind::Kafka
        )
    }

    /// True if it writes files into [`Place::saved`].
    pub(super) fn saves(self) -> bool {
        matches!(self, Kind::Saving | Kind::Windows)
    }

    /// True if it is one of the tests' own, which hear no signals.
    pub(super) fn is_ours(self) -> bool {
        matches!(
            self,
            Kind::StatefulFiles | Kind::Saving | Kind::Windows | Kind::Poison
        )
    }

    /// True if the judge does not ask for the grid of the batches.
    pub(super) fn bears_another_interval(self) -> bool {
        matches!(self, Kind::Stateless | Kind::Stateful)
    }

    /// True if it ever passes this failpoint.
    pub(super) fn may_pass(self, failpoint: &str) -> bool {
        let of_blocks = ["wal.block", "wal.cut.", "checkpoint.blocks."];
        let begins = |heads: &[&str]| heads.iter().any(|head| failpoint.starts_with(head));
        match self {
            // Letters are files, too.
            _ if begins(&["output.file."]) => self.saves() || self == Kind::Poison,
            _ if begins(&["output."]) => self.saves(),
            _ if begins(&of_blocks) => self.reads_a_socket(),
            // It keeps nothing, so that nothing is ever due.
            Kind::Stateless | Kind::Saving => !begins(&["checkpoint.snapshot."]),
            _ => true,
        }
    }

    /// The settings of every life.
    pub(super) fn settings(self, other_interval: bool) -> Vec<(&'static str, String)> {
        let interval = match other_interval {
            true => OTHER_INTERVAL,
            false => INTERVAL,
        };
        let mut settings = vec![
            (
                "millrace.batchInterval",
                format!("{}ms", interval.as_millis()),
            ),
            ("millrace.checkpoint.logBytes", "600".to_owned()),
            ("millrace.print.num", "1000000".to_owned()),
            ("spark.master", "local[2]".to_owned()),
            ("spark.streaming.blockInterval", "10ms".to_owned()),
            // Ten batches are not much on a busy machine.
            ("spark.streaming.gracefulStopTimeout", "10min".to_owned()),
        ];
        if self == Kind::Kafka {
            let starting = "millrace.kafka.startingOffsets";
            settings.push((starting, "earliest".to_owned()));
            // The mock cluster looks for new records when a request has waited so long.
            let wait = "millrace.kafka.client.fetch.wait.max.ms";
            settings.push((wait, "20".to_owned()));
        }
        if self.reads_a_socket() {
            let log = "spark.streaming.receiver.writeAheadLog.enable";
            settings.push((log, "true".to_owned()));
        }
        if self == Kind::Poison {
            settings.push(("millrace.onRecordError", "skip".to_owned()));
            settings.push(("millrace.maxRecordErrors", "1000000".to_owned()));
        }
        settings
    }

    /// The program on a place; what it reads is still to be named.
    pub(super) fn launch(self, place: &Place, means: Means<'_>) -> Launch {
        let mut launch = if self.is_ours() {
            programs::launch(self, place)
        } else {
            let program = match self {
                Kind::Stateful => Launch::stateful(),
                Kind::Windowed => Launch::of(env!("CARGO_BIN_EXE_windowed_network_wordcount")),
                Kind::Files => Launch::of(env!("CARGO_BIN_EXE_hdfs_wordcount")),
                Kind::Kafka => Launch::of(
                    option_env!("CARGO_BIN_EXE_direct_kafka_wordcount").unwrap_or_default(),
                ),
                _ => Launch::network_wordcount(),
            };
            let settings = self.settings(means.other_interval).into_iter();
            settings
                .fold(program, |launch, (key, value)| launch.conf(key, value))
                .arg("--checkpoint-dir")
                .arg(place.state())
                .arg("--recover")
        };
        if let Some(failpoint) = means.failpoint {
            launch = launch.env("MILLRACE_FAILPOINT", failpoint);
        }
        launch
    }
}
