//! Taking the socket out of the HTTP server once it has answered 101.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::hub::{Handshake, Hub, Socket};

/// Waits until the answer is out, then hands the socket to the hub.
pub(super) async fn take_over(hub: Arc<Hub>, upgrade: OnUpgrade, handshake: Handshake) {
    let upgraded = match upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!(%error, "a connection was lost during its upgrade");
            return;
        }
    };
    let Some((socket, leftover)) = socket_of(upgraded) else {
        tracing::error!(
            "the HTTP server speaks over something that is neither TCP nor TLS: WebSockets can't be served"
        );
        return;
    };
    if let Err(error) = socket.and_then(|socket| hub.accept(socket, leftover, handshake)) {
        tracing::debug!(%error, "a connection was lost after its upgrade");
    }
}

/// The socket beneath the HTTP server, and what was read ahead of it.
///
/// Both of hyper's servers are known, the plain one and the one that tells HTTP/1 from HTTP/2 and wraps the socket; and
/// TLS between them and TCP.
fn socket_of(upgraded: Upgraded) -> Option<(io::Result<Socket>, Bytes)> {
    let upgraded = match hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => return Some((plain(parts.io.into_inner()), parts.read_buf)),
        Err(upgraded) => upgraded,
    };
    let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => return Some((plain(parts.io.into_inner()), parts.read_buf)),
        Err(upgraded) => upgraded,
    };
    let parts = upgraded.downcast::<TokioIo<TlsStream<TcpStream>>>().ok()?;
    let (stream, session) = parts.io.into_inner().into_inner();
    Some((stream.into_std().map(|stream| Socket { stream, tls: Some(Box::new(session)) }), parts.read_buf))
}

fn plain(stream: TcpStream) -> io::Result<Socket> {
    Ok(Socket { stream: stream.into_std()?, tls: None })
}
