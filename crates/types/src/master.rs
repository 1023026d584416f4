//! The master string: where a program runs, and on how many threads.

use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use crate::keys::MOST_PARTITIONS;

/// The place where a program runs.
///
/// Spark 3.5 matches the whole string and minds case; blanks are allowed only
/// around the comma of `local[N,F]`.
///
/// ```
/// use std::num::NonZeroUsize;
/// use millrace_types::{Master, Threads};
///
/// let master: Master = "local[2]".parse()?;
/// let two = Threads::Fixed(NonZeroUsize::MIN.saturating_add(1));
/// assert_eq!(master, Master::Local { threads: two, max_failures: 1 });
/// # Ok::<(), millrace_types::MasterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Master {
    /// `local`, `local[N]`, `local[*]`, `local[N,F]` or `local[*,F]`: threads
    /// of this process.
    Local {
        /// The number of threads that compute.
        threads: Threads,
        /// The number of times one task may fail before its job fails; 1 unless
        /// given.
        max_failures: u32,
    },
}

/// The number of computing threads a master asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Threads {
    /// Exactly so many.
    Fixed(NonZeroUsize),
    /// As many as the machine has processors for this process.
    All,
}

impl Threads {
    /// The number of threads on a machine with `available` processors; at
    /// least 1, whatever the machine says of itself.
    pub fn resolve(self, available: usize) -> usize {
        match self {
            Threads::Fixed(count) => count.get(),
            Threads::All => available.max(1),
        }
    }
}

impl Master {
    /// `local[*]`, which is what Spark 3.5 takes when nobody names a master.
    pub const DEFAULT: Master = Master::Local {
        threads: Threads::All,
        max_failures: 1,
    };

    /// Reads a master string.
    ///
    /// # Errors
    ///
    /// See [`MasterError`]; every message names the string.
    pub fn parse(text: &str) -> Result<Master, MasterError> {
        if text == "local" {
            let threads = Threads::Fixed(NonZeroUsize::MIN);
            return Ok(Master::Local {
                threads,
                max_failures: 1,
            });
        }
        let Some(inside) = text
            .strip_prefix("local[")
            .and_then(|rest| rest.strip_suffix(']'))
        else {
            return Err(MasterError::of_other(text));
        };
        let (threads, max_failures) = match inside.split_once(',') {
            Some((threads, failures)) => {
                let failures = number(failures.trim_start_matches(is_blank), text)?;
                let failures = failures
                    .filter(|&it| i32::try_from(it).is_ok())
                    .ok_or_else(|| MasterError::TooManyFailures(text.to_owned()))?;
                (threads.trim_end_matches(is_blank), failures)
            }
            None => (inside, 1),
        };
        let threads = if threads == "*" {
            Threads::All
        } else {
            let count = number(threads, text)?
                .filter(|&it| it <= MOST_PARTITIONS)
                .ok_or_else(|| MasterError::TooManyThreads(text.to_owned()))?;
            let count = count as usize;
            let zero = || MasterError::ZeroThreads(text.to_owned());
            Threads::Fixed(NonZeroUsize::new(count).ok_or_else(zero)?)
        };
        Ok(Master::Local {
            threads,
            max_failures,
        })
    }

    /// The number of computing threads on a machine with `available`
    /// processors; at least 1.
    pub fn resolve(&self, available: usize) -> usize {
        let Master::Local { threads, .. } = self;
        threads.resolve(available)
    }
}

/// One of the two numbers of `master`; none if it is larger than 32 bits hold.
fn number(text: &str, master: &str) -> Result<Option<u32>, MasterError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MasterError::Unparsable(master.to_owned()));
    }
    Ok(text.parse().ok())
}

/// The characters that `\s` means in Java's patterns.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

impl FromStr for Master {
    type Err = MasterError;

    fn from_str(text: &str) -> Result<Master, MasterError> {
        Master::parse(text)
    }
}

/// Writes the canonical spelling (`local` comes out as `local[1]`, blanks and
/// a failure count of 1 are left out), which reads back to the same master.
impl fmt::Display for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Master::Local {
            threads,
            max_failures,
        } = self;
        match threads {
            Threads::Fixed(count) => write!(f, "local[{count}")?,
            Threads::All => f.write_str("local[*")?,
        }
        if *max_failures != 1 {
            write!(f, ",{max_failures}")?;
        }
        f.write_str("]")
    }
}

/// A string that names no master millrace can run on; each kind carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterError {
    /// A cluster manager's address, which Spark would connect to.
    Cluster(String),
    /// More threads than there may be partitions ([`MOST_PARTITIONS`]).
    TooManyThreads(String),
    /// A number of failures that is larger than 31 bits hold; Spark 3.5 fails on it too.
    TooManyFailures(String),
    /// A text that begins like a master but is none.
    Unparsable(String),
    /// `local[0]`.
    ZeroThreads(String),
    /// A text that does not even begin like a master.
    NotAMaster(String),
}

