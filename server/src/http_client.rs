//! A small HTTP/1.1 client, for receivers of webhooks and for the commands that ask a server.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// Not such an address.
    #[error("its address is no http:// or https:// address")]
    Address,
    /// No connection.
    #[error("it can't be reached: {0}")]
    Connect(io::Error),
    /// A connection, and no TLS on it.
    #[error("it can't be spoken to over TLS: {0}")]
    Tls(String),
    /// The connection ended, or what came was no HTTP.
    #[error("it broke off: {0}")]
    Http(#[from] hyper::Error),
    /// The answer's body did not come, or is too large.
    #[error("its answer can't be read: {0}")]
    Body(axum::Error),
    /// A header or the path can't be sent.
    #[error("the request can't be made: {0}")]
    Request(#[from] axum::http::Error),
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Largest answer that is read.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Sends one request on a connection of its own.
pub(crate) async fn send(
    url: &Url,
    method: Method,
    headers: HeaderMap,
    body: String,
    tls: Option<&TlsConnector>,
) -> Result<Answer, HttpError> {
    let mut sender = connect(url, tls).await?;
    let answer = sender.send_request(request(url, method, headers, body)?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = axum::body::to_bytes(Body::new(answer.into_body()), MAX_ANSWER_BYTES).await.map_err(HttpError::Body)?;
    Ok(Answer { status, headers, body })
}

/// A request for this address.
pub(crate) fn request(url: &Url, method: Method, headers: HeaderMap, body: String) -> Result<Request<Body>, HttpError> {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let request = Request::builder().method(method).uri(path).header(header::HOST, host);
    let mut request = request.body(if body.is_empty() { Body::empty() } else { Body::from(body) })?;
    request.headers_mut().extend(headers);
    Ok(request)
}

/// Opens a connection; `https://` needs `tls`.
pub(crate) async fn connect(url: &Url, tls: Option<&TlsConnector>) -> Result<SendRequest<Body>, HttpError> {
    let host = host_of(url)?;
    let stream = open(url).await?;
    match (url.scheme(), tls) {
        ("http", _) => handshake(stream).await,
        ("https", Some(tls)) => {
            let name = ServerName::try_from(host).map_err(|error| HttpError::Tls(error.to_string()))?;
            handshake(tls.connect(name, stream).await.map_err(|error| HttpError::Tls(error.to_string()))?).await
        }
        _ => Err(HttpError::Address),
    }
}

/// Opens the TCP connection to this address's host and port.
pub(crate) async fn open(url: &Url) -> Result<TcpStream, HttpError> {
    let port = url.port_or_known_default().ok_or(HttpError::Address)?;
    TcpStream::connect((host_of(url)?.as_str(), port)).await.map_err(HttpError::Connect)
}

/// The host without an IPv6 address's brackets.
pub(crate) fn host_of(url: &Url) -> Result<String, HttpError> {
    Ok(match url.host().ok_or(HttpError::Address)? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    })
}

async fn handshake<S>(stream: S) -> Result<SendRequest<Body>, HttpError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // PHP's SDK looks for `X-Pusher-Key` in just this spelling (rule WHK-2).
    let (sender, connection) =
        http1::Builder::new().title_case_headers(true).handshake::<_, Body>(TokioIo::new(stream)).await?;
    // Ends with its sender, which the caller owns.
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a connection to another server ended");
        }
    });
    Ok(sender)
}
