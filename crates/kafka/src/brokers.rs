//! The brokers of a stream, as they are typed: `host:9092,other:9092`.
//!
//! The client library looks each up for ever, also what can never be a host. So hosts are read
//! before it gets them, by the one rule of [`Host`].

use millrace_types::Host;

use crate::error::Error;

/// Refuses a list of brokers that has a host which can never be one. The list is the client
/// library's: `[protocol://]host[:port]`, between commas; a host that is left out is its own.
pub(crate) fn check(brokers: &str) -> Result<(), Error> {
    let typed = brokers.split(',').map(str::trim);
    let hosts = typed.filter(|broker| !broker.is_empty()).map(host_of);
    for host in hosts.filter(|host| !host.is_empty()) {
        Host::parse(host).map_err(Error::Broker)?;
    }
    Ok(())
}

/// The host of a broker, without the protocol and the port. An IPv6 address is in brackets.
fn host_of(broker: &str) -> &str {
    let place = broker.split_once("://").map_or(broker, |(_, place)| place);
    match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_can_never_be_a_host_is_refused() {
        for (brokers, host) in [
            ("ho*st:9092", "'ho*st'"),
            ("localhost:9092, 256.1.1.1:9092", "'256.1.1.1'"),
            ("local host", "'local host'"),
            ("SSL://a..b:1", "'a..b'"),
            ("[localhost]:9092", "'[localhost]'"),
            ("::g:9092", "'::g'"),
        ] {
            let message = check(brokers).unwrap_err().to_string();
            assert!(message.contains(host), "{message}");
        }
    }

    #[test]
    fn what_the_client_library_takes_passes() {
        for brokers in [
            "localhost",
            "localhost:9092",
            " a:1 , b_c:2,",
            "PLAINTEXT://localhost:9092",
            "[::1]:9092",
            "[::1]",
            "127.0.0.1:9092",
            ":9092",
            "",
        ] {
            check(brokers).unwrap();
        }
    }
}
