//! Which records of a partition belong to a range, and when the range has been read.
//!
//! Offsets have gaps: a compacted topic has lost records, and the marks of transactions are
//! records that nobody is given. So a range need not have a record at its last offset, and has
//! been read when something behind it is seen: a record, or the end of the partition. An end is
//! told when it is met, which may have been before the records of this range were there; such an
//! end is in front of the range's end, and says nothing. One behind the range's end is kept: it is
//! told once, and a later range may end there.

/// Something that came out of a partition's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A record at this offset.
    Record(i64),
    /// The end of the partition: the next record will have this offset or a later one.
    End(i64),
}

/// The thing to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The record is given.
    Give,
    /// The record is given and is the last one.
    GiveLast,
    /// The record is passed over.
    Skip,
    /// The range has been read; what was seen belongs to the next one.
    Keep,
    /// The range has been read.
    Done,
}

/// The thing to do with what was `seen`, when `next` is the first offset that was not given and the
/// range ends before `until`.
pub(crate) fn step(seen: Seen, next: i64, until: i64) -> Step {
    match seen {
        Seen::Record(offset) if offset >= until => Step::Keep,
        Seen::Record(offset) if offset < next => Step::Skip,
        Seen::Record(offset) if offset + 1 == until => Step::GiveLast,
        Seen::Record(_) => Step::Give,
        Seen::End(offset) if offset > until => Step::Keep,
        Seen::End(offset) if offset == until => Step::Done,
        Seen::End(_) => Step::Skip,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every record is in exactly one range, whatever the gaps are and however far the queue
        /// was filled when a range was planned.
        #[test]
        fn ranges_have_every_record_once(
            log in prop::collection::vec(any::<bool>(), 0..60),
            cuts in prop::collection::vec(0_usize..60, 0..8),
            ahead in 0_usize..60,
        ) {
            let mut untils: Vec<usize> = cuts.into_iter().filter(|&it| it <= log.len()).collect();
            untils.push(log.len());
            untils.sort_unstable();
            let (mut queue, mut filled) = (VecDeque::new(), 0);
            let mut fill = |queue: &mut VecDeque<Seen>, to: usize| {
                if to > filled {
                    let records = (filled..to).filter(|&it| log[it]);
                    queue.extend(records.map(|it| Seen::Record(it as i64)));
                    queue.push_back(Seen::End(to as i64));
                    filled = to;
                }
            };
            let (mut given, mut from) = (Vec::new(), 0);
            for until in untils {
                let (mut next, until) = (from, until as i64);
                let mut read = from >= until;
                while !read {
                    let Some(&seen) = queue.front() else {
                        fill(&mut queue, log.len().min(until as usize + ahead));
                        prop_assert!(!queue.is_empty(), "it waits for what does not come");
                        continue;
                    };
                    let step = step(seen, next, until);
                    if step == Step::Keep {
                        read = true;
                        continue;
                    }
                    queue.pop_front();
                    if let (Step::Give | Step::GiveLast, Seen::Record(offset)) = (step, seen) {
                        given.push(offset as usize);
                        next = offset + 1;
                    }
                    read = matches!(step, Step::GiveLast | Step::Done);
                }
                from = until;
            }
            let expected: Vec<usize> = (0..log.len()).filter(|&it| log[it]).collect();
            prop_assert_eq!(given, expected);
        }
    }

    #[test]
    fn an_end_that_was_met_before_the_range_was_there_says_nothing() {
        assert_eq!(step(Seen::End(5), 5, 9), Step::Skip);
        assert_eq!(step(Seen::End(9), 5, 9), Step::Done);
        assert_eq!(step(Seen::End(10), 5, 9), Step::Keep);
        assert_eq!(step(Seen::Record(12), 5, 9), Step::Keep);
    }
}
