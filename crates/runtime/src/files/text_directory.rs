//! `save_as_text_file`: a dataset as a directory of text files, as Spark writes it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use millrace_engine::error::Result;
use millrace_engine::rdd::Rdd;
use millrace_text::python;
use millrace_wal::failpoint;
use serde::Serialize;

use super::{located, replace, texts};

/// Saves as [`SaveRdd::save_as_text_file`](super::SaveRdd::save_as_text_file) says.
pub(super) fn save<T: Serialize + Send + 'static>(rdd: &Rdd<T>, path: &str) -> Result<()> {
    let path = located("save_as_text_file: the path", path)?;
    replace::directory(&path, |directory| write_parts(rdd, directory))
}

fn write_parts<T: Serialize + Send + 'static>(rdd: &Rdd<T>, directory: &Path) -> Result<()> {
    let mut texts = texts(rdd, python::write_str).peekable();
    for partition in 0..rdd.partitions() {
        let path = directory.join(format!("part-{partition:05}"));
        let refused = |error| replace::cannot_write(&path, error);
        let mut file = File::create(&path).map_err(refused)?;
        while let Some((_, text)) = texts.next_if(|(of, _)| *of == partition) {
            file.write_all(text?.as_bytes()).map_err(refused)?;
        }
        failpoint("output.parts.after-part");
    }
    let success = directory.join("_SUCCESS");
    File::create(&success).map_err(|error| replace::cannot_write(&success, error))?;
    failpoint("output.parts.after-success");
    Ok(())
}
