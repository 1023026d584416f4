//! Bodies of answers: a text, or the changes of a run for as long as the client listens.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::rest::overview;
use crate::run::Run;

/// A client is sent no more than one change in this time: an overview has every change before it.
const BETWEEN: Duration = Duration::from_millis(250);

/// A connection that has ended is made anew by the browser after a second: the program may be
/// there, since a connection is not kept for ever.
const RETRY: &str = "retry: 1000\n";

/// The body of an answer.
pub(super) enum AnswerBody {
    Text(Full<Bytes>),
    Changes(Changes),
}

/// Server-sent events: the overview of a run after every change.
///
/// A client that reads slowly gets fewer of them, and always the newest: an overview is made when
/// the connection can take it, and nothing waits in between.
pub(super) struct Changes {
    run: Arc<Run>,
    changes: watch::Receiver<u64>,
    tick: Interval,
    first: bool,
    /// One of the places for clients that listen.
    _place: OwnedSemaphorePermit,
}

impl Changes {
    pub(super) fn of(run: Arc<Run>, place: OwnedSemaphorePermit) -> Changes {
        let mut tick = interval(BETWEEN);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Changes {
            changes: run.changes(),
            run,
            tick,
            first: true,
            _place: place,
        }
    }
}

impl Body for Changes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            ready!(self.tick.poll_tick(context));
            let first = std::mem::replace(&mut self.first, false);
            // The sender lives in the run, which this body keeps.
            if first || self.changes.has_changed().unwrap_or(false) {
                self.changes.mark_unchanged();
                let overview = overview(&self.run);
                let retry = if first { RETRY } else { "" };
                let text = format!("{retry}data: {overview}\n\n");
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from(text)))));
            }
        }
    }
}

impl AnswerBody {
    /// True while the client goes on listening.
    pub(super) fn listens(&self) -> bool {
        matches!(self, AnswerBody::Changes(_))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            AnswerBody::Text(text) => Pin::new(text).poll_frame(context),
            AnswerBody::Changes(changes) => Pin::new(changes).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            AnswerBody::Text(text) => text.is_end_stream(),
            AnswerBody::Changes(_) => false,
        }
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            AnswerBody::Text(text) => text.size_hint(),
            AnswerBody::Changes(_) => hyper::body::SizeHint::default(),
        }
    }
}
