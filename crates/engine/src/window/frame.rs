//! Which batches a window has: the arithmetic, in the batches of the parent.
//!
//! A window at batch T is (T - length, T]; windows fire when the batch's number is a multiple of
//! the slide, so they are aligned to the start of the run (Spark 3.5). A batch that no window
//! will see again is forgotten before the next one is taken, and one that none will ever see
//! (the slide is longer than the window) is not taken at all.

/// The length and the slide of a window.
#[derive(Debug, Clone, Copy)]
pub struct WindowSpec {
    /// The parent has a batch in every so many of the run's.
    parent: u64,
    /// In batches of the parent.
    length: u64,
    /// In batches of the parent.
    slide: u64,
}

/// The role of one batch of the parent in the window.
#[derive(Debug, Clone, Copy)]
pub struct SlideStep {
    /// The batch's number among the run's batches, counted from one.
    pub number: u64,
    /// The batch's number among the parent's batches, counted from one.
    pub batch: u64,
    /// No window from now on has batches up to this one.
    pub forgotten: u64,
    /// True if a window will have this batch.
    pub taken: bool,
    /// The number, counted from one, of the window that fires with this batch, if one does.
    pub due: Option<u64>,
}

impl WindowSpec {
    /// A window of `length` batches every `slide` batches of a parent that is due in every
    /// `parent` batches of the run. None of them is zero.
    #[must_use]
    pub fn new(parent: u64, length: u64, slide: u64) -> WindowSpec {
        WindowSpec {
            parent: parent.max(1),
            length: length.max(1),
            slide: slide.max(1),
        }
    }

    /// The window is due in every so many batches of the run.
    #[must_use]
    pub fn slide(&self) -> u64 {
        self.parent * self.slide
    }

    /// The least number of windows after which a later window has no batch of an earlier one; zero if
    /// no two windows share a batch.
    pub(super) fn lifetime(&self) -> u64 {
        if self.length > self.slide {
            self.length / self.slide
        } else {
            0
        }
    }

    /// The number among the run's batches of batch `batch` of the parent. The run's number is written
    /// down, so that a change of the parent's slide does not matter.
    pub(super) fn number(&self, batch: u64) -> u64 {
        batch * self.parent
    }

    /// The number of batches of the parent in `number` batches of the run.
    pub(super) fn batch(&self, number: u64) -> u64 {
        number / self.parent
    }

    /// The role of batch `number` of the run, one of the parent's, in the window.
    #[must_use]
    pub fn step(&self, number: u64) -> SlideStep {
        let batch = self.batch(number);
        let next = batch.next_multiple_of(self.slide);
        let forgotten = next.saturating_sub(self.length);
        SlideStep {
            number,
            batch,
            forgotten,
            taken: batch > forgotten,
            due: (batch == next).then_some(batch / self.slide),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The batches that every window has, by the steps.
    fn windows(length: u64, slide: u64, batches: u64) -> Vec<Vec<u64>> {
        let frame = WindowSpec::new(2, length, slide);
        let (mut kept, mut windows) = (Vec::new(), Vec::new());
        for batch in 1..=batches {
            let step = frame.step(2 * batch);
            assert_eq!(step.batch, batch);
            kept.retain(|&kept| kept > step.forgotten);
            if step.taken {
                kept.push(batch);
            }
            if let Some(due) = step.due {
                assert_eq!(due, windows.len() as u64 + 1);
                windows.push(kept.clone());
            }
            assert!(kept.len() as u64 <= length, "no more than a window is kept");
        }
        windows
    }

    #[test]
    fn a_window_ends_with_its_batch() {
        for length in 1..6 {
            for slide in 1..6 {
                let expected: Vec<Vec<u64>> = (1..=20)
                    .filter(|batch| batch % slide == 0)
                    .map(|end: u64| (end.saturating_sub(length) + 1..=end).collect())
                    .collect();
                assert_eq!(windows(length, slide, 20), expected);
            }
        }
    }

    #[test]
    fn gaps_are_sparks() {
        // Verified with Spark 3.5: batches 1 and 4 are never seen.
        assert_eq!(windows(2, 3, 6), [[2, 3], [5, 6]]);
    }
}
