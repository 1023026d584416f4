//! Two datasets that are read together.

use super::Rdd;

/// Two datasets of which one is made.
pub(super) struct Sides<T, U> {
    pub(super) left: Rdd<T>,
    pub(super) right: Rdd<U>,
}

impl<T: Send + 'static, U: Send + 'static> Sides<T, U> {
    pub(super) fn of(left: &Rdd<T>, right: &Rdd<U>) -> Sides<T, U> {
        Sides {
            left: left.clone(),
            right: right.clone(),
        }
    }

    pub(super) fn prepare(&self) {
        self.left.source().prepare();
        self.right.source().prepare();
    }

    pub(super) fn keep(&self) {
        self.left.source().keep();
        self.right.source().keep();
    }

    pub(super) fn is_detached(&self) -> bool {
        self.left.source().is_detached() && self.right.source().is_detached()
    }
}
