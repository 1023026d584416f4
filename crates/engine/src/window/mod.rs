//! Stores of sliding windows, which keep so much from batch to batch that a slide costs what
//! entered and left.
//!
//! A keyed window is a [`WindowStore`]: the shards of the shuffle, each with the keys of the
//! window and what their batches brought, oldest first. A [`KeyedRule`] says how the batches change
//! a key's value: [`Grouping`] keeps lists, [`Reducing`] an associative function's partial
//! results, [`Inverting`] one value that an inverse function takes from. A window over one value
//! per batch is a [`SingleStore`], with a [`SingleRule`]; one over records as they are, a [`BatchStore`].
//!
//! Law 5: each of them is [`Durable`](crate::durable::Durable), and slides on after a recovery as
//! one that never stopped.
//!
//! Law 4 here: a slide touches the keys that entered or left, and no others. Law 3: a key's
//! *place* is the arrival of the oldest record that the window has of it; where an inverse
//! function keeps the value, it is the arrival that brought the key, until a filter removes it.

mod batch_store;
mod change;
mod durable;
mod enter;
mod first;
mod frame;
mod group;
mod inverse;
mod read;
mod reduce;
mod replay;
mod ring;
mod single;
mod single_store;
mod slots;
mod store;
#[cfg(test)]
mod tests;

pub use batch_store::BatchStore;
pub use frame::WindowSpec;
pub use group::Grouping;
pub use inverse::{Inverting, KeyFilter};
pub use reduce::Reducing;
pub use single_store::{ByFunction, ByInverse, SingleRule, SingleStore};
pub use store::{KeyedRule, WindowStore};
