//! The other end of a connection, as it is typed: a name or an address, and nothing around it.

use std::error::Error;
use std::fmt;
use std::net::Ipv6Addr;

/// The name or address of a machine to connect to.
///
/// `[::1]` is `::1`. A text that can be neither a name nor an address is refused, because trying it
/// again never helps; a name that nobody knows is not, because somebody may know it later. A name
/// is made of labels of 1 to 63 bytes between dots, 253 bytes in all, and of the letters, digits
/// and hyphens of RFC 1123. An underscore passes too, which the names of containers have, and so
/// does what is not ASCII, which resolvers translate. Numbers between dots are an IPv4 address.
///
/// ```
/// use millrace_types::Host;
///
/// let host = Host::parse("[::1]")?;
/// assert_eq!(host.as_str(), "::1");
/// assert_eq!(host.with_port(9999), "[::1]:9999");
/// assert_eq!(Host::parse("localhost")?.with_port(9999), "localhost:9999");
/// assert!(Host::parse("tcp://localhost").is_err());
/// assert!(Host::parse("256.1.1.1").is_err());
/// # Ok::<(), millrace_types::HostError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host(String);

impl Host {
    /// Reads a host as it is typed.
    ///
    /// # Errors
    ///
    /// A [`HostError`] that names `text` and says what to type instead.
    pub fn parse(text: &str) -> Result<Host, HostError> {
        let refuse = |fault| {
            let host = text.to_owned();
            Err(HostError { host, fault })
        };
        let inside = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let host = inside.unwrap_or(text);
        if text.is_empty() {
            return refuse(Fault::Empty);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return refuse(Fault::Blank);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return refuse(Fault::Scheme(scheme.len() + 3));
        }
        let is_ipv6 = is_ipv6(host);
        if inside.is_some() && !is_ipv6 || host.contains(['[', ']']) {
            return refuse(Fault::Brackets);
        }
        if host.contains('/') {
            return refuse(Fault::Slash);
        }
        if host.contains(':') && !is_ipv6 {
            return refuse(Fault::Colon);
        }
        if !is_ipv6 && let Err(fault) = check_name(host) {
            return refuse(fault);
        }
        Ok(Host(host.to_owned()))
    }

    /// The name or address, without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port as they are written together.
    pub fn with_port(&self, port: u16) -> String {
        let host = &self.0;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

/// True if `text` is an IPv6 address, with a zone (`fe80::1%eth0`) or without.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "any"));
    !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok()
}

/// The longest name, and the longest label of one, in bytes (RFC 1123).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Finds what keeps `name` from being a name or an IPv4 address.
fn check_name(name: &str) -> Result<(), Fault> {
    // A dot at the end says that the name is whole.
    let name = name.strip_suffix('.').unwrap_or(name);
    let strange = |c: &char| c.is_ascii() && !c.is_ascii_alphanumeric() && !"-_.".contains(*c);
    if let Some(character) = name.chars().find(strange) {
        return Err(Fault::Character(character));
    }
    if name.split('.').any(str::is_empty) {
        return Err(Fault::Dots);
    }
    if name.len() > LONGEST_NAME || name.split('.').any(|label| label.len() > LONGEST_LABEL) {
        return Err(Fault::Long);
    }
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    if name.contains('.') && name.chars().all(is_number) && !is_ipv4(name) {
        return Err(Fault::Numbers);
    }
    Ok(())
}

/// True if numbers between dots are an IPv4 address as the system reads one: two to four of them,
/// the last of which fills the bytes that are left; a zero in front makes one octal.
fn is_ipv4(numbers: &str) -> bool {
    let numbers: Vec<&str> = numbers.split('.').collect();
    let last_bits = match numbers.len() {
        2 => 24,
        3 => 16,
        4 => 8,
        _ => return false,
    };
    let is_below = |(index, number): (usize, &&str)| {
        let bits = if index + 1 == numbers.len() {
            last_bits
        } else {
            8
        };
        let radix = if number.starts_with('0') { 8 } else { 10 };
        u32::from_str_radix(number, radix).is_ok_and(|number| number >> bits == 0)
    };
    numbers.iter().enumerate().all(is_below)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that can never be a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostError {
    host: String,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Empty,
    Blank,
    /// Of so many bytes, `://` among them.
    Scheme(usize),
    Brackets,
    Slash,
    Colon,
    /// One that no name has.
    Character(char),
    /// Nothing stands before, behind or between dots.
    Dots,
    Long,
    /// Numbers between dots that are no address.
    Numbers,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HostError { host, fault } = self;
        write!(f, "no such host: '{host}'; ")?;
        match *fault {
            Fault::Empty => f.write_str("it is empty, and should be a name or an address"),
            Fault::Blank => f.write_str("there is a blank in it"),
            Fault::Scheme(length) => write!(f, "leave out '{}'", &host[..length]),
            Fault::Brackets => f.write_str("brackets go around an IPv6 address, as in [::1]"),
            Fault::Slash => f.write_str("there is a '/' in it"),
            Fault::Colon => f.write_str("the port is an argument of its own"),
            Fault::Character(character) => write!(f, "there is a '{character}' in it"),
            Fault::Dots => f.write_str("a part of it is empty"),
            Fault::Long => write!(
                f,
                "it is too long: at most {LONGEST_NAME} bytes, and {LONGEST_LABEL} between dots"
            ),
            Fault::Numbers => f.write_str("it is no IPv4 address, whose numbers are 0 to 255"),
        }
    }
}

impl Error for HostError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_address_is_a_host_as_it_is_written(ip: std::net::IpAddr, port: u16) {
            let typed = ip.to_string();
            let host = Host::parse(&typed).unwrap();
            prop_assert_eq!(host.as_str(), &typed);
            let socket = std::net::SocketAddr::new(ip, port).to_string();
            prop_assert_eq!(host.with_port(port), socket);
            if ip.is_ipv6() {
                prop_assert_eq!(Host::parse(&format!("[{typed}]")), Ok(host));
            }
        }

