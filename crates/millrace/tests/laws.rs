//! The laws of the engine (`docs/ARCHITECTURE.md`), each with tests that name it.
//!
//! Every test runs the real engine, threads included, and judges it by what a program sees.
//! Beside every operator stands a reference model as plain as it could be written; what goes in
//! is drawn at random, and so are the cuts, the workers and the partitions, because the laws
//! speak of all of them. Law 5 (recovery) is tested where stores are, and with real programs that
//! are killed; law 6 (memory is bounded) where the budget is.
//!
//! Time belongs to the tests: batches end when the harness says so. Where a socket and the wall
//! clock are the matter, a test waits for what must come and never for a length of time.

#![allow(clippy::unwrap_used)]

mod laws {
    mod blame;
    mod bounds;
    mod conservation;
    mod context;
    mod cut_short;
    mod delta_cost;
    mod feeding;
    mod golden;
    mod keyed;
    mod large;
    mod lifecycle;
    mod map_with_state;
    mod model;
    mod order;
    mod outputs;
    mod partitions;
    mod poison;
    mod pull_sources;
    mod rdd;
    mod rdd_cases;
    mod rules;
    mod silence;
    mod slice;
    mod sources;
    mod state;
    mod stateless;
    mod stateless_rules;
    mod support;
    mod transparency;
    mod unordered;
    mod window_cases;
    mod window_rules;
    mod windows;
}
