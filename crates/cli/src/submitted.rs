//! The settings of a program that reads its arguments itself: a Python program.

use millrace_types::Conf;

use crate::environment::Environment;
use crate::exit::Exit;
use crate::handoff;
use crate::resolved::{accept, resolve};
use crate::typed::Typed;

/// The settings that `millrace-submit` has given to this process, or, if it was started by
/// itself, those of `spark-defaults.conf` and the environment. `spark.master` is always among
/// them.
///
/// ```
/// use millrace_cli::{Environment, submitted};
/// let alone = Environment::empty().with("MASTER", "local[3]");
/// let conf = submitted(&alone).expect("a good master");
/// assert_eq!(conf.get("spark.master"), Some("local[3]"));
/// ```
///
/// # Errors
///
/// An [`Exit`] with one line on what cannot be read, or on a setting that means nothing.
pub fn submitted(environment: &Environment) -> Result<Conf, Exit> {
    let resolved = match handoff::receive(environment)? {
        Some(conf) => accept(conf)?,
        None => resolve(&Typed::default(), environment)?,
    };
    Ok(resolved.conf)
}
