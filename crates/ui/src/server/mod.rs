//! The HTTP server: one thread, a bounded number of connections, deadlines.
//!
//! A client that is slow, silent or malformed costs one of [`CONNECTIONS`] places until its
//! deadline, or until somebody else needs the place, and nothing else. The thread shares nothing
//! with batches but the lock of a
//! [`Model`](crate::run::Model), which it holds only to copy figures.

mod body;
mod guard;
mod places;
mod route;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::error::UiError;
use crate::journal;
use places::{Place, Places};
use route::{Reply, Site, answered, finish};

pub(crate) use guard::Guard;
pub(crate) use route::Pages;

/// Connections that are served at once. The next client takes the place of the one that has
/// waited longest without asking for anything.
pub(crate) const CONNECTIONS: usize = 128;

/// Clients that may connect at the same moment; beyond it, a client tries again after a second.
/// The kernel may have a lower limit (`net.core.somaxconn`).
const AT_A_MOMENT: u32 = 1024;

/// Of these, connections that may listen to the changes of a run.
pub(crate) const LISTENERS: usize = 64;

/// The time a client has to send the whole head of a request.
const HEAD: Duration = Duration::from_secs(3);

/// The time after which a connection is closed that asks and is answered.
const LIFE: Duration = Duration::from_secs(30);

/// The same for one that listens to changes; a page connects again by itself.
const LISTENING: Duration = Duration::from_secs(600);

/// The name of the server's thread.
const THREAD: &str = "millrace-ui";

/// A running server. It ends when this value is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Serves `pages` on the first free port from `port` on; `retries` further ones are tried.
    /// Port 0 takes any free port.
    ///
    /// # Errors
    /// If no port is free, the address is not one of this machine, or the system refuses a thread.
    pub(crate) fn start(
        pages: Pages,
        address: IpAddr,
        port: u16,
        retries: u16,
    ) -> Result<Server, UiError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(UiError::Thread)?;
        let listener = {
            let _inside = runtime.enter();
            bind(address, port, retries)?
        };
        let address = listener.local_addr().map_err(UiError::Listen)?;
        let (stop, stopped) = watch::channel(false);
        let site = Arc::new(Site::new(pages, Guard::new(address)));
        let thread = std::thread::Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || runtime.block_on(serve(listener, site, stopped)))
            .map_err(UiError::Thread)?;
        Ok(Server {
            address,
            stop,
            thread: Some(thread),
        })
    }

    /// The address that it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The thread may be gone already; then nobody listens to this.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the server is not one of whoever drops it.
            let _ = thread.join();
        }
    }
}

/// Spark 3.5: `spark.port.maxRetries` next ports are tried when one is taken.
fn bind(address: IpAddr, port: u16, retries: u16) -> Result<TcpListener, UiError> {
    let retries = if port == 0 { 0 } else { retries };
    let last = port.saturating_add(retries);
    let mut refused = None;
    for port in port..=last {
        match listen(SocketAddr::new(address, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => refused = Some(error),
            Err(error) => {
                return Err(UiError::Bind {
                    address,
                    port,
                    last: port,
                    error,
                });
            }
        }
    }
    let error = refused.unwrap_or_else(|| io::ErrorKind::AddrInUse.into());
    Err(UiError::Bind {
        address,
        port,
        last,
        error,
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A program that is started again gets its port although connections of the last one linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(AT_A_MOMENT)
}

async fn serve(listener: TcpListener, site: Arc<Site>, mut stopped: watch::Receiver<bool>) {
    let places = Places::new(CONNECTIONS);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        match accepted {
            Some((stream, place)) => {
                let site = Arc::clone(&site);
                tokio::spawn(connection(stream, site, place, stopped.clone()));
            }
            // No file descriptor is left, or the like: the program needs what there is.
            None => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The next connection, with a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Places>) -> Option<(TcpStream, Place)> {
    let (stream, _) = listener.accept().await.ok()?;
    Some((stream, places.take().await?))
}

async fn connection(
    stream: TcpStream,
    site: Arc<Site>,
    place: Place,
    mut stopped: watch::Receiver<bool>,
) {
    let listens = AtomicBool::new(false);
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        place.asks();
        let reply = site.respond(&request);
        let (place, listens) = (&place, &listens);
        async move {
            let response = match reply {
                Reply::Now(response) => response,
                Reply::Later(answer) => answered(answer.await.ok()),
            };
            let response = finish(response, request.method());
            let status = response.status().as_u16();
            journal::request(request.method().as_str(), request.uri().path(), status);
            if response.body().listens() {
                listens.store(true, Ordering::Relaxed);
            } else {
                place.waits();
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let life = async {
        tokio::time::sleep(LIFE).await;
        if listens.load(Ordering::Relaxed) {
            tokio::time::sleep(LISTENING).await;
        }
    };
    tokio::select! {
        // A client that breaks the protocol is its own affair.
        _ = connection => {}
        () = life => {}
        () = place.needed() => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}
