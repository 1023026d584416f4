//! Batches that come as their runs left them.

use proptest::prelude::*;

use super::lives::{RawEntry, Subject, kept, raw_entries};
use super::subjects::{batches, counted, frames, grouped, inverted, maybe, reduced};
use crate::exec::Executor;

/// Batches whose entries are merged before, and batches whose entries are not, make the same window
/// and the same journal.
fn is_the_same_unmerged<T: Subject>(
    new: impl Fn() -> T,
    batches: &[Vec<(u32, u8)>],
) -> Result<(), TestCaseError> {
    let executor = Executor::new(2).unwrap();
    let (mut merged, mut unmerged) = (new(), new());
    merged.unmerged_in(|_| false);
    unmerged.unmerged_in(|_| true);
    let written = |window: &T| -> Vec<RawEntry> {
        let changes = window.durable().take_changes();
        let mut all: Vec<RawEntry> = changes
            .iter()
            .flat_map(|(_, entries)| raw_entries(entries))
            .collect();
        all.sort_unstable();
        all
    };
    for window in [&merged, &unmerged] {
        window.durable().record();
    }
    for (number, records) in (1_u64..).zip(batches) {
        if number.is_multiple_of(merged.parent()) {
            let seen = |window: &T| window.batch(records, number, &executor);
            prop_assert_eq!(seen(&unmerged), seen(&merged), "batch {}", number);
            prop_assert_eq!(written(&unmerged), written(&merged), "batch {}", number);
        }
    }
    prop_assert_eq!(kept(unmerged.durable()), kept(merged.durable()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.min(40)))]

    #[test]
    fn entries_that_are_not_merged_before_are_merged_here(frame in frames(), batches in batches()) {
        is_the_same_unmerged(|| grouped(frame), &batches)?;
        is_the_same_unmerged(|| reduced(frame), &batches)?;
        is_the_same_unmerged(|| maybe(frame), &batches)?;
        is_the_same_unmerged(|| inverted(frame, None), &batches)?;
        is_the_same_unmerged(|| counted(frame), &batches)?;
    }
}
