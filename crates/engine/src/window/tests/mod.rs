//! The stores of windows, each against itself before it was written down.

mod durability;
mod lives;
mod subjects;
mod unmerged;
mod written;
