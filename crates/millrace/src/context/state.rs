//! The states of a context.

use std::fmt;

use millrace_runtime::graph::Lifecycle;

use super::StreamingContext;

/// The state of a [`StreamingContext`] (Spark: `StreamingContextState`).
///
/// It shows as Spark writes it: `INITIALIZED`, `ACTIVE`, `STOPPED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContextState {
    /// Streams and outputs are being described; nothing has run.
    Initialized,
    /// The context has been started and has not stopped.
    Active,
    /// The context has stopped, or could not start. It is not started again. It is not
    /// started again.
    Stopped,
}

impl fmt::Display for ContextState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContextState::Initialized => "INITIALIZED",
            ContextState::Active => "ACTIVE",
            ContextState::Stopped => "STOPPED",
        })
    }
}

impl StreamingContext {
    /// The stage of its life that the context is in (Spark: `getState`).
    ///
    /// A run that ends by itself, or by an error, has stopped; in Spark a context is ACTIVE
    /// until somebody stops it.
    ///
    /// ```
    /// use millrace::context::ContextState;
    /// millrace::testing::run_context(0, |ssc| {
    ///     assert_eq!(ssc.get_state(), ContextState::Initialized);
    ///     assert_eq!(ssc.get_state().to_string(), "INITIALIZED");
    /// });
    /// ```
    pub fn get_state(&self) -> ContextState {
        let lifecycle = self.builder.lifecycle();
        if lifecycle == Lifecycle::Active && self.outcome.has_ended() {
            self.builder.set_lifecycle(Lifecycle::Stopped);
            return ContextState::Stopped;
        }
        match lifecycle {
            Lifecycle::Initialized => ContextState::Initialized,
            Lifecycle::Active => ContextState::Active,
            Lifecycle::Stopped => ContextState::Stopped,
        }
    }
}
