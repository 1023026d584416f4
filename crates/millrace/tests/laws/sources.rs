//! Laws 1, 2 and 7 for the sources that are no socket of lines: queues, directories, receivers
//! that a program brings, sockets of records. Each record that goes in is in one batch, whole and in order.

mod content;
mod directory;
mod files;
mod queues;
mod receivers;
mod sockets;

use std::sync::mpsc::{Receiver as Channel, channel};
use std::sync::{Arc, Mutex};

use millrace::pipeline::Pipeline;
use millrace::testing::Setup;
use millrace::{
    Conf, DStream, Data, Duration, Receiver, ReceiverContext, Result, StreamingContext, keys,
};

/// Partitions of every batch of the stream that `program` makes.
fn partitions<P: Pipeline<Item: Clone>>(
    setup: &Setup,
    batches: usize,
    program: impl FnOnce(&StreamingContext) -> DStream<P::Item, P>,
) -> Vec<(usize, Vec<P::Item>)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    setup.run_context(batches, |ssc| {
        program(ssc).foreach_rdd(move |rdd| {
            noted
                .lock()
                .unwrap()
                .push((rdd.partitions(), rdd.collect()));
        });
    });
    std::mem::take(&mut *seen.lock().unwrap())
}

fn setup(workers: usize, partitions: usize) -> Setup {
    Setup {
        workers,
        partitions,
        ..Setup::default()
    }
}

/// A context on the wall clock that ends when its sources have.
fn ending(settings: &[(&str, &str)]) -> StreamingContext {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[2]")
        .set(keys::STOP_AT_EOF, "true");
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap()
}

/// Records of all batches of a stream, as they come.
fn records<P: Pipeline<Item: Clone>>(stream: &DStream<P::Item, P>) -> Channel<P::Item> {
    let (send, seen) = channel();
    stream.foreach_rdd(move |rdd| {
        for record in rdd.collect() {
            // The test may have what it wanted.
            let _ = send.send(record);
        }
    });
    seen
}

fn to_the_end(ssc: StreamingContext) -> Result<()> {
    ssc.start()?;
    ssc.await_termination()
}

/// Stores what `run` says, on several threads, and stops when all of them have.
struct ThreadGroup<F> {
    threads: u32,
    run: F,
}

impl<T: Data, F: Fn(u32, &ReceiverContext<T>) + Clone + Send + 'static> Receiver
    for ThreadGroup<Storing<T, F>>
{
    type Item = T;

    fn on_start(&mut self, context: ReceiverContext<T>) {
        let left = Arc::new(Mutex::new(self.threads));
        for number in 0..self.threads {
            let (run, left) = (self.run.0.clone(), Arc::clone(&left));
            context.spawn("storing", move |context| {
                run(number, &context);
                let mut left = left.lock().unwrap();
                *left -= 1;
                if *left == 0 {
                    context.stop("it has stored everything");
                }
            });
        }
    }
}

/// A function with what it stores.
struct Storing<T, F>(F, std::marker::PhantomData<fn() -> T>);

fn threads<T: Data, F: Fn(u32, &ReceiverContext<T>) + Clone + Send + 'static>(
    threads: u32,
    run: F,
) -> ThreadGroup<Storing<T, F>> {
    let run = Storing(run, std::marker::PhantomData);
    ThreadGroup { threads, run }
}
