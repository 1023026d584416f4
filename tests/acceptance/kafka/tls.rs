//! TLS: the broker speaks none itself, so a program that does stands in front of it.

use std::env;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tempfile::TempDir;

use crate::acceptance::harness::{PATIENCE, Signal};

use super::broker::{Broker, free_port, producing};
use super::counted::{Counted, assert_once, words};

const PROXY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/acceptance/kafka/tls_proxy.py"
);

/// A port that speaks TLS, and passes on to one that does not.
struct Front {
    proxy: Child,
    directory: TempDir,
}

impl Front {
    /// Starts it; `None` where `openssl` is not installed, which is said.
    fn start(port: u16, to: u16) -> Option<Front> {
        let directory = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
            ])
            .current_dir(&directory)
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|made| made.success()) {
            assert!(env::var_os("CI").is_none(), "openssl is needed here");
            eprintln!("skipped: there is no openssl to make a certificate");
            return None;
        }
        let named = env::var_os("MILLRACE_TEST_PYTHON");
        let proxy = Command::new(named.unwrap_or_else(|| "python3".into()))
            .arg(PROXY)
            .args(["certificate.pem", "key.pem"])
            .args([port, to].map(|port| port.to_string()))
            .current_dir(&directory)
            .spawn()
            .unwrap();
        Some(Front { proxy, directory })
    }

    fn certificate(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // Both fail when it has ended, and then there is nothing to do.
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

#[test]
fn a_broker_behind_tls_is_read_by_whoever_trusts_its_certificate() {
    let front = free_port();
    let Some(broker) = Broker::start_behind(front) else {
        return;
    };
    let Some(tls) = Front::start(front, broker.port()) else {
        return;
    };
    broker.wait_until("the port of TLS listens", || {
        TcpStream::connect(("127.0.0.1", front)).is_ok()
    });
    broker.topic("t", 2);
    let launch = || Broker::wordcount().conf("millrace.kafka.client.security.protocol", "SSL");
    let certificate = tls.certificate().join("certificate.pem");
    let key = "millrace.kafka.client.ssl.ca.location";
    // Whoever writes comes by the front, too.
    let mut config = producing(front);
    config.set("security.protocol", "SSL");
    config.set("ssl.ca.location", certificate.display().to_string());
    let producer: BaseProducer = config.create().unwrap();
    for (word, partition) in words(0, 20).iter().zip((0..2).cycle()) {
        let record = BaseRecord::<(), str>::to("t").partition(partition);
        assert!(producer.send(record.payload(word)).is_ok());
    }
    producer.flush(PATIENCE).unwrap();
    let program = broker.run(launch().conf(key, certificate.display()));
    let mut counted = Counted::default();
    counted.wait_for(&program, 20);
    program.signal(Signal::Terminate);
    counted.take(&program.finish().with_code(0).batches());
    assert_once(&counted, 20);

    let distrusts = broker.run(launch());
    distrusts.wait_for_stderr("why it is not read", |text| {
        text.contains("certificate").then_some(())
    });
    distrusts.wait_for_more_batches(1);
}
