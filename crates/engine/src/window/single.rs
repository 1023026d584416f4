//! Windows over one value per batch: `reduce_by_window` and its kin, the keyed windows without the
//! keys.

use std::collections::VecDeque;

use super::frame::WindowSpec;

/// Batches by number, with what they have.
type Numbered<V> = Vec<(u64, V)>;

/// The saved form of a [`Reduced`]: front, back, and the back merged, which is a list of one or
/// none.
pub(crate) type SavedReduced<V> = (Numbered<V>, Numbered<V>, Vec<V>);

/// The saved form of an [`Inverted`]: the batches, then value, left and entered, each a list of
/// one or none.
pub(crate) type SavedInverted<V> = (Numbered<V>, Vec<V>, Vec<V>, Vec<V>);

/// The window of a function without an inverse: two stacks, as in [`reduce`](super::reduce).
pub(crate) struct Reduced<V> {
    /// The older batches, the oldest one last; each is merged with the batches before it in this list.
    front: Vec<(u64, V)>,
    /// The newer ones, oldest first.
    back: VecDeque<(u64, V)>,
    /// The values of `back`, merged.
    merged: Option<V>,
}

impl<V: Clone> Reduced<V> {
    pub(crate) fn new() -> Reduced<V> {
        Reduced {
            front: Vec::new(),
            back: VecDeque::new(),
            merged: None,
        }
    }

    /// Lets the batches up to `forgotten` go.
    pub(crate) fn leave(&mut self, forgotten: u64, function: &impl Fn(V, V) -> V) {
        while self
            .front
            .pop_if(|(batch, _)| *batch <= forgotten)
            .is_some()
        {}
        let before = self.back.len();
        while self
            .back
            .pop_front_if(|(batch, _)| *batch <= forgotten)
            .is_some()
        {}
        if self.back.len() == before {
            return;
        }
        // The front has left before anything of the back could.
        self.merged = None;
        while let Some((batch, value)) = self.back.pop_back() {
            let value = match self.front.last() {
                Some((_, later)) => function(value, later.clone()),
                None => value,
            };
            self.front.push((batch, value));
        }
    }

    /// Takes the value of a batch.
    pub(crate) fn enter(&mut self, batch: u64, value: V, function: &impl Fn(V, V) -> V) {
        self.merged = Some(match self.merged.take() {
            Some(merged) => function(merged, value.clone()),
            None => value.clone(),
        });
        self.back.push_back((batch, value));
    }

    /// The value of the window; `None` if no batch of it had a value.
    pub(crate) fn value(&self, function: &impl Fn(V, V) -> V) -> Option<V> {
        match (self.front.last(), &self.merged) {
            (Some((_, front)), Some(back)) => Some(function(front.clone(), back.clone())),
            (Some((_, only)), None) | (None, Some(only)) => Some(only.clone()),
            (None, None) => None,
        }
    }

    pub(super) fn saved(&self, frame: &WindowSpec) -> SavedReduced<V> {
        (
            numbered(&self.front, frame),
            numbered(&self.back, frame),
            list(&self.merged),
        )
    }

    pub(super) fn restored(
        (front, back, merged): SavedReduced<V>,
        frame: &WindowSpec,
    ) -> Reduced<V> {
        Reduced {
            front: batches(front, frame).collect(),
            back: batches(back, frame).collect(),
            merged: merged.into_iter().next(),
        }
    }
}

/// The window of a function with an inverse. After the first value it always has one.
pub(crate) struct Inverted<V> {
    batches: VecDeque<(u64, V)>,
    value: Option<V>,
    /// The values that have left and entered since a window fired.
    left: Option<V>,
    entered: Option<V>,
}

impl<V: Clone> Inverted<V> {
    pub(crate) fn new() -> Inverted<V> {
        Inverted {
            batches: VecDeque::new(),
            value: None,
            left: None,
            entered: None,
        }
    }

    /// Lets the batches up to `forgotten` go.
    pub(crate) fn leave(&mut self, forgotten: u64, function: &impl Fn(V, V) -> V) {
        while let Some((_, value)) = self.batches.pop_front_if(|(batch, _)| *batch <= forgotten) {
            merge(&mut self.left, value, function);
        }
    }

    /// Takes the value of a batch.
    pub(crate) fn enter(&mut self, batch: u64, value: V, function: &impl Fn(V, V) -> V) {
        merge(&mut self.entered, value.clone(), function);
        self.batches.push_back((batch, value));
    }

    /// Makes a window of what is there.
    pub(crate) fn settle(
        &mut self,
        function: &impl Fn(V, V) -> V,
        inverse: &impl Fn(V, V) -> V,
    ) -> Option<V> {
        if let Some(left) = self.left.take() {
            self.value = self.value.take().map(|value| inverse(value, left));
        }
        if let Some(entered) = self.entered.take() {
            merge(&mut self.value, entered, function);
        }
        self.value.clone()
    }

    pub(super) fn saved(&self, frame: &WindowSpec) -> SavedInverted<V> {
        (
            numbered(&self.batches, frame),
            list(&self.value),
            list(&self.left),
            list(&self.entered),
        )
    }

    pub(super) fn restored(saved: SavedInverted<V>, frame: &WindowSpec) -> Inverted<V> {
        let (kept, value, left, entered) = saved;
        Inverted {
            batches: batches(kept, frame).collect(),
            value: value.into_iter().next(),
            left: left.into_iter().next(),
            entered: entered.into_iter().next(),
        }
    }
}

/// The batches of the window by their numbers in the run.
fn numbered<'a, V: Clone + 'a>(
    batches: impl IntoIterator<Item = &'a (u64, V)>,
    frame: &WindowSpec,
) -> Numbered<V> {
    let batches = batches.into_iter();
    batches
        .map(|(batch, value)| (frame.number(*batch), value.clone()))
        .collect()
}

/// The batches of the run by their numbers in the window.
fn batches<V>(numbered: Numbered<V>, frame: &WindowSpec) -> impl Iterator<Item = (u64, V)> {
    let numbered = numbered.into_iter();
    numbered.map(|(number, value)| (frame.batch(number), value))
}

/// The program's value may itself be an `Option`, of which there is no telling `Some(None)`
/// when it is written down.
fn list<V: Clone>(value: &Option<V>) -> Vec<V> {
    value.iter().cloned().collect()
}

fn merge<V>(place: &mut Option<V>, later: V, function: &impl Fn(V, V) -> V) {
    *place = Some(match place.take() {
        Some(earlier) => function(earlier, later),
        None => later,
    });
}
