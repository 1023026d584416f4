//! Settings of a run: text keys, text values, typed on the way out.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::num::{IntErrorKind, ParseIntError};
use std::path::PathBuf;

use crate::byte_size::{ByteSize, ByteUnit, ParseByteSizeError};
use crate::duration::{Duration, ParseDurationError, TimeUnit};
use crate::location::{LocationError, local_path};

/// An ordered map of settings, Spark's `SparkConf`.
///
/// Values are kept as they were written, so that whoever shows them shows what
/// the user typed; the typed getters read them on demand. `Debug` hides what
/// [`redacted`] hides, because settings end up in logs.
///
/// ```
/// use millrace_types::{Conf, Duration, TimeUnit};
///
/// let mut conf = Conf::new();
/// conf.set("spark.master", "local[2]").set("spark.streaming.blockInterval", "50ms");
/// let interval = conf.duration("spark.streaming.blockInterval", TimeUnit::Milliseconds)?;
/// assert_eq!(interval, Some(Duration::milliseconds(50)));
/// # Ok::<(), millrace_types::ConfError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Conf {
    settings: BTreeMap<String, String>,
}

impl Conf {
    /// No settings.
    pub fn new() -> Conf {
        Conf::default()
    }

    /// Sets `key`, replacing what it was.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Conf {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// Sets `key` unless a stronger layer has set it already.
    pub fn set_if_missing(
        &mut self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> &mut Conf {
        self.settings
            .entry(key.into())
            .or_insert_with(|| value.into());
        self
    }

    /// The value of `key` as it was written.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str)
    }

    /// True if `key` is set.
    pub fn contains(&self, key: &str) -> bool {
        self.settings.contains_key(key)
    }

    /// Removes `key` and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.settings.remove(key)
    }

    /// All settings, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of `key` as a duration; a bare number counts `default_unit`.
    ///
    /// # Errors
    ///
    /// When it is set and [`Duration::parse`] refuses it, or it is longer than
    /// [`Duration::LONGEST`].
    pub fn duration(
        &self,
        key: &str,
        default_unit: TimeUnit,
    ) -> Result<Option<Duration>, ConfError> {
        self.read(key, "a duration", Some(ParseDurationError::HINT), |value| {
            let longest = || {
                let days = Duration::LONGEST.as_millis() / Duration::minutes(24 * 60).as_millis();
                format!("{days}d (a hundred years)")
            };
            match Duration::parse(value, default_unit) {
                Ok(length) if length > Duration::LONGEST => Err(Some(longest())),
                Ok(length) => Ok(length),
                Err(error) => Err(error.is_too_large().then(longest)),
            }
        })
    }

    /// The value of `key` as a size; a bare number counts bytes.
    ///
    /// # Errors
    ///
    /// When it is set and [`ByteSize::parse`] refuses it.
    pub fn size(&self, key: &str) -> Result<Option<ByteSize>, ConfError> {
        self.read(key, "a size", Some(ParseByteSizeError::HINT), |value| {
            ByteSize::parse(value, ByteUnit::Bytes)
                .map_err(|error| error.is_too_large().then_some(format!("{}b", u64::MAX)))
        })
    }

    /// The value of `key` as `true` or `false`, in any case.
    ///
    /// # Errors
    ///
    /// When it is set to anything else.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, ConfError> {
        self.read(key, "true or false", None, |value| {
            let is = |word: &str| value.trim().eq_ignore_ascii_case(word);
            if is("true") {
                Ok(true)
            } else {
                is("false").then_some(false).ok_or(None)
            }
        })
    }

    /// The value of `key` as a whole number.
    ///
    /// # Errors
    ///
    /// When it is set and is no number of 64 bits with its sign.
    pub fn integer(&self, key: &str) -> Result<Option<i64>, ConfError> {
        self.read(key, "a whole number", None, |value| {
            value.trim().parse().map_err(|error: ParseIntError| {
                let large = *error.kind() == IntErrorKind::PosOverflow;
                large.then(|| i64::MAX.to_string())
            })
        })
    }

    /// The value of `key` as the path of a file or directory.
    ///
    /// # Errors
    ///
    /// When it is set and [`local_path`] refuses it.
    pub fn location(&self, key: &str) -> Result<Option<PathBuf>, ConfError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let refused = |error| ConfError {
            location: Some(Box::new(error)),
            ..ConfError::new(key, "location", value)
        };
        local_path(value).map(Some).map_err(refused)
    }

    /// Reads a value by `parse`, which refuses one with the largest there is if it is too large.
    fn read<T>(
        &self,
        key: &str,
        expected: &'static str,
        hint: Option<&'static str>,
        parse: impl FnOnce(&str) -> Result<T, Option<String>>,
    ) -> Result<Option<T>, ConfError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        parse(value).map(Some).map_err(|most| ConfError {
            hint: hint.filter(|_| most.is_none()),
            most,
            ..ConfError::new(key, expected, value)
        })
    }
}

impl fmt::Debug for Conf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(key, value)| (key, redacted(key, value))))
            .finish()
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Conf {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, settings: I) {
        self.settings.extend(
            settings
                .into_iter()
                .map(|(key, value)| (key.into(), value.into())),
        );
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Conf {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(settings: I) -> Conf {
        let mut conf = Conf::new();
        conf.extend(settings);
        conf
    }
}

/// The text that stands in the place of a secret.
pub const REDACTED: &str = "*********(redacted)";

/// `value` as it may be shown: hidden when the key or the value speaks of a
/// secret, a password, a token or an access key, in any case.
///
/// Spark 3.5 looks at the value too, for settings such as
/// `spark.driver.extraJavaOptions=-Dpassword=x`.
pub fn redacted<'a>(key: &str, value: &'a str) -> &'a str {
    if speaks_of_secrets(key) || speaks_of_secrets(value) {
        REDACTED
    } else {
        value
    }
}

