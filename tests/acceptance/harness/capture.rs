//! The output so far of a program's pipe.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// A pipe, read by a thread of its own so that the program never waits for the
/// test.
pub(super) struct Capture {
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    said: Mutex<Said>,
    changed: Condvar,
}

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    ended: bool,
}

impl Capture {
    /// Reads `pipe` to its end.
    pub(super) fn of(pipe: impl Read + Send + 'static) -> Capture {
        Capture::of_first(pipe, u64::MAX)
    }

    /// Reads the first `limit` bytes of `pipe` and closes it then.
    pub(super) fn of_first(pipe: impl Read + Send + 'static, limit: u64) -> Capture {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let mut pipe = pipe.take(limit);
        let reader = thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let read = pipe.read(&mut buffer).unwrap_or(0);
                let mut said = theirs.said.lock().unwrap();
                said.bytes.extend_from_slice(&buffer[..read]);
                said.ended = read == 0;
                theirs.changed.notify_all();
                if read == 0 {
                    break;
                }
            }
        });
        Capture { shared, reader }
    }

    /// Waits until `find` finds something in the text; `None` when the pipe
    /// has ended or the deadline has come without it.
    pub(super) fn wait<T>(
        &self,
        deadline: Instant,
        mut find: impl FnMut(&str) -> Option<T>,
    ) -> Option<T> {
        let mut said = self.shared.said.lock().unwrap();
        loop {
            let looking = Instant::now();
            if let Some(found) = find(text_of(&said.bytes)) {
                return Some(found);
            }
            if said.ended || Instant::now() >= deadline {
                return None;
            }
            let known = said.bytes.len();
            // Not more time is spent on looking at a long text than on waiting
            // for it to become longer.
            let looked = looking.elapsed();
            drop(said);
            thread::sleep(looked);
            said = self.shared.said.lock().unwrap();
            let left = deadline.saturating_duration_since(Instant::now());
            let unchanged = |said: &mut Said| said.bytes.len() == known && !said.ended;
            said = self
                .shared
                .changed
                .wait_timeout_while(said, left, unchanged)
                .unwrap()
                .0;
        }
    }

    /// The text so far.
    pub(super) fn so_far(&self) -> String {
        // A test that failed while it looked must still be able to say why.
        let said = self
            .shared
            .said
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        text_of(&said.bytes).to_owned()
    }

    /// All of it; waits for the end of the pipe.
    pub(super) fn whole(self) -> String {
        self.reader.join().unwrap();
        let bytes = std::mem::take(&mut self.shared.said.lock().unwrap().bytes);
        String::from_utf8(bytes).expect("the programs write UTF-8")
    }
}

/// The valid beginning: a pipe may be seen in the middle of a character.
fn text_of(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}
