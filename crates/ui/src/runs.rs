//! The runs that a server shows: the one that is running, or those that a directory has logs of.

use std::sync::Arc;

use crate::run::Run;

/// Runs by their names.
pub(crate) trait Runs: Send + Sync + 'static {
    /// All of them, the newest first.
    fn all(&self) -> Vec<Arc<Run>>;

    /// The run that is called `id`.
    fn find(&self, id: &str) -> Option<Arc<Run>> {
        let is_it = |run: &Arc<Run>| run.model().info.id == id;
        self.all().into_iter().find(is_it)
    }

    /// The one run whose page `/` leads to; `None` where `/` is an index of runs.
    fn live(&self) -> Option<Arc<Run>>;
}

/// The run of this process.
pub(crate) struct Live(pub(crate) Arc<Run>);

impl Runs for Live {
    fn all(&self) -> Vec<Arc<Run>> {
        vec![Arc::clone(&self.0)]
    }

    fn live(&self) -> Option<Arc<Run>> {
        Some(Arc::clone(&self.0))
    }
}
