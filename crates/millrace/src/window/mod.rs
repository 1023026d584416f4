//! What sliding windows keep from batch to batch, so that a slide costs what entered and left.
//!
//! A keyed window is a [`WindowStore`]: the shards of the shuffle, each with the keys of the
//! window and what their batches brought, oldest first. How a key's value slides is a
//! [`Sliding`]: [`Grouping`] keeps lists, [`Reducing`] an associative function's partial
//! results, [`Inverting`] one value that an inverse function takes from. A window over one value
//! a batch is a [`Reduced`] or an [`Inverted`].
//!
//! Law 4 here: a slide touches the keys that entered or left, and no others. Law 3: a key's
//! *place* is the arrival of the oldest record that the window has of it; where an inverse
//! function keeps the value, it is the arrival that brought the key, until a filter removes it.

mod frame;
mod group;
mod inverse;
mod reduce;
mod ring;
mod single;
mod slots;
mod store;
mod view;

pub(crate) use frame::{Frame, Step};
pub(crate) use group::Grouping;
pub(crate) use inverse::{Filter, Inverting};
pub(crate) use reduce::Reducing;
pub(crate) use single::{Inverted, Reduced};
pub(crate) use store::{Sliding, WindowStore};
pub(crate) use view::WindowView;
