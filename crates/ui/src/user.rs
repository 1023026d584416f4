//! The name of the user who runs the program, which Spark's interface gives as `sparkUser`.
//!
//! Spark 3.5: `SPARK_USER`, or the user of the process as the system knows it. Here the system is
//! asked through files: `/proc/self` and `/etc/passwd`; where they do not say it, `USER` does.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The name; that of the number, if it has no other.
pub(crate) fn name() -> String {
    let said = |name| std::env::var(name).ok().filter(|name| !name.is_empty());
    let number = fs::metadata("/proc/self").map(|process| process.uid()).ok();
    let passwd = || fs::read_to_string("/etc/passwd").unwrap_or_default();
    said("SPARK_USER")
        .or_else(|| name_of(&passwd(), number?))
        .or_else(|| said("USER"))
        .or_else(|| number.map(|number| number.to_string()))
        .unwrap_or_default()
}

/// The name that a table of users has for a number.
fn name_of(passwd: &str, number: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, its) = (fields.next()?, fields.nth(1)?);
        (its.parse() == Ok(number)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_name_that_the_table_has_for_it() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\n#\nann:x:1000:100::/home/ann:\n";
        assert_eq!(name_of(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_of(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(name_of(passwd, 100), None);
        assert!(!name().is_empty());
    }
}
