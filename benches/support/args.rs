//! Command lines of the measuring programs.
//!
//! They take a handful of `--name value` options each; a parser of their own
//! keeps this package free of dependencies that would have to be compiled
//! before anything can be measured.

use std::fmt::Display;
use std::str::FromStr;

/// A command line, taken apart into options and operands.
#[derive(Debug, Default)]
pub struct Args {
    usage: &'static str,
    options: Vec<(String, String)>,
    operands: Vec<String>,
}

impl Args {
    /// Takes the process's command line apart. `known` are the options, without dashes;
    /// `usage` is a line that ends every complaint.
    ///
    /// # Errors
    /// Names an option that is not known or that lacks its value.
    pub fn from_env(known: &[&str], usage: &'static str) -> Result<Self, String> {
        Self::parse(std::env::args().skip(1), known, usage)
    }

    /// Takes `words` apart; `--name value` and `--name=value` mean the same.
    ///
    /// # Errors
    /// Names an option that is not known or that lacks its value.
    pub fn parse(
        words: impl Iterator<Item = String>,
        known: &[&str],
        usage: &'static str,
    ) -> Result<Self, String> {
        let mut words = words;
        let mut args = Self {
            usage,
            ..Self::default()
        };
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else {
                args.operands.push(word);
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (option.to_owned(), None),
            };
            if !known.contains(&name.as_str()) {
                return Err(args.wrong(&format!("unknown option --{name}")));
            }
            let value = match value {
                Some(value) => value,
                None => words
                    .next()
                    .ok_or_else(|| args.wrong(&format!("--{name} needs a value")))?,
            };
            args.options.push((name, value));
        }
        Ok(args)
    }

    /// The value of an option, where the last one given wins.
    ///
    /// # Errors
    /// Names the option whose value cannot be read as a `T`.
    pub fn option<T: FromStr>(&self, name: &str) -> Result<Option<T>, String>
    where
        T::Err: Display,
    {
        let Some((_, value)) = self.options.iter().rev().find(|(given, _)| given == name) else {
            return Ok(None);
        };
        value
            .parse()
            .map(Some)
            .map_err(|error| self.wrong(&format!("--{name} {value}: {error}")))
    }

    /// The operands, in order.
    #[must_use]
    pub fn operands(&self) -> &[String] {
        &self.operands
    }

    /// The two operands of every client: a host and a port.
    ///
    /// # Errors
    /// Says what was expected, or what is wrong with the port.
    pub fn host_and_port(&self) -> Result<(&str, u16), String> {
        let [host, port] = self.operands() else {
            return Err(self.wrong("a host and a port are needed"));
        };
        let port = port
            .parse()
            .map_err(|error| self.wrong(&format!("port {port}: {error}")))?;
        Ok((host, port))
    }

    /// A complaint about the command line.
    #[must_use]
    pub fn wrong(&self, message: &str) -> String {
        format!("{message}\n{}", self.usage)
    }
}

#[cfg(test)]
mod tests {
    use super::Args;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(
            line.split(' ').map(str::to_owned),
            &["rate", "port"],
            "usage",
        )
    }

    #[test]
    fn options_and_operands_may_mix() {
        let args = parse("localhost --rate 2.5 9999 --port=1 --port=7").expect("valid");
        assert_eq!(args.option("rate"), Ok(Some(2.5)));
        assert_eq!(args.option("port"), Ok(Some(7)));
        assert_eq!(args.host_and_port(), Ok(("localhost", 9999)));
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            parse("--speed 1").err().as_deref(),
            Some("unknown option --speed\nusage")
        );
        assert_eq!(
            parse("--rate").err().as_deref(),
            Some("--rate needs a value\nusage")
        );
        let wrong = parse("--port x").expect("valid").option::<u16>("port");
        assert!(wrong.is_err_and(|message| message.starts_with("--port x: ")));
        assert!(parse("localhost").expect("valid").host_and_port().is_err());
    }
}
