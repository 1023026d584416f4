//! The other end of a program's socket.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::{GLANCE, PATIENCE};

/// A server that a program connects to.
pub(crate) struct Sender {
    listener: TcpListener,
}

/// A port of which nobody else can take hold, and where nobody listens yet:
/// connections are refused.
pub(crate) struct Reserved {
    socket: Socket,
}

/// A program that has connected.
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Sender {
    /// Listens on IPv4's loopback address.
    pub(crate) fn new() -> Sender {
        Sender::on(Ipv4Addr::LOCALHOST.into()).unwrap()
    }

    /// Listens on an address, if this machine has it.
    pub(crate) fn on(address: IpAddr) -> io::Result<Sender> {
        Ok(Reserved::on(address)?.listen())
    }

    /// The address, as a program is told it.
    pub(crate) fn host(&self) -> String {
        self.listener.local_addr().unwrap().ip().to_string()
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// Waits for a program to connect.
    pub(crate) fn accept(&self) -> Connection {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(connection) = self.accept_now() {
                return connection;
            }
            assert!(Instant::now() < deadline, "nobody connects");
            thread::sleep(GLANCE);
        }
    }

    /// The program that has connected, if one has.
    pub(crate) fn accept_now(&self) -> Option<Connection> {
        match self.listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                stream.set_nodelay(true).unwrap();
                // A program that stops reading must fail a test, not hang it.
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
                Some(Connection { stream })
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => panic!("cannot accept: {error}"),
        }
    }
}

impl Reserved {
    /// Takes a free port of IPv4's loopback address.
    pub(crate) fn new() -> Reserved {
        Reserved::on(Ipv4Addr::LOCALHOST.into()).unwrap()
    }

    fn on(address: IpAddr) -> io::Result<Reserved> {
        let address = SocketAddr::new(address, 0);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.bind(&address.into())?;
        Ok(Reserved { socket })
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.socket
            .local_addr()
            .unwrap()
            .as_socket()
            .unwrap()
            .port()
    }

    /// Begins to listen.
    pub(crate) fn listen(self) -> Sender {
        self.socket.listen(16).unwrap();
        self.socket.set_nonblocking(true).unwrap();
        Sender {
            listener: self.socket.into(),
        }
    }
}

impl Connection {
    /// Sends bytes, in one write if the system takes them so.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the program reads");
    }

    /// Sends bytes to a program that may have gone; says whether it took them.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Waits until the program has read all that was sent; `false` where the
    /// system does not say.
    pub(crate) fn settle(&self) -> bool {
        self.wait_for_queues("the program does not read", |[sending, receiving]| {
            sending + receiving == 0
        })
    }

    /// Waits until the program's system has received all that was sent, whether
    /// the program has read it or not; `false` where the system does not say.
    pub(crate) fn deliver(&self) -> bool {
        self.wait_for_queues("the system does not deliver", |[sending, _]| sending == 0)
    }

    fn wait_for_queues(&self, otherwise: &str, are_right: impl Fn([u64; 2]) -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        // The table can lose rows to a reader while other sockets come and go.
        let mut looks = 0;
        loop {
            match self.queues() {
                None if looks == 100 => return false,
                None => looks += 1,
                Some(bytes) if are_right(bytes) => return true,
                Some(_) => {}
            }
            thread::sleep(Duration::from_micros(500));
            assert!(Instant::now() < deadline, "{otherwise}");
        }
    }

    /// The bytes on their way to the program, and those that its end holds, from
    /// Linux's table.
    fn queues(&self) -> Option<[u64; 2]> {
        let ours = self.stream.local_addr().ok()?;
        let theirs = self.stream.peer_addr().ok()?;
        let table = if ours.is_ipv4() {
            "/proc/net/tcp"
        } else {
            "/proc/net/tcp6"
        };
        let table = std::fs::read_to_string(table).ok()?;
        let queues = |from: u16, to: u16| {
            table.lines().find_map(|line| {
                let mut words = line.split_ascii_whitespace().skip(1);
                let mut ends_with = |port: u16| {
                    words
                        .next()
                        .is_some_and(|word| word.ends_with(&format!(":{port:04X}")))
                };
                if !ends_with(from) || !ends_with(to) {
                    return None;
                }
                let (sending, receiving) = words.nth(1)?.split_once(':')?;
                let bytes = |hex| u64::from_str_radix(hex, 16).ok();
                Some((bytes(sending)?, bytes(receiving)?))
            })
        };
        let (sending, _) = queues(ours.port(), theirs.port())?;
        let (_, receiving) = queues(theirs.port(), ours.port())?;
        Some([sending, receiving])
    }

    /// Sends bytes to a program that may have stopped reading; says whether it
    /// took them in time. Bytes that it did not take are lost.
    pub(crate) fn try_send_within(&mut self, bytes: &[u8], time: Duration) -> bool {
        self.stream.set_write_timeout(Some(time)).unwrap();
        let sent = self.try_send(bytes);
        self.stream.set_write_timeout(Some(PATIENCE)).unwrap();
        sent
    }

    /// Ends the stream as `nc` does.
    pub(crate) fn close(self) {
        drop(self);
    }

    /// Ends it with a reset.
    pub(crate) fn reset(self) {
        // A socket that lingers for no time at all is reset when it is closed.
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
}
