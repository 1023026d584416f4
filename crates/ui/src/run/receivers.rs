//! The receivers of a run: where each stands, and how often it was started.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Receiver;

/// A receiver and its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReceiverState {
    pub(crate) now: Receiver,
    /// Starts after the first one.
    pub(crate) restarts: u64,
    /// Errors that were reported.
    pub(crate) errors: u64,
}

/// Receivers by the numbers of their streams.
#[derive(Debug, Default)]
pub(crate) struct Receivers(BTreeMap<u32, ReceiverState>);

impl Receivers {
    pub(super) fn started(&mut self, receiver: Receiver) {
        match self.0.get_mut(&receiver.stream) {
            Some(state) => {
                state.restarts += 1;
                state.update(receiver);
            }
            None => {
                self.entry(receiver);
            }
        }
    }

    pub(super) fn failed(&mut self, receiver: Receiver) {
        self.entry(receiver).errors += 1;
    }

    pub(super) fn stopped(&mut self, receiver: Receiver) {
        self.entry(receiver);
    }

    /// Takes the states of an earlier part of the run.
    pub(super) fn carry(&mut self, states: Vec<ReceiverState>) {
        let states = states.into_iter();
        self.0.extend(states.map(|state| (state.now.stream, state)));
    }

    fn entry(&mut self, receiver: Receiver) -> &mut ReceiverState {
        let state = self
            .0
            .entry(receiver.stream)
            .or_insert_with(|| ReceiverState {
                now: receiver.clone(),
                restarts: 0,
                errors: 0,
            });
        state.update(receiver);
        state
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &ReceiverState> {
        self.0.values()
    }

    pub(crate) fn get(&self, stream: u32) -> Option<&ReceiverState> {
        self.0.get(&stream)
    }

    pub(crate) fn active(&self) -> usize {
        self.all().filter(|receiver| receiver.now.active).count()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl ReceiverState {
    /// The newest state; a start does not make the last error forgotten.
    fn update(&mut self, receiver: Receiver) {
        let last = std::mem::replace(&mut self.now, receiver);
        if self.now.error_time.is_none() {
            self.now.error_time = last.error_time;
            self.now.error_message = last.error_message;
            self.now.error = last.error;
        }
    }
}
