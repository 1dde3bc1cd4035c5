//! Taking the socket out of the HTTP server once it has answered 101.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::hub::{Handshake, Hub, Socket};
use crate::listen::Withholding;

/// Waits until the answer is written or held back, then hands the socket to the hub.
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
    match socket {
        Ok(socket) => hub.accept(socket, leftover, handshake),
        Err(error) => tracing::debug!(%error, "a connection was lost after its upgrade"),
    }
}

/// The socket beneath the HTTP server, and what was read ahead of it.
///
/// Our own server's sockets are known, with TLS and without, and those of hyper's two, the plain one and the one that tells
/// HTTP/1 from HTTP/2 and wraps the socket.
fn socket_of(upgraded: Upgraded) -> Option<(io::Result<Socket>, Bytes)> {
    let upgraded = match upgraded.downcast::<TokioIo<Withholding<TcpStream>>>() {
        Ok(parts) => {
            let (stream, answer) = parts.io.into_inner().into_parts();
            return Some((stream.into_std().map(|stream| Socket { stream, tls: None, answer }), parts.read_buf));
        }
        Err(upgraded) => upgraded,
    };
    let upgraded = match upgraded.downcast::<TokioIo<Withholding<TlsStream<TcpStream>>>>() {
        Ok(parts) => {
            let (stream, answer) = parts.io.into_inner().into_parts();
            let (stream, session) = stream.into_inner();
            let tls = Some(Box::new(session));
            return Some((stream.into_std().map(|stream| Socket { stream, tls, answer }), parts.read_buf));
        }
        Err(upgraded) => upgraded,
    };
    let upgraded = match hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => return Some((plain(parts.io.into_inner()), parts.read_buf)),
        Err(upgraded) => upgraded,
    };
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    Some((plain(parts.io.into_inner()), parts.read_buf))
}

/// A socket of a server that is not ours, which has written its answer.
fn plain(stream: TcpStream) -> io::Result<Socket> {
    stream.set_nodelay(true)?;
    Ok(Socket { stream: stream.into_std()?, tls: None, answer: Bytes::new() })
}
