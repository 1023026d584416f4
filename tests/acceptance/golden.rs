//! The transcripts of real PySpark, against the model and against the
//! programs.

use serde_json::Value;

use super::harness::Launch;
use super::model::Model;
use super::play::{self, Kind};

/// One input of `tests/golden` with what PySpark printed for it.
struct Case {
    kind: Kind,
    threads: usize,
    messages: &'static str,
    bodies: &'static str,
}

macro_rules! case {
    ($kind:ident, $threads:literal, $input:literal, $output:literal) => {
        Case {
            kind: Kind::$kind,
            threads: $threads,
            messages: include_str!(concat!("../golden/", $input, ".json")),
            bodies: include_str!(concat!("../golden/", $output, ".out")),
        }
    };
}

macro_rules! cases {
    ($($name:ident = $case:expr;)*) => {
        /// Every transcript there is.
        const CASES: &[Case] = &[$($case),*];

        mod the_programs_print_what_pyspark_printed {
            use super::*;
            $(#[test] fn $name() { $case.run(); })*
        }
    };
}

cases! {
    basic_2 = case!(Stateless, 2, "basic", "spark_l2_basic");
    basic_4 = case!(Stateless, 4, "basic", "spark_l4_basic");
    edges_2 = case!(Stateless, 2, "edges", "spark_l2_edges");
    edges_4 = case!(Stateless, 4, "edges", "spark_l4_edges");
    unicode_2 = case!(Stateless, 2, "unicode", "spark_l2_unicode");
    unicode_4 = case!(Stateless, 4, "unicode", "spark_l4_unicode");
    stateful_basic_2 = case!(Stateful, 2, "basic", "spark_stateful_l2_basic");
    stateful_basic_4 = case!(Stateful, 4, "basic", "spark_stateful_l4_basic");
    stateful_unicode_2 = case!(Stateful, 2, "unicode", "spark_stateful_l2_unicode");
    stateful_unicode_4 = case!(Stateful, 4, "unicode", "spark_stateful_l4_unicode");
}

impl Case {
    fn messages(&self) -> Vec<Vec<u8>> {
        let list: Value = serde_json::from_str(self.messages).unwrap();
        let bytes = |message: &Value| match (message["text"].as_str(), message["hex"].as_str()) {
            (Some(text), None) => text.as_bytes().to_vec(),
            (None, Some(hex)) => (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect(),
            _ => panic!("a message is text or hex: {message}"),
        };
        list.as_array().unwrap().iter().map(bytes).collect()
    }

    fn bodies(&self) -> Vec<&'static str> {
        self.bodies.trim_end_matches('\n').split("\n\n").collect()
    }

    fn model(&self) -> Model {
        self.kind.model(self.threads)
    }

    /// Plays the input to the real program, each message in a batch of its own.
    fn run(&self) {
        let launch = match self.kind {
            Kind::Stateless => Launch::network_wordcount(),
            Kind::Stateful => Launch::stateful(),
        };
        let launch = launch.threads(self.threads);
        let printed = play::messages(launch, self.kind, self.model(), &self.messages());
        assert_eq!(without_repeats(printed), self.bodies());
    }
}

/// The bodies as the transcripts were taken: no empty ones, and no repeated
/// ones.
fn without_repeats(bodies: Vec<String>) -> Vec<String> {
    let mut bodies = bodies;
    bodies.retain(|body| !body.is_empty());
    bodies.dedup();
    bodies
}

#[test]
fn the_model_says_what_pyspark_printed() {
    for case in CASES {
        let mut model = case.model();
        let mut bodies = vec![model.batch(b"")];
        bodies.extend(case.messages().iter().map(|message| model.batch(message)));
        bodies.push(model.end());
        assert_eq!(without_repeats(bodies), case.bodies());
    }
}
