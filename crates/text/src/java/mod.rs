//! Bytes and values as Java 17 and Scala read and show them: the decoder behind a socket's text
//! and the text of a value as the JVM shows it.
//!
//! Spark reads a socket in its JVM even when the program is Python, so Java decides how many
//! replacement characters malformed bytes become. The JVM's way to show a value is there for
//! programs that want the output of Spark's Scala API. The law: decoding is Java 17's, byte for
//! byte.

#![forbid(unsafe_code)]

mod decode;
mod number;
mod value;

pub use decode::decode_lossy;
pub use value::write_scala;
