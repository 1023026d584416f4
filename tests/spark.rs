//! Real Spark beside millrace: the programs of `tests/spark/python/cases`, case by case under the
//! same names, judged by what PySpark printed (`tests/spark/recorded`).
//!
//! `tests/spark/README.md` says how cases, inputs and transcripts belong together. A case is here
//! to show what PySpark does; where millrace does otherwise on purpose, `departures.json` says why.

#![allow(clippy::unwrap_used)]

mod spark {
    mod millrace {
        #[macro_use]
        mod case;
        mod files;
        mod inputs;
        mod joins;
        mod pairs;
        mod printing;
        mod rdds;
        mod state;
        mod stateless;
        mod transcript;
        mod transforms;
        mod windows;
    }
}
