//! Accepts connections and serves them, until it is told to stop.

mod listeners;
mod withholding;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

use crate::handshakes::{Handshake, Handshakes};
pub use listeners::{CannotListen, Listeners};
pub(crate) use withholding::{Switch, Withholding};

/// How patient the server is with clients that say nothing.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    /// With those that have not sent a request yet.
    pub(crate) handshakes: Arc<Handshakes>,
    /// How long a connection may stay idle between two requests, the next one's head included.
    pub(crate) keep_alive: Duration,
    /// How long requests that have begun may take after a stop was asked for.
    pub(crate) stop: Duration,
}

/// How long to wait when the system has no more descriptors; some connection will have ended by then.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection without a request is waited for once a stop was asked for.
const FIRST_REQUEST_PATIENCE: Duration = Duration::from_secs(2);

/// Marks requests that came over our own TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// Serves until the token is cancelled; then accepts nobody new and finishes the requests that have begun, as long as its
/// patience lasts. The socket stays open: whoever connects then waits for the next server, if there is one.
pub(crate) async fn serve(
    listener: &TcpListener,
    tls: Option<&TlsAcceptor>,
    router: Router,
    shutdown: &CancellationToken,
    patience: Patience,
) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let arrival =
                    Arrival { address, router: router.clone(), shutdown: shutdown.clone(), patience: patience.clone() };
                connections.spawn(arrival.greet(stream, tls.cloned()));
            }
            Err(error) if is_connection_s(&error) => {
                tracing::debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted for now");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
    connections.close();
    if tokio::time::timeout(patience.stop, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "requests were cut off, since they did not end in time");
    }
}

/// A connection that was accepted.
struct Arrival {
    address: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
    patience: Patience,
}

impl Arrival {
    /// Agrees on TLS, if it is spoken here, and serves.
    async fn greet(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        let handshake = Arc::new(self.patience.handshakes.begin());
        // Answers are written whole; waiting for more to send would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection ended at once");
            return;
        }
        let Some(tls) = tls else { return self.serve(stream, false, handshake).await };
        let agreed = tokio::select! {
            agreed = tls.accept(stream) => agreed,
            () = handshake.given_up() => {
                tracing::debug!(address = %self.address, "a client did not finish the handshake of TLS");
                return;
            }
        };
        match agreed {
            Ok(stream) => Box::pin(self.serve(stream, true, handshake)).await,
            Err(error) => tracing::debug!(%error, address = %self.address, "no TLS could be agreed on"),
        }
    }

    async fn serve<S>(self, stream: S, is_tls: bool, handshake: Arc<Handshake>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Self { address, router, shutdown, patience } = self;
        let pending = Arc::clone(&handshake);
        let asked = CancellationToken::new();
        let asks = asked.clone();
        let switch = Switch::default();
        let stream = Withholding::new(stream, switch.clone());
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            pending.end();
            asks.cancel();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            if is_tls {
                request.extensions_mut().insert(OverTls);
            }
            let (mut router, switch) = (router.clone(), switch.clone());
            async move {
                let response = router.call(request).await.unwrap_or_else(|never| match never {});
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    switch.turn_on(); // whoever takes the socket over writes the answer
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience.keep_alive)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = handshake.given_up() => {
                tracing::debug!(%address, "a connection without a request was given up");
                return;
            }
            () = shutdown.cancelled() => {
                // Whoever was accepted at the last moment has its first request on the way, and gets an answer.
                let first = async { tokio::time::timeout(FIRST_REQUEST_PATIENCE, asked.cancelled()).await };
                let ended = tokio::select! {
                    ended = connection.as_mut() => Some(ended),
                    _ = first => None,
                };
                if let Some(ended) = ended { ended } else {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, %address, "a connection ended in an error");
        }
    }
}

/// Errors of `accept` that belong to the connection that was to be accepted, and not to us.
fn is_connection_s(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