impl MasterError {
    /// Sorts a string that is neither `local` nor `local[...]`.
    fn of_other(text: &str) -> MasterError {
        let cluster = ["spark://", "mesos://", "k8s://", "local-cluster["];
        let family = ["spark", "mesos", "k8s", "local"];
        let begins = |with: &[&str]| with.iter().any(|start| text.starts_with(start));
        if text == "yarn" || begins(&cluster) {
            MasterError::Cluster(text.to_owned())
        } else if begins(&family) {
            MasterError::Unparsable(text.to_owned())
        } else {
            MasterError::NotAMaster(text.to_owned())
        }
    }
}

impl fmt::Display for MasterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MasterError::Cluster(text) => write!(
                f,
                "master '{text}' is a cluster's, and millrace runs on one machine; use local, \
                 local[N] or local[*], or give a Python program to millrace-submit --master, \
                 which hands it over to spark-submit"
            ),
            MasterError::Unparsable(text) | MasterError::NotAMaster(text) => write!(
                f,
                "no such master: '{text}'; use local, local[N] or local[*]"
            ),
            MasterError::TooManyThreads(text) => write!(
                f,
                "master '{text}' has more threads than there may be partitions: at most \
                 local[{MOST_PARTITIONS}]"
            ),
            MasterError::TooManyFailures(text) => write!(
                f,
                "the number of failures in master '{text}' is too large: at most {}",
                i32::MAX
            ),
            MasterError::ZeroThreads(text) => write!(
                f,
                "master '{text}' has no thread; use local[1] or more, or local[*]"
            ),
        }
    }
}

impl Error for MasterError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn local(threads: usize, max_failures: u32) -> Master {
        let threads = NonZeroUsize::new(threads).map_or(Threads::All, Threads::Fixed);
        Master::Local {
            threads,
            max_failures,
        }
    }

    #[test]
    fn local_masters_are_read_as_spark_reads_them() {
        // In this table 0 threads stands for all of them.
        let cases = [
            ("local", local(1, 1)),
            ("local[1]", local(1, 1)),
            ("local[02]", local(2, 1)),
            ("local[*]", local(0, 1)),
            ("local[2,3]", local(2, 3)),
            ("local[2 ,\t3]", local(2, 3)),
            ("local[*,0]", local(0, 0)),
            ("local[65536]", local(65_536, 1)),
            ("local[2,2147483647]", local(2, 2_147_483_647)),
        ];
        for (text, expected) in cases {
            assert_eq!(Master::parse(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn every_other_string_is_refused_by_its_kind() {
        type Kind = fn(String) -> MasterError;
        let cases: [(&str, Kind); 32] = [
            ("local[x]", MasterError::Unparsable),
            ("local[]", MasterError::Unparsable),
            ("local[ 2 ]", MasterError::Unparsable),
            ("local[ 2,3]", MasterError::Unparsable),
            ("local[2,3 ]", MasterError::Unparsable),
            ("local[2,]", MasterError::Unparsable),
            ("local[,2]", MasterError::Unparsable),
            ("local[2,*]", MasterError::Unparsable),
            ("local[2,3,4]", MasterError::Unparsable),
            ("local[2*]", MasterError::Unparsable),
            ("local[-1]", MasterError::Unparsable),
            ("local[+1]", MasterError::Unparsable),
            ("local[\u{662}]", MasterError::Unparsable),
            ("local[65537]", MasterError::TooManyThreads),
            ("local[2147483648]", MasterError::TooManyThreads),
            (
                "local[99999999999999999999999]",
                MasterError::TooManyThreads,
            ),
            ("local[2,2147483648]", MasterError::TooManyFailures),
            ("localfoo", MasterError::Unparsable),
            ("local[2]x", MasterError::Unparsable),
            ("sparkle", MasterError::Unparsable),
            ("local[0]", MasterError::ZeroThreads),
            ("local[0,3]", MasterError::ZeroThreads),
            ("yarn", MasterError::Cluster),
            ("spark://h:7077", MasterError::Cluster),
            ("mesos://h:5050", MasterError::Cluster),
            ("k8s://https://h", MasterError::Cluster),
            ("local-cluster[2,1,1024]", MasterError::Cluster),
            ("locl[2]", MasterError::NotAMaster),
            ("LOCAL", MasterError::NotAMaster),
            (" local", MasterError::NotAMaster),
            ("", MasterError::NotAMaster),
            ("yarn-client", MasterError::NotAMaster),
        ];
        for (text, kind) in cases {
            let error = Master::parse(text).unwrap_err();
            assert_eq!(error, kind(text.to_owned()));
            assert!(error.to_string().contains(&format!("'{text}'")), "{error}");
        }
    }

    #[test]
    fn all_threads_are_the_machines_and_at_least_one() {
        assert_eq!(Master::DEFAULT.resolve(8), 8);
        assert_eq!(Master::DEFAULT.resolve(0), 1);
        assert_eq!(local(3, 1).resolve(8), 3);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), inside in "[0-9*, \t]{0,12}") {
            let _ = Master::parse(&text);
            let _ = Master::parse(&format!("local[{inside}]"));
        }

        #[test]
        fn a_master_survives_writing_and_reading(
            threads in 0..=MOST_PARTITIONS as usize,
            failures in 0..=i32::MAX as u32,
        ) {
            let master = local(threads, failures);
            prop_assert_eq!(Master::parse(&master.to_string()), Ok(master));
        }
    }
}
