//! `State`: what a function of `map_with_state` holds of its key.
//!
//! Spark's rules and its words for them. It throws; nothing here panics. A forbidden call of a
//! function is noted, and fails its batch when the function returns; the `try_` methods give the error
//! to whoever wants to go on.

use crate::error::{Error, Result};

/// The state of one key while the function of `map_with_state` runs (Spark: `State`).
///
/// ```
/// use millrace::{State, StateSpec, Text};
/// let spec = StateSpec::function(|word: &Text, one: Option<i64>, state: &mut State<i64>| {
///     let sum = state.get().copied().unwrap_or(0) + one.unwrap_or(0);
///     state.update(sum);
///     (word.clone(), sum)
/// });
/// # drop(spec);
/// ```
#[derive(Debug)]
pub struct State<S> {
    value: Option<S>,
    updated: bool,
    removed: bool,
    timing_out: bool,
    broken: Option<StateRule>,
}

/// A rule of [`State`] that a function breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StateRule {
    UpdateRemoved,
    UpdateTimingOut,
    RemoveTimingOut,
    RemoveTwice,
}

impl StateRule {
    /// Spark's words for the breach.
    pub(super) fn text(self) -> &'static str {
        match self {
            StateRule::UpdateRemoved => "Cannot update the state after it has been removed",
            StateRule::UpdateTimingOut => "Cannot update the state that is timing out",
            StateRule::RemoveTimingOut => "Cannot remove the state that is timing out",
            StateRule::RemoveTwice => "Cannot remove the state that has already been removed",
        }
    }
}

/// The action that the function took.
pub(super) enum Outcome<S> {
    /// The function changed nothing; the state, if there is one.
    Left(Option<S>),
    Updated(S),
    Removed,
    /// The function did what it must not do.
    Broke(StateRule),
}

impl<S> State<S> {
    pub(super) fn of(value: Option<S>) -> State<S> {
        State {
            value,
            updated: false,
            removed: false,
            timing_out: false,
            broken: None,
        }
    }

    pub(super) fn timing_out(value: S) -> State<S> {
        State {
            timing_out: true,
            ..State::of(Some(value))
        }
    }

    pub(super) fn outcome(self) -> Outcome<S> {
        match (self.broken, self.value) {
            (Some(rule), _) => Outcome::Broke(rule),
            _ if self.removed => Outcome::Removed,
            (None, Some(value)) if self.updated => Outcome::Updated(value),
            (None, value) => Outcome::Left(value),
        }
    }

    /// True if the key has a state. After [`remove`](State::remove) it has none.
    pub fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// The state, if there is one (Spark: `getOption`).
    pub fn get(&self) -> Option<&S> {
        self.value.as_ref()
    }

    /// The state (Spark: `get`).
    ///
    /// # Errors
    /// `State is not set`, if there is none.
    pub fn try_get(&self) -> Result<&S> {
        self.get().ok_or_else(|| Error::illegal("State is not set"))
    }

    /// Sets the state. Of a state that was removed or is timing out this is an error, which
    /// fails the batch.
    pub fn update(&mut self, state: S) {
        if let Err(rule) = self.may_update(state) {
            self.broken.get_or_insert(rule);
        }
    }

    /// [`update`](State::update) that leaves the error to the function.
    ///
    /// # Errors
    /// `Cannot update the state after it has been removed`, or `Cannot update the state that is
    /// timing out`.
    pub fn try_update(&mut self, state: S) -> Result<()> {
        self.may_update(state)
            .map_err(|rule| Error::illegal(rule.text()))
    }

    fn may_update(&mut self, state: S) -> Result<(), StateRule> {
        if self.removed {
            return Err(StateRule::UpdateRemoved);
        }
        if self.timing_out {
            return Err(StateRule::UpdateTimingOut);
        }
        self.value = Some(state);
        self.updated = true;
        Ok(())
    }

    /// Removes the state. To remove it twice, or while it is timing out, is an error, which
    /// fails the batch.
    pub fn remove(&mut self) {
        if let Err(rule) = self.may_remove() {
            self.broken.get_or_insert(rule);
        }
    }

    /// [`remove`](State::remove) that leaves the error to the function.
    ///
    /// # Errors
    /// `Cannot remove the state that is timing out`, or `Cannot remove the state that has
    /// already been removed`.
    pub fn try_remove(&mut self) -> Result<()> {
        self.may_remove()
            .map_err(|rule| Error::illegal(rule.text()))
    }

    fn may_remove(&mut self) -> Result<(), StateRule> {
        if self.timing_out {
            return Err(StateRule::RemoveTimingOut);
        }
        if self.removed {
            return Err(StateRule::RemoveTwice);
        }
        self.value = None;
        self.removed = true;
        Ok(())
    }

    /// True if this is the last call for a key that was idle for too long: there is no value,
    /// and the state is dropped afterwards.
    pub fn is_timing_out(&self) -> bool {
        self.timing_out
    }
}
