//! `save_as_json_file`: a dataset as one file of JSON lines.

use std::io::Write;

use millrace_engine::error::Result;
use millrace_engine::json::json_of;
use millrace_engine::rdd::Rdd;
use serde::Serialize;

use super::{located, replace, texts};

/// Saves as [`SaveRdd::save_as_json_file`](super::SaveRdd::save_as_json_file) says.
pub(super) fn save<T: Serialize + Send + 'static>(rdd: &Rdd<T>, path: &str) -> Result<()> {
    let path = located("save_as_json_file: the path", path)?;
    replace::file(&path, |mut file| {
        let encode =
            |text: &mut String, record: &T| json_of(record).map(|line| text.push_str(&line));
        for (_, text) in texts(rdd, encode) {
            file.write_all(text?.as_bytes())
                .map_err(|error| replace::cannot_write(&path, error))?;
        }
        Ok(())
    })
}
