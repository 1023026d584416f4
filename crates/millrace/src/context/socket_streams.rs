//! `socket_text_stream`, `socket_stream` and `raw_socket_stream`: sockets that send lines, and those
//! that do not.

use std::net::TcpStream;

use millrace_engine::data::Data;
use millrace_engine::error::Error;
use millrace_engine::pipeline::{Lines, Received};
use millrace_runtime::receiver::{SocketSource, converted, frames};
use millrace_text::Text;
use millrace_types::Host;

use crate::dstream::DStream;

use super::StreamingContext;

impl StreamingContext {
    /// The lines that a TCP server sends (Spark: `socketTextStream`).
    ///
    /// The context is the client: it connects when it starts, on IPv4 or IPv6, and again every
    /// `spark.streaming.receiverRestartDelay` for as long as nobody answers. `\n`, `\r` and
    /// `\r\n` end a line; malformed UTF-8 becomes U+FFFD as Java's decoder does it. A line
    /// belongs to the batch in whose interval its end was read.
    /// `spark.streaming.receiver.maxRate` says how many lines may come in a second. A line longer
    /// than `millrace.receiver.maxLineBytes` is cut there; one that a broken connection leaves
    /// unfinished is dropped (Spark 3.5), and one that a closed connection leaves is a line. A
    /// host that can never be one is an error of the start.
    ///
    /// ```
    /// use std::io::Write;
    /// use std::net::TcpListener;
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let server = TcpListener::bind("127.0.0.1:0").unwrap();
    /// let port = server.local_addr().unwrap().port();
    /// std::thread::spawn(move || server.accept().unwrap().0.write_all(b"hello world\n"));
    ///
    /// let mut conf = Conf::new();
    /// conf.set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(50))?;
    /// ssc.socket_text_stream("127.0.0.1", port).print();
    /// ssc.start()?;
    /// ssc.await_termination()
    /// # }
    /// ```
    pub fn socket_text_stream(&self, host: &str, port: u16) -> DStream<Text, Lines> {
        self.check_host(host);
        self.text_stream(Some((host.to_owned(), port)))
    }

    /// Refuses a host that can never be one.
    fn check_host(&self, host: &str) {
        if let Err(error) = Host::parse(host) {
            self.builder.record_error(Error::config(error));
        }
    }

    /// Makes a stream of what `converter` makes of the bytes that a TCP server sends (Spark:
    /// `socketStream`).
    ///
    /// The context is the client, as with
    /// [`socket_text_stream`](StreamingContext::socket_text_stream): it connects when it starts,
    /// and again every `spark.streaming.receiverRestartDelay` after a connection has failed or
    /// ended. Each connection is given to `converter`, whose iterator is read on the receiver's
    /// own thread; every item is a record. The iterator ends with the connection; if it ends
    /// before, or panics, the connection is left and made again.
    ///
    /// `spark.streaming.receiver.maxRate` and the memory budget make the thread wait before it
    /// asks for the next item, so that TCP slows the sender.
    ///
    /// ```
    /// use std::io::{BufRead, BufReader, Write};
    ///
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let port = server.local_addr()?.port();
    /// # let sender = std::thread::spawn(move || {
    /// #     let (mut connection, _) = server.accept().unwrap();
    /// #     connection.write_all(b"1;20;300").unwrap();
    /// # });
    /// let mut conf = Conf::new();
    /// conf.set(keys::MASTER, "local[1]").set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    /// let numbers = ssc.socket_stream("127.0.0.1", port, |connection| {
    ///     let parts = BufReader::new(connection).split(b';').map_while(Result::ok);
    ///     parts.map(|part| String::from_utf8_lossy(&part).parse().unwrap_or(0_u32))
    /// });
    /// let (send, sums) = std::sync::mpsc::channel();
    /// numbers.foreach_rdd(move |rdd| drop(send.send(rdd.collect().iter().sum::<u32>())));
    /// ssc.start()?;
    /// ssc.await_termination()?;
    /// drop(ssc);
    /// assert_eq!(sums.iter().sum::<u32>(), 321);
    /// # sender.join().unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn socket_stream<T, I, F>(
        &self,
        host: &str,
        port: u16,
        converter: F,
    ) -> DStream<T, Received<T>>
    where
        T: Data,
        I: Iterator<Item = T> + 'static,
        F: Fn(TcpStream) -> I + Send + Sync + 'static,
    {
        self.check_host(host);
        let source = SocketSource::new(host, port, converted(converter));
        self.receiver(format!("socket stream {host}:{port}"), source)
    }

    /// The frames that a TCP server sends: four bytes of length, the most significant first,
    /// then so many bytes (Spark: `rawSocketStream`).
    ///
    /// Every frame is one record, its bytes, and one block; what they mean is for a `map` to say.
    /// (Spark takes a frame for serialized Java objects.) Not limited by
    /// `spark.streaming.receiver.maxRate`, as in Spark; a frame longer than
    /// `millrace.receiver.maxLineBytes` or cut off by the end of the connection is reported and
    /// not a record. Connects as [`socket_stream`](StreamingContext::socket_stream) does.
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let port = server.local_addr()?.port();
    /// # let sender = std::thread::spawn(move || {
    /// #     let (mut connection, _) = server.accept().unwrap();
    /// #     connection.write_all(b"\0\0\0\x02hi\0\0\0\x05there").unwrap();
    /// # });
    /// let mut conf = Conf::new();
    /// conf.set(keys::MASTER, "local[1]").set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    /// let lengths = ssc.raw_socket_stream("127.0.0.1", port).map(|frame| frame.len());
    /// let (send, seen) = std::sync::mpsc::channel();
    /// lengths.foreach_rdd(move |rdd| rdd.collect().into_iter().for_each(|n| drop(send.send(n))));
    /// ssc.start()?;
    /// ssc.await_termination()?;
    /// drop(ssc);
    /// assert_eq!(seen.iter().collect::<Vec<_>>(), [2, 5]);
    /// # sender.join().unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw_socket_stream(&self, host: &str, port: u16) -> DStream<Vec<u8>, Received<Vec<u8>>> {
        self.check_host(host);
        let source = SocketSource::new(host, port, frames(self.settings.max_line));
        self.receiver(format!("raw socket stream {host}:{port}"), source)
    }
}
