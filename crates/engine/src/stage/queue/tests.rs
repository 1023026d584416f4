//! A queue beside map tasks that come when it says so: no block is left, lost or out of order.

use proptest::prelude::*;

use crate::pipeline::RecordBlock;
use crate::shuffle::SpareLists;

use super::*;

const LANES: usize = 2;

type Queue = BlockQueue<u64, u64>;

fn exchange() -> Exchange<u64, u64> {
    Exchange::new(LANES, &Arc::new(SpareLists::new()))
}

fn offered(lane: usize, piece: usize, bytes: u64) -> Offered {
    let block = Partition {
        data: Arc::new(RecordBlock::new(vec![0_u64], 8, Box::new(()))),
        index: 0,
        piece,
    };
    Offered { lane, block, bytes }
}

fn limits(tasks: usize, waiting_bytes: u64) -> Limits {
    Limits {
        tasks,
        waiting_bytes,
    }
}

fn time(batch: u64) -> BatchTime {
    BatchTime::from_millis(i64::try_from(batch).unwrap() * 1000)
}

/// Offers as many blocks of a byte each, and lets a single task take what it may; gives the sizes of
/// its runs.
fn runs_of(queue: &mut Queue, blocks: usize, limits: Limits) -> Vec<usize> {
    let mut sizes = Vec::new();
    for piece in 0..blocks {
        if queue.offer(offered(0, piece, 1), limits) > 0 {
            while let Some(run) = queue.next_run(limits) {
                sizes.push(run.blocks.len());
            }
        }
    }
    sizes
}

#[test]
fn early_blocks_wait_for_others_and_late_ones_do_not() {
    let (mut queue, may_wait) = (Queue::new(exchange()), limits(1, 1000));
    // Nothing is known before the first batch has ended.
    assert_eq!(runs_of(&mut queue, 200, may_wait), [1; 200]);
    assert_eq!(queue.close_batch(time(1), exchange(), may_wait), 0);

    // Until four of five have come.
    let sizes = runs_of(&mut queue, 200, may_wait);
    assert_eq!(sizes[..19], [EARLY_RUN; 19]);
    assert_eq!(sizes[19..23], [4, 2, 1, 1]);
    assert_eq!(sizes[23..], [1; 40]);

    // The more tasks, the less each of them has to do.
    assert_eq!(queue.close_batch(time(2), exchange(), may_wait), 0);
    assert_eq!(runs_of(&mut queue, 20, limits(3, 1000)), [4; 5]);
    assert_eq!(runs_of(&mut queue, 4, limits(16, 1000)), [1; 4]);

    // And no more bytes than may.
    assert_eq!(runs_of(&mut queue, 6, limits(1, 3)), [3, 3]);
    assert_eq!(runs_of(&mut queue, 2, limits(1, 0)), [1, 1]);
}

#[test]
fn what_waits_when_its_batch_ends_waits_no_longer() {
    let (mut queue, may_wait) = (Queue::new(exchange()), limits(2, 1000));
    runs_of(&mut queue, 300, may_wait);
    queue.close_batch(time(1), exchange(), may_wait);
    assert!(runs_of(&mut queue, 3, may_wait).is_empty());
    assert!(!queue.is_behind(may_wait));
    assert_eq!(queue.close_batch(time(2), exchange(), may_wait), 2);
    // The next batch is early, and what comes in it waits; the first three do not.
    assert_eq!(queue.offer(offered(0, 0, 1), may_wait), 0);
    assert!(queue.is_behind(may_wait));
    let first = queue.next_run(may_wait).unwrap();
    assert_eq!((first.epoch, first.blocks.len()), (2, 1));
}

#[derive(Clone, Debug)]
enum Step {
    Offer { lane: usize, bytes: u64 },
    Close,
    Work { task: usize },
    Limit { tasks: usize, waiting_bytes: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        60 => (0..LANES, 0_u64..20).prop_map(|(lane, bytes)| Step::Offer { lane, bytes }),
        30 => (0_usize..4).prop_map(|task| Step::Work { task }),
        1 => Just(Step::Close),
        1 => (1_usize..4, prop_oneof![Just(0), Just(60), Just(100_000)])
            .prop_map(|(tasks, waiting_bytes)| Step::Limit { tasks, waiting_bytes }),
    ]
}

/// Blocks by batch and lane.
type Blocks = HashMap<(u64, usize), Vec<usize>>;

/// The queue and the tasks that it has started.
struct Tried {
    queue: Queue,
    limits: Limits,
    tasks: usize,
    epoch: u64,
    offered: Blocks,
    taken: Blocks,
}

impl Tried {
    /// Lets a task come for a run.
    fn work(&mut self) {
        let Some(run) = self.queue.next_run(self.limits) else {
            self.tasks -= 1;
            return;
        };
        let taken = self.taken.entry((run.epoch, run.lane)).or_default();
        taken.extend(run.blocks.iter().map(|block| block.piece));
    }

    fn close(&mut self) {
        let started = self
            .queue
            .close_batch(time(self.epoch), exchange(), self.limits);
        self.tasks += started;
        self.epoch += 1;
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Offer { lane, bytes } => {
                let blocks = self.offered.entry((self.epoch, lane)).or_default();
                blocks.push(blocks.len());
                let block = offered(lane, blocks.len() - 1, bytes);
                self.tasks += self.queue.offer(block, self.limits);
            }
            Step::Close => self.close(),
            Step::Work { task } if task < self.tasks => self.work(),
            Step::Work { .. } => {}
            Step::Limit {
                tasks,
                waiting_bytes,
            } => self.limits = limits(tasks, waiting_bytes),
        }
    }
}

proptest! {
    #[test]
    fn every_block_is_in_one_run_in_order_and_none_is_left(
        steps in prop::collection::vec(step(), 0..600),
    ) {
        let mut tried = Tried {
            queue: Queue::new(exchange()),
            limits: limits(2, 100_000),
            tasks: 0,
            epoch: 1,
            offered: Blocks::new(),
            taken: Blocks::new(),
        };
        for step in &steps {
            tried.take(step);
            let Tried { queue, limits, tasks, .. } = &tried;
            prop_assert_eq!(queue.tasks, *tasks);
            let bytes: u64 = queue.blocks.iter().map(|waiting| waiting.offered.bytes).sum();
            prop_assert_eq!(queue.bytes, bytes);
            // With no task, nothing waits for long: others come, or the end of the batch.
            if *tasks == 0 && matches!(step, Step::Offer { .. } | Step::Close | Step::Work { .. }) {
                prop_assert!(queue.blocks.len() < EARLY_RUN);
                prop_assert!(queue.blocks.is_empty() || bytes < limits.waiting_bytes);
            }
        }
        tried.close();
        while tried.tasks > 0 {
            tried.work();
        }
        prop_assert_eq!(tried.taken, tried.offered);
    }
}
