//! The outcomes of a crash: every combination that is worth a test, not every one there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{Change, Faulty, Node, State};

/// The unit in which bytes that were not synced are kept or lost.
pub const SECTOR_LEN: usize = 512;

/// The files that a crash at some moment could leave.
#[derive(Debug, Clone)]
pub struct CrashImage {
    /// When the crash was and what it kept.
    pub label: String,
    /// The last value that [`Faulty::mark`] was given before.
    pub mark: u64,
    /// The files that are left.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl CrashImage {
    /// A disk with these files on it, all durable.
    pub fn disk(&self) -> Faulty {
        Faulty::with_files(self.files.clone())
    }
}

impl State {
    /// The outcomes that a crash at this moment could have. Each image is there once.
    pub(super) fn images_of_now(&self, label: &str) -> Vec<CrashImage> {
        let mut seen = BTreeSet::new();
        let mut images = Vec::new();
        for kept_names in self.kept_names() {
            let mut names = self.durable_names.clone();
            for change in &kept_names {
                change.apply(&mut names);
            }
            for kept in KEPT {
                let contents = |(path, node): (&PathBuf, &usize)| {
                    (path.clone(), self.nodes[*node].after_crash(*kept))
                };
                let files: BTreeMap<_, _> = names.iter().map(contents).collect();
                if seen.insert(files.clone()) {
                    images.push(CrashImage {
                        label: format!("{label}, keeping {kept:?} and {kept_names:?}"),
                        mark: self.mark,
                        files,
                    });
                }
            }
        }
        images
    }

    /// Which of the changes to names a crash may keep: the first few, all but one, or one.
    fn kept_names(&self) -> Vec<Vec<Change>> {
        let all = &self.changes;
        let mut kept = Vec::new();
        for at in 0..=all.len() {
            kept.push(all[..at].to_vec());
        }
        for at in 0..all.len() {
            kept.push(vec![all[at].clone()]);
            kept.push([&all[..at], &all[at + 1..]].concat());
        }
        kept
    }
}

/// The part of the unsynced bytes that a crash keeps.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Nothing,
    All,
    /// So many quarters of them; the file ends there.
    Quarters(usize),
    /// Nothing of them but the length of the file.
    Length,
    /// The length and every other sector, from the first or the second on.
    EverySecond(usize),
    /// The length and the last sector.
    Last,
}

const KEPT: &[Kept] = &[
    Kept::Nothing,
    Kept::All,
    Kept::Quarters(1),
    Kept::Quarters(2),
    Kept::Quarters(3),
    Kept::Length,
    Kept::EverySecond(0),
    Kept::EverySecond(1),
    Kept::Last,
];

impl Node {
    /// The bytes that would be durable if all bytes got to the disk that still can.
    pub(super) fn on_disk(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for range in &self.dropped {
            let end = range.end.min(bytes.len());
            bytes[range.start.min(end)..end].fill(0);
        }
        bytes
    }

    fn after_crash(&self, kept: Kept) -> Vec<u8> {
        let target = self.on_disk();
        // What both have in common is not at stake. The rest of a cut that was not synced is.
        let safe = self
            .durable
            .iter()
            .zip(&target)
            .take_while(|(a, b)| a == b)
            .count();
        let at_stake = target.len() - safe;
        let last = target.len().saturating_sub(1) / SECTOR_LEN;
        let keep_sectors = |keep: &dyn Fn(usize) -> bool| {
            let mut bytes = target.clone();
            for (at, byte) in bytes.iter_mut().enumerate().skip(safe) {
                if !keep(at / SECTOR_LEN) {
                    *byte = 0;
                }
            }
            bytes
        };
        match kept {
            Kept::Nothing => self.durable.clone(),
            Kept::All => target,
            Kept::Quarters(quarters) => target[..safe + at_stake * quarters / 4].to_vec(),
            Kept::Length => keep_sectors(&|_| false),
            Kept::EverySecond(first) => keep_sectors(&|sector| sector % 2 == first),
            Kept::Last => keep_sectors(&|sector| sector == last),
        }
    }
}