        #[test]
        fn names_are_hosts(name in "([a-z0-9_-]{1,20}\\.){0,4}[a-z_-][a-z0-9ü_-]{0,20}\\.?") {
            let host = Host::parse(&name).unwrap();
            prop_assert_eq!(host.with_port(1), format!("{name}:1"));
        }

        #[test]
        fn whatever_is_typed_is_a_host_or_is_named(text in any::<String>()) {
            match Host::parse(&text) {
                Ok(host) => {
                    let bracketed = format!("[{}]", host.0);
                    prop_assert!(text == host.0 || text == bracketed);
                }
                Err(error) => {
                    let named = format!("'{text}'");
                    prop_assert!(error.to_string().contains(&named));
                },
            }
        }
    }

    #[test]
    fn what_can_never_be_a_host_is_refused_with_what_to_do() {
        for (text, says) in [
            ("", "it is empty"),
            (" ", "a blank"),
            ("local host", "a blank"),
            ("localhost\n", "a blank"),
            ("tcp://h", "leave out 'tcp://'"),
            ("https://[::1]", "leave out 'https://'"),
            ("h:9999", "the port"),
            ("127.0.0.1:9999", "the port"),
            ("[::1]:9999", "brackets"),
            ("[localhost]", "brackets"),
            ("[]", "brackets"),
            ("[::1", "brackets"),
            ("::1]", "brackets"),
            ("h/path", "'/'"),
            ("::g", "the port"),
            ("fe80::1%", "the port"),
            ("ho*st", "a '*'"),
            ("user@host", "a '@'"),
            ("host?x", "a '?'"),
            ("fe80%eth0", "a '%'"),
            (".", "is empty"),
            ("a..b", "is empty"),
            (".a", "is empty"),
            ("256.1.1.1", "no IPv4 address"),
            ("1.2.3.4.5", "no IPv4 address"),
            ("127.0.0.08", "no IPv4 address"),
            ("1.16777216", "no IPv4 address"),
            ("99999999999.1", "no IPv4 address"),
            (&"a".repeat(64), "too long"),
            (&"a.".repeat(128), "too long"),
        ] {
            let message = Host::parse(text).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        }
        assert_eq!(
            Host::parse("[fe80::1%eth0]").unwrap().as_str(),
            "fe80::1%eth0"
        );
    }

    /// Names that some resolver takes are left to it.
    #[test]
    fn what_a_resolver_may_know_is_a_host() {
        let longest = "a.".repeat(127);
        for text in [
            "localhost.",
            "my_stack-web-1",
            "küche.local",
            "127.1",
            "10.65535",
            "1.2.65535",
            "0377.0.0.1",
            "2130706433",
            "0x7f.1",
            "1and1.com",
            "3.4.5.example",
            &"a".repeat(63),
            &longest,
        ] {
            assert_eq!(Host::parse(text).unwrap().as_str(), text);
        }
    }
}
