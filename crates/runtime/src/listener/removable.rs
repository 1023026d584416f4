//! Listeners that can be taken away again.
//!
//! The bus owns its listeners, and takes no lock while it calls them. So a thread that removes a
//! listener leaves a mark, which the bus finds at the next event: neither waits for the other (law 8).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_types::{
    BatchInfo, CheckpointInfo, EpochMillis, OutputOperationInfo, ReceiverInfo, StreamingListener,
};

/// Names a listener that was added, for
/// `remove_streaming_listener`.
#[derive(Clone, Default)]
pub struct ListenerHandle {
    removed: Arc<AtomicBool>,
}

impl ListenerHandle {
    #[doc(hidden)]
    pub fn remove(&self) {
        self.removed.store(true, Ordering::SeqCst);
    }

    /// The listener, for as long as this handle has not removed it.
    #[doc(hidden)]
    pub fn guard(&self, listener: impl StreamingListener + 'static) -> Box<dyn StreamingListener> {
        Box::new(Removable {
            handle: self.clone(),
            listener: Some(listener),
        })
    }
}

impl fmt::Debug for ListenerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerHandle")
            .field("removed", &self.removed)
            .finish()
    }
}

struct Removable<L> {
    handle: ListenerHandle,
    /// `None` once it has been removed and an event has found that.
    listener: Option<L>,
}

impl<L> Removable<L> {
    fn listener(&mut self) -> Option<&mut L> {
        if self.handle.removed.load(Ordering::SeqCst) {
            self.listener = None;
        }
        self.listener.as_mut()
    }
}

/// Passes every callback on.
macro_rules! pass_on {
    ($($callback:ident($event:ty)),* $(,)?) => {
        impl<L: StreamingListener> StreamingListener for Removable<L> {
            $(
                fn $callback(&mut self, event: $event) {
                    if let Some(listener) = self.listener() {
                        listener.$callback(event);
                    }
                }
            )*
        }
    };
}

pass_on!(
    on_streaming_started(EpochMillis),
    on_receiver_started(&ReceiverInfo),
    on_receiver_error(&ReceiverInfo),
    on_receiver_stopped(&ReceiverInfo),
    on_batch_submitted(&BatchInfo),
    on_batch_started(&BatchInfo),
    on_batch_completed(&BatchInfo),
    on_batch_checkpointed(&CheckpointInfo),
    on_output_operation_started(&OutputOperationInfo),
    on_output_operation_completed(&OutputOperationInfo),
    on_events_dropped(u64),
);

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use millrace_types::StreamingEvent;

    use super::*;

    struct Tells(Sender<i64>);

    impl StreamingListener for Tells {
        fn on_streaming_started(&mut self, time: EpochMillis) {
            self.0.send(time).unwrap();
        }
    }

    #[test]
    fn what_was_removed_is_told_nothing_and_let_go() {
        let (tell, told) = channel();
        let handle = ListenerHandle::default();
        let mut listener = handle.guard(Tells(tell));
        let event = |time| StreamingEvent::StreamingStarted { time };
        event(1).deliver(&mut *listener);
        handle.remove();
        event(2).deliver(&mut *listener);
        handle.remove();
        event(3).deliver(&mut *listener);
        assert!(told.iter().eq([1]), "its sender is gone with it");
    }
}
