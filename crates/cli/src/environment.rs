//! The command line's view of the world, so that tests can make one up.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Environment variables, and the directory of the running program.
///
/// `Debug` leaves the values out: an environment holds other people's secrets.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    program_directory: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Environment {
        let executable = env::current_exe().ok();
        let program_directory = executable.and_then(|path| Some(path.parent()?.to_owned()));
        Environment {
            variables: env::vars_os().collect(),
            program_directory,
        }
    }

    /// An environment with nothing in it.
    pub fn empty() -> Environment {
        Environment::default()
    }

    /// The same with `name` set to `value`.
    #[must_use]
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Environment {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The same with the running program in `directory`, which is where
    /// programs are looked for first.
    #[must_use]
    pub fn beside(mut self, directory: impl Into<PathBuf>) -> Environment {
        self.program_directory = Some(directory.into());
        self
    }

    /// The value of `name`; one that is empty counts as not set, since that is
    /// how a shell script takes a variable away.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    pub(crate) fn program_directory(&self) -> Option<&Path> {
        self.program_directory.as_deref()
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("program_directory", &self.program_directory)
            .finish()
    }
}