fn speaks_of_secrets(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let access_key = || {
        text.split_once("access")
            .is_some_and(|(_, rest)| rest.contains("key"))
    };
    ["secret", "password", "token"]
        .iter()
        .any(|word| text.contains(word))
        || access_key()
}

/// A setting whose value is not what its key takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfError {
    key: String,
    expected: String,
    value: String,
    /// An example of how such a value is written.
    hint: Option<&'static str>,
    /// The largest value, if this one is larger.
    most: Option<String>,
    location: Option<Box<LocationError>>,
}

impl ConfError {
    /// An error that says `key` should be `expected`, for instance `a whole
    /// number from 1 on`.
    pub fn new(
        key: impl Into<String>,
        expected: impl Into<String>,
        value: impl Into<String>,
    ) -> ConfError {
        let (key, expected, value) = (key.into(), expected.into(), value.into());
        ConfError {
            key,
            expected,
            value,
            hint: None,
            most: None,
            location: None,
        }
    }

    /// True if the value would be right but for being too large.
    pub(crate) fn is_too_large(&self) -> bool {
        self.most.is_some()
    }

    /// The key of the setting.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Spark 3.5: `<key> should be <type>, but was <value>`, with the advice on
/// how durations and sizes are written behind it. A value that only is too
/// large is told the largest; a location says itself what is wrong with it.
/// Secrets are hidden.
impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (&self.key, redacted(&self.key, &self.value));
        if let Some(location) = &self.location {
            return write!(f, "{key} {location}");
        }
        if let Some(most) = &self.most {
            return write!(f, "{key} is too large: at most {most}, but was '{value}'");
        }
        write!(f, "{key} should be {}, but was '{value}'", self.expected)?;
        self.hint.map_or(Ok(()), |hint| write!(f, ". {hint}"))
    }
}

impl Error for ConfError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(value: &str) -> Conf {
        Conf::from_iter([("k", value)])
    }

    #[test]
    fn a_weaker_layer_fills_gaps_only() {
        let mut conf = conf("strong");
        conf.set_if_missing("k", "weak")
            .set_if_missing("other", "weak");
        let settings: Vec<_> = conf.iter().collect();
        assert_eq!(settings, [("k", "strong"), ("other", "weak")]);
        assert_eq!(conf.remove("k").as_deref(), Some("strong"));
        assert!(!conf.contains("k"));
    }

    #[test]
    fn values_are_typed_on_the_way_out() {
        assert_eq!(conf(" TRUE ").boolean("k"), Ok(Some(true)));
        assert_eq!(conf("False").boolean("k"), Ok(Some(false)));
        assert_eq!(conf(" -3 ").integer("k"), Ok(Some(-3)));
        assert_eq!(conf("2k").size("k"), Ok(Some(ByteSize::bytes(2048))));
        let duration = conf("2").duration("k", TimeUnit::Seconds);
        assert_eq!(duration, Ok(Some(Duration::seconds(2))));
        assert_eq!(Conf::new().integer("k"), Ok(None));
    }

    #[test]
    fn a_bad_value_is_named_in_sparks_form() {
        let message = conf("yes").boolean("k").unwrap_err().to_string();
        assert_eq!(message, "k should be true or false, but was 'yes'");
        let message = conf("1.5").integer("k").unwrap_err().to_string();
        assert_eq!(message, "k should be a whole number, but was '1.5'");
        let message = conf("1.5s")
            .duration("k", TimeUnit::Seconds)
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("k should be a duration, but was '1.5s'. Time must"),
            "{message}"
        );
        let message = conf("").location("k").unwrap_err().to_string();
        assert_eq!(message, "k is empty");
        let message = conf("x").size("k").unwrap_err().to_string();
        assert!(
            message.starts_with("k should be a size, but was 'x'. Size must"),
            "{message}"
        );
    }

    #[test]
    fn what_is_only_too_large_is_told_the_largest() {
        let large = |error: ConfError| {
            let message = error.to_string();
            assert!(message.starts_with("k is too large: at most "), "{message}");
            message
        };
        let message = large(conf("99999999999999999999").integer("k").unwrap_err());
        assert!(message.contains("9223372036854775807"), "{message}");
        let seconds = conf("99999999999999999999s").duration("k", TimeUnit::Seconds);
        large(seconds.unwrap_err());
        let message = large(conf("16384p").size("k").unwrap_err());
        assert!(message.contains("18446744073709551615b"), "{message}");
    }

    #[test]
    fn secrets_are_hidden() {
        let cases = [
            ("spark.ssl.keyPassword", "x", REDACTED),
            ("my.SECRET", "x", REDACTED),
            ("a.token.b", "x", REDACTED),
            ("fs.s3a.access.key", "x", REDACTED),
            ("awsAccessKeyId", "x", REDACTED),
            ("spark.driver.extraJavaOptions", "-Dpassword=x", REDACTED),
            ("spark.access", "x", "x"),
            ("spark.key.access", "x", "x"),
            ("spark.master", "local", "local"),
        ];
        for (key, value, expected) in cases {
            assert_eq!(redacted(key, value), expected, "{key}");
        }
        let mut conf = Conf::new();
        conf.set("spark.password", "hunter2");
        assert!(!format!("{conf:?}").contains("hunter2"));
    }
}
