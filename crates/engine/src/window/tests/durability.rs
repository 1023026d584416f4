//! Law 5 for windows: one that was written down and read again goes on as one that never
//! stopped, whenever the snapshots of its shards were taken and however often it stopped.

use proptest::prelude::*;

use super::lives::{goes_on, lives};
use super::subjects::{
    batches, counted, frames, grouped, inverted, maybe, reduced, single, single_inverted, whole,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.min(40)))]

    #[test]
    fn of_lists(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| grouped(frame), &batches, &lives)?;
    }

    #[test]
    fn of_a_function(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| reduced(frame), &batches, &lives)?;
    }

    #[test]
    fn of_values_that_are_none(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| maybe(frame), &batches, &lives)?;
    }

    #[test]
    fn of_an_inverse(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| inverted(frame, None), &batches, &lives)?;
    }

    #[test]
    fn of_an_inverse_and_a_filter(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| counted(frame), &batches, &lives)?;
    }

    #[test]
    fn of_one_value(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| single(frame), &batches, &lives)?;
    }

    #[test]
    fn of_one_value_and_an_inverse(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| single_inverted(frame), &batches, &lives)?;
    }

    #[test]
    fn of_whole_batches(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| whole(frame), &batches, &lives)?;
    }
}
