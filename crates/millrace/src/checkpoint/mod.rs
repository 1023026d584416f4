//! placeholder
mod meta;
mod record;
