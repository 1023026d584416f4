//! The number of map tasks that run at a time where there are more workers than cores.
//!
//! Workers beyond the cores help functions that wait, for a disk or another machine. Where functions
//! compute, every further map task holds blocks and a table of its own: runs get short, there is
//! more to merge, and the tables leave the cache. So the processor time of the process is looked at
//! some times per second. At first, and while the process keeps the cores busy, a stage has as many
//! map tasks as there are cores; when it does not and blocks wait all the same, functions wait, and
//! all workers take some. The order of records and the bytes of results do not depend on it.
//!
//! Early in a batch, blocks may wait for others at a stage, so that runs are longer (see
//! [`stage`](millrace_engine::stage)). They are a small part of what receivers may hold: a receiver that waits
//! for memory waits for map tasks, and those may not wait for the receiver.

use std::num::NonZero;
use std::time::{Duration as StdDuration, Instant};

use millrace_types::Duration;
use rustix::time::{ClockId, clock_gettime};

use super::Engine;

/// The time between two looks.
const GLANCE: Duration = Duration::milliseconds(200);

/// The part of the receivers' memory that waits for others, in all stages together.
const WAITING_PART: u64 = 8;

/// A share of the cores above which functions compute.
const BUSY: f64 = 0.75;

/// A share of the cores below which they wait, if blocks do too.
const IDLE: f64 = 0.5;

/// The most looks at which all workers take blocks after their number was cut in vain.
const LONGEST: u32 = 64;

/// Decides how many map tasks a stage may have, and how many bytes may wait for others. Does not look
/// at the processor time where a core is there for each worker.
pub(super) struct MapTasks {
    rule: Option<Rule>,
    last: Usage,
}

impl MapTasks {
    /// For the workers of `engine` and the cores that this process may use.
    pub(super) fn of(engine: &Engine) -> MapTasks {
        let cores = std::thread::available_parallelism().map_or(usize::MAX, NonZero::get);
        let workers = engine.executor.workers();
        if workers > cores {
            engine.executor.limit_map_tasks(cores);
        }
        let (_, most, _) = engine.budget.figures();
        let stages = engine.stages.len().max(1) as u64;
        engine.executor.let_bytes_wait(most / WAITING_PART / stages);
        MapTasks {
            rule: (workers > cores).then(|| Rule::new(workers, cores)),
            last: Usage::now(),
        }
    }

    /// The interval at which [`look`](MapTasks::look) is to be called; `None` if there is no need.
    pub(super) fn glance(&self) -> Option<Duration> {
        self.rule.as_ref().map(|_| GLANCE)
    }

    /// Looks at what the process did since the last look, and lets the stages have as many map
    /// tasks as that speaks for.
    pub(super) fn look(&mut self, engine: &Engine) {
        let Some(rule) = &mut self.rule else { return };
        let now = Usage::now();
        let passed = now.at.duration_since(self.last.at);
        // Soon after another look the clocks are too coarse.
        if passed < StdDuration::from_millis(GLANCE.as_millis().unsigned_abs()) {
            return;
        }
        let worked = now.worked.saturating_sub(self.last.worked);
        self.last = now;
        let is_behind = engine.stages.iter().any(|stage| stage.is_behind());
        let most = rule.most(worked.as_secs_f64() / passed.as_secs_f64(), is_behind);
        engine.executor.limit_map_tasks(most);
    }
}

/// The processor time that the process had taken at some moment.
struct Usage {
    at: Instant,
    worked: StdDuration,
}

impl Usage {
    fn now() -> Usage {
        let worked = clock_gettime(ClockId::ProcessCPUTime);
        Usage {
            at: Instant::now(),
            worked: StdDuration::try_from(worked).unwrap_or_default(),
        }
    }
}

struct Rule {
    workers: usize,
    cores: usize,
    /// True while there are as many map tasks as cores.
    is_cut: bool,
    /// Looks for which all workers take blocks, whatever is seen.
    stays: u32,
    /// The same after the next time that the number was cut in vain.
    stays_next: u32,
}

impl Rule {
    fn new(workers: usize, cores: usize) -> Rule {
        Rule {
            workers,
            cores,
            is_cut: true,
            stays: 0,
            stays_next: 1,
        }
    }

    /// The most map tasks of a stage from now on, if the process kept `busy` cores busy since the
    /// last look; `is_behind` if blocks wait.
    fn most(&mut self, busy: f64, is_behind: bool) -> usize {
        let share = busy / self.cores as f64;
        if self.is_cut {
            if is_behind && share < IDLE {
                self.is_cut = false;
                self.stays = self.stays_next;
                self.stays_next = (2 * self.stays_next).min(LONGEST);
            }
        } else if self.stays > 0 {
            self.stays -= 1;
        } else {
            self.is_cut = share >= BUSY;
        }
        if self.is_cut {
            self.cores
        } else {
            self.workers
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_compute_have_a_map_task_for_each_core() {
        let mut rule = Rule::new(16, 2);
        assert_eq!(rule.most(1.9, true), 2);
        // Also while there is little to do.
        assert_eq!(rule.most(0.1, false), 2);
        assert_eq!(rule.most(1.2, true), 2);
    }

    #[test]
    fn functions_that_wait_have_all_workers() {
        let mut rule = Rule::new(16, 2);
        assert_eq!(rule.most(0.0, false), 2);
        assert_eq!(rule.most(0.3, true), 16);
        assert_eq!(rule.most(1.4, true), 16);
    }

    /// All workers together keep the cores busy, and as many as there are cores do not.
    #[test]
    fn a_cut_in_vain_is_tried_again_ever_later() {
        let mut rule = Rule::new(16, 2);
        let mut cuts = Vec::new();
        let mut most = 16;
        for look in 0..200 {
            most = rule.most(if most == 16 { 1.8 } else { 0.3 }, true);
            if most == 2 {
                cuts.push(look);
            }
        }
        assert_eq!(cuts, [0, 3, 7, 13, 23, 41, 75, 141]);
    }
}
