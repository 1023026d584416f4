//! Bodies of fuzz targets: command lines and properties files. The tests run them over the corpora
//! in `tests/fuzz/corpus`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::{Environment, Program, handoff, parse, properties, state, typed};

const PROGRAM: Program = Program {
    name: "network_wordcount",
    arguments: "<hostname> <port>",
    argument_count: 2,
    app_name: "NetworkWordCount",
};

/// Words with line ends between them: a run that was asked for, or an end that says why not. No
/// file is read.
pub fn options(data: &[u8]) {
    let words = data.split(|&byte| byte == b'\n');
    let words: Vec<OsString> = words.map(|word| OsStr::from_bytes(word).into()).collect();
    state::fuzz(&words);
    if let Ok(typed) = typed::read(&words) {
        assert!(words.ends_with(&typed.rest));
        if typed.properties_file.is_some() {
            return;
        }
    }
    match parse(&PROGRAM, &Environment::empty(), words) {
        Ok(invocation) => {
            assert_eq!(invocation.arguments.len(), 2);
            assert!(invocation.conf.contains("spark.master"));
            // What it hands on is what it has.
            let environment =
                Environment::empty().with(crate::SUBMIT_CONF, handoff::encode(&invocation.conf));
            let received = handoff::receive(&environment).expect("it was encoded");
            let received = received.expect("it was handed on");
            assert!(received.iter().eq(invocation.conf.iter()));
        }
        Err(exit) => {
            assert!([0, 1, 255].contains(&exit.code), "{}", exit.code);
            assert!(!exit.message.is_empty());
            let asked = exit.code == 0 || !exit.message.starts_with("Error: ");
            assert!(
                asked || !exit.message.contains(char::is_control),
                "{exit:?}"
            );
        }
    }
}

/// A properties file is read or refused; what it says is the same when it is written and read
/// again.
pub fn properties(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines = text.split(['\n', '\r']).count();
    match properties::parse(&text) {
        Ok(read) => {
            let size = |key: &str, value: &str| key.len() + value.len();
            let sizes = read.iter().map(|(key, it)| size(key, &it.value));
            // Half of a pair becomes a character of three bytes.
            assert!(sizes.sum::<usize>() <= 3 * text.len());
            assert!(read.values().all(|it| (1..=lines).contains(&it.line)));
            let pairs = read
                .iter()
                .map(|(key, it)| (key.as_str(), it.value.as_str()));
            let written = properties::write(pairs.clone());
            assert!(
                written
                    .bytes()
                    .all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte))
            );
            let again = properties::parse(&written).expect("it was written");
            let again = again
                .iter()
                .map(|(key, it)| (key.as_str(), it.value.as_str()));
            assert!(pairs.eq(again));
        }
        Err(error) => assert!((1..=lines).contains(&error.line)),
    }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/corpora.rs"]
mod corpora;

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpora_are_read() {
        super::corpora::run(&[
            ("options", super::options),
            ("properties", super::properties),
        ]);
    }
}
