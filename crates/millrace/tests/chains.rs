//! Random programs: chains of operators over random batches, compared with a plain model.
//!
//! An operator that is right alone can be wrong behind another: with partitions it did not
//! expect, without any partition, in a batch in which nothing came. Every chain is drawn, built
//! twice (once of streams, once of lists) and run; what comes out must be the same, in the same
//! order, for any number of workers and any cut into blocks (laws 1 to 3).

#![allow(clippy::unwrap_used)]

mod chains {
    mod dealt;
    mod engine;
    mod model;
    mod op;
}
