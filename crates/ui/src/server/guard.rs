//! Which requests are answered: by method and by `Host`.
//!
//! A page from elsewhere can make a browser send requests to this machine under a name that it
//! controls (DNS rebinding). Such a request carries that name as `Host`; an address, `localhost`
//! and the name of this machine cannot be taken over so.

use std::net::{IpAddr, SocketAddr};

use hyper::header::HOST;
use hyper::{HeaderMap, Method, StatusCode};

/// The names of this server itself, as far as they are known.
#[derive(Debug)]
pub(crate) struct Guard {
    address: SocketAddr,
    host_name: Option<String>,
}

impl Guard {
    pub(crate) fn new(address: SocketAddr) -> Guard {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        Guard {
            address,
            host_name: name.map(|name| name.trim().to_owned()),
        }
    }

    /// The status and the reason of a refusal.
    ///
    /// # Errors
    /// If the request is not to be answered.
    pub(super) fn check(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<(), (StatusCode, &'static str)> {
        if method != Method::GET && method != Method::HEAD {
            return Err((
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and HEAD are served",
            ));
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.ok_or((StatusCode::BAD_REQUEST, "the request names no host"))?;
        if self.knows(host) {
            Ok(())
        } else {
            let reason = "this host name is not one of this server; use its address";
            Err((StatusCode::MISDIRECTED_REQUEST, reason))
        }
    }

    fn knows(&self, host: &str) -> bool {
        let name = name_of(host);
        let loopback_only = self.address.ip().is_loopback();
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
            return !loopback_only || address.is_loopback();
        }
        let is_local = name.eq_ignore_ascii_case("localhost");
        let is_ours = self
            .host_name
            .as_ref()
            .is_some_and(|own| own.eq_ignore_ascii_case(name));
        is_local || (is_ours && !loopback_only)
    }
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    if let Some(end) = host.find(']') {
        return &host[..=end];
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(address: &str) -> Guard {
        Guard {
            address: address.parse().unwrap(),
            host_name: Some("box".to_owned()),
        }
    }

    #[test]
    fn a_name_that_anybody_could_own_is_refused() {
        let local = guard("127.0.0.1:4040");
        let cases = [
            ("localhost:4040", true),
            ("LOCALHOST", true),
            ("127.0.0.1:4040", true),
            ("[::1]:4040", true),
            ("evil.example:4040", false),
            ("localhost.evil.example", false),
            ("10.1.2.3:4040", false),
            ("box:4040", false),
            ("", false),
        ];
        for (host, known) in cases {
            assert_eq!(local.knows(host), known, "{host}");
        }
        let open = guard("0.0.0.0:4040");
        for (host, known) in [
            ("10.1.2.3:4040", true),
            ("box", true),
            ("evil.example", false),
        ] {
            assert_eq!(open.knows(host), known, "{host}");
        }
    }

    #[test]
    fn only_reading_is_served() {
        let guard = guard("127.0.0.1:4040");
        let mut headers = HeaderMap::new();
        let refused = guard.check(&Method::GET, &headers);
        assert_eq!(refused.unwrap_err().0, StatusCode::BAD_REQUEST);
        headers.insert(HOST, "localhost".parse().unwrap());
        assert!(guard.check(&Method::GET, &headers).is_ok());
        assert!(guard.check(&Method::HEAD, &headers).is_ok());
        let refused = guard.check(&Method::POST, &headers);
        assert_eq!(refused.unwrap_err().0, StatusCode::METHOD_NOT_ALLOWED);
    }
}
