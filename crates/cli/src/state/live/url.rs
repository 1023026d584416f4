//! The address of a page, as somebody copies it out of a browser or a program's stderr.

use std::fmt;
use std::path::Path;

use millrace_types::{Host, HostError};

use super::error::LiveError;

/// The page of a program, or one of the pages of `millrace-history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::state) struct PageUrl {
    host: Host,
    port: u16,
    /// The run, if the address names one: `/history/ID/`.
    run: Option<String>,
}

/// Why a text is no address of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::state) struct UrlError {
    text: String,
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Encrypted,
    User,
    Host(HostError),
    Port(String),
}

/// Says what is missing of an address that looks like a directory which is not there, such as
/// `localhost:4040`.
pub(in crate::state) fn without_scheme(place: &Path) -> Option<LiveError> {
    let text = place.to_str()?;
    let (host, port) = text.trim_end_matches('/').rsplit_once(':')?;
    let is_port = port.parse::<u16>().is_ok_and(|port| port != 0);
    let looks_so = is_port && !host.contains('/') && Host::parse(host).is_ok() && !place.exists();
    looks_so.then(|| LiveError::NoScheme(text.to_owned()))
}

/// Port of addresses that name none, as everywhere with HTTP.
const PORT: u16 = 80;

impl PageUrl {
    /// Reads an address. `None` if `text` does not look like one, and so is a directory.
    pub(in crate::state) fn parse(text: &str) -> Option<Result<PageUrl, UrlError>> {
        let (scheme, rest) = text.split_once("://")?;
        let read = match scheme.to_ascii_lowercase().as_str() {
            "http" => PageUrl::read(rest),
            "https" => Err(Fault::Encrypted),
            _ => return None,
        };
        let text = text.to_owned();
        Some(read.map_err(|fault| UrlError { text, fault }))
    }

    fn read(rest: &str) -> Result<PageUrl, Fault> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(Fault::User);
        }
        // The colons of an IPv6 address are inside of its brackets.
        let names_end = authority.find(']').map_or(0, |bracket| bracket + 1);
        let (host, port) = match authority[names_end..].find(':') {
            Some(colon) => {
                let (host, port) = authority.split_at(names_end + colon);
                (host, port_of(&port[1..])?)
            }
            None => (authority, PORT),
        };
        Ok(PageUrl {
            host: Host::parse(host).map_err(Fault::Host)?,
            port,
            run: run_of(path),
        })
    }

    /// The run that the address names, if it names one.
    pub(super) fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// Host and port to connect to.
    pub(super) fn place(&self) -> (&str, u16) {
        (self.host.as_str(), self.port)
    }

    /// Host and port in one.
    pub(super) fn authority(&self) -> String {
        self.host.with_port(self.port)
    }
}

fn port_of(text: &str) -> Result<u16, Fault> {
    let port = text.parse().ok().filter(|&port| port != 0);
    port.ok_or_else(|| Fault::Port(text.to_owned()))
}

fn run_of(path: &str) -> Option<String> {
    let (run, _) = path.strip_prefix("/history/")?.split_once('/')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!run.is_empty() && run.chars().all(is_plain)).then(|| run.to_owned())
}

impl fmt::Display for PageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}/", self.authority())
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UrlError { text, fault } = self;
        write!(f, "{text} is no address of a program's page: ")?;
        match fault {
            Fault::Encrypted => f.write_str("pages are served by http, not by https"),
            Fault::User => f.write_str("pages have no users and passwords"),
            Fault::Host(error) => write!(f, "{error}"),
            Fault::Port(port) => write!(f, "'{port}' is no port, which is a number up to 65535"),
        }
    }
}

impl std::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PageUrl {
        PageUrl::parse(text).unwrap().unwrap()
    }

    #[test]
    fn addresses_are_read_as_they_are_copied() {
        for text in [
            "http://localhost:4040",
            "HTTP://localhost:4040/",
            "http://localhost:4040/streaming/batch/?id=7#top",
            "http://localhost:4040?",
        ] {
            assert_eq!(read(text).to_string(), "http://localhost:4040/", "{text}");
            assert_eq!(read(text).run(), None);
        }
        assert_eq!(read("http://[::1]:4041/").place(), ("::1", 4041));
        assert_eq!(read("http://127.0.0.1").place(), ("127.0.0.1", 80));
        let history = read("http://localhost:18080/history/local-17/streaming/");
        assert_eq!(history.run(), Some("local-17"));
        assert_eq!(read("http://localhost:1/history/a b/").run(), None);
    }

    #[test]
    fn directories_are_no_addresses() {
        for text in [
            "checkpoint",
            "/a/b",
            "localhost:4040",
            "file:///a",
            "ftp://a",
        ] {
            assert_eq!(PageUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_without_its_scheme_is_told_from_a_directory() {
        for (text, looks_so) in [
            ("localhost:4040", true),
            ("[::1]:4040/", true),
            ("no-such-directory", false),
            ("no/such:4040", false),
            ("no-such:directory", false),
            ("/tmp", false),
        ] {
            assert_eq!(
                without_scheme(Path::new(text)).is_some(),
                looks_so,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said() {
        for (text, why) in [
            ("https://localhost:4040/", "not by https"),
            ("http://me@localhost/", "users"),
            ("http://", "host"),
            ("http:///streaming/", "host"),
            ("http://localhost:http/", "'http' is no port"),
            ("http://localhost:/", "'' is no port"),
            ("http://localhost:70000/", "'70000' is no port"),
            ("http://localhost:0/", "'0' is no port"),
        ] {
            let said = PageUrl::parse(text).unwrap().unwrap_err().to_string();
            assert!(said.contains(why) && said.contains(text), "{said}");
        }
    }
}
