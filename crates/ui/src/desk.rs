//! Questions about the state of a running program, answered away from the server's thread.
//!
//! A search takes its time, and the server's thread has pages to serve. So one thread answers
//! questions, one after the other; if a few wait already, the next is refused at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use millrace_types::{Lock, RunProbe};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::rest::StateQuestion;

/// Questions that may wait for their turn.
const WAITING: usize = 4;

/// The name of the thread that answers.
const THREAD: &str = "millrace-ui-state";

/// The answer to a question: JSON, or a line that says why there is none.
pub(crate) type StateAnswer = Result<Value, String>;

/// A question and where its answer goes.
struct Asked {
    probe: Arc<dyn RunProbe>,
    question: StateQuestion,
    answer: oneshot::Sender<StateAnswer>,
}

/// Takes questions. Its thread begins with the first one and ends with the desk.
#[derive(Default)]
pub(crate) struct Desk {
    line: Lock<Option<SyncSender<Asked>>>,
}

impl Desk {
    /// Asks a question; `None` if others wait already, or the system refuses the thread.
    pub(crate) fn ask(
        &self,
        probe: Arc<dyn RunProbe>,
        question: StateQuestion,
    ) -> Option<oneshot::Receiver<StateAnswer>> {
        let mut line = self.line.lock();
        if line.is_none() {
            *line = open();
        }
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            probe,
            question,
            answer,
        };
        match line.as_ref()?.try_send(asked) {
            Ok(()) => Some(answered),
            Err(TrySendError::Full(_)) => None,
            Err(TrySendError::Disconnected(_)) => {
                *line = None;
                None
            }
        }
    }
}

fn open() -> Option<SyncSender<Asked>> {
    let (line, questions) = sync_channel(WAITING);
    let thread = std::thread::Builder::new().name(THREAD.to_owned());
    thread.spawn(move || answer_all(&questions)).ok()?;
    Some(line)
}

fn answer_all(questions: &Receiver<Asked>) {
    while let Ok(asked) = questions.recv() {
        // Nobody waits any more for one whose client is gone.
        if asked.answer.is_closed() {
            continue;
        }
        let Asked {
            probe,
            question,
            answer,
        } = asked;
        // How a record is written down is the program's code.
        let answered = catch_unwind(AssertUnwindSafe(|| question.answer(&*probe)));
        let failed = || Err("the program's code panicked while its state was read".to_owned());
        // As above.
        let _ = answer.send(answered.unwrap_or_else(|_| failed()));
    }
}
