//! Real Spark beside millrace: the programs of `python/cases`, case by case under the same names,
//! judged by what PySpark printed (`recorded`).
//!
//! `README.md` says how cases, inputs and transcripts belong together. A case is here to show what
//! PySpark does; where millrace does otherwise on purpose, `departures.json` says why.
//!
//! A package of its own: it instantiates most of the engine and runs for seconds, so that it is
//! compiled without optimisation, unlike the programs that the black-box tests run.

#![cfg(test)]
#![allow(clippy::unwrap_used)]

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
