//! A program's own receiver (Spark: `Receiver`).

use millrace_engine::data::Data;

use super::receiver_context::ReceiverContext;
use super::supervisor::class_of;

/// A source of records that a program writes itself (Spark: the class `Receiver`).
///
/// [`on_start`](Receiver::on_start) starts whatever receives, on threads of its own
/// ([`ReceiverContext::spawn`]), and returns; the threads store records until
/// [`ReceiverContext::is_stopped`] says that they should end. A receiver that lost its sender asks
/// for a [`restart`](ReceiverContext::restart): `on_stop` is called and, after
/// `spark.streaming.receiverRestartDelay`, `on_start` again.
///
/// A panic in `on_start`, `on_stop` or a spawned thread is reported and restarts the receiver
/// alone. A receiver takes none of the workers of `local[N]`.
///
/// ```
/// use millrace::{Conf, Duration, Receiver, ReceiverContext, StreamingContext, keys};
///
/// /// Counts, and ends.
/// struct Numbers(u32);
///
/// impl Receiver for Numbers {
///     type Item = u32;
///
///     fn on_start(&mut self, context: ReceiverContext<u32>) {
///         let end = self.0;
///         context.spawn("count", move |context| {
///             context.store_many(0..end);
///             context.stop("there are no more numbers");
///         });
///     }
/// }
///
/// # fn main() -> millrace::Result<()> {
/// let mut conf = Conf::new();
/// conf.set(keys::MASTER, "local[1]").set(keys::STOP_AT_EOF, "true");
/// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
/// let (send, sums) = std::sync::mpsc::channel();
/// ssc.receiver_stream(Numbers(100)).foreach_rdd(move |rdd| {
///     drop(send.send(rdd.collect().iter().sum::<u32>()));
/// });
/// ssc.start()?;
/// ssc.await_termination()?;
/// drop(ssc);
/// assert_eq!(sums.iter().sum::<u32>(), 4950);
/// # Ok(())
/// # }
/// ```
pub trait Receiver: Send + 'static {
    /// The type of the records that it stores.
    type Item: Data;

    /// Starts to receive, on threads of its own. Must not block (Spark 3.5): as long as it does,
    /// a restart has to wait. A context that stops waits for it and for `on_stop` about ten
    /// seconds, then leaves them behind and says so.
    fn on_start(&mut self, context: ReceiverContext<Self::Item>);

    /// Makes what `on_start` has started end: closes a connection that a thread reads, for
    /// instance. Threads that ask [`ReceiverContext::is_stopped`] need nothing more, so by
    /// default it does nothing.
    fn on_stop(&mut self) {}

    /// The name of the receiver on standard error and the Streaming page, and for listeners, who
    /// get the number of its stream with it. By default the name of its type (Spark 3.5).
    fn name(&self) -> String {
        class_of::<Self>().to_owned()
    }
}
