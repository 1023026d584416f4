//! `receiver_stream`: what a program's own receiver stores.

use millrace_engine::pipeline::Received;
use millrace_runtime::receiver::Receiver;

use crate::dstream::DStream;

use super::StreamingContext;

impl StreamingContext {
    /// Makes a stream of what a program's own receiver stores (Spark: `receiverStream`).
    ///
    /// The receiver starts when the context does, on threads of its own; see [`Receiver`] for
    /// how one is written, with an example. Any number of receivers can run, each of them a
    /// stream. The records stored between two ticks are one batch, in one partition.
    ///
    /// ```
    /// use millrace::{Conf, Duration, Receiver, ReceiverContext, StreamingContext, keys};
    /// struct Once(&'static str);
    ///
    /// impl Receiver for Once {
    ///     type Item = String;
    ///
    ///     fn on_start(&mut self, context: ReceiverContext<String>) {
    ///         context.store(self.0.to_owned());
    ///         context.stop("that was all");
    ///     }
    /// }
    ///
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    /// ssc.receiver_stream(Once("hello")).print();
    /// ssc.start()?;
    /// ssc.await_termination()
    /// # }
    /// ```
    pub fn receiver_stream<R: Receiver>(&self, receiver: R) -> DStream<R::Item, Received<R::Item>> {
        self.receiver(format!("receiver stream {}", receiver.name()), receiver)
    }

    /// [`receiver_stream`](StreamingContext::receiver_stream) by another name.
    pub(super) fn receiver<R: Receiver>(
        &self,
        name: String,
        receiver: R,
    ) -> DStream<R::Item, Received<R::Item>> {
        let node = self.received(name, Box::new(|seat| seat.records(receiver)));
        self.described(Received::of(node))
    }
}
