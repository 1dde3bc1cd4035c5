//! Opens a WebSocket as pusher-js does, and reads its first frame.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::http_client::{self, HttpError};

/// Larger first frames are nobody's.
const MAX_FRAME_BYTES: u64 = 64 * 1024;

/// What came of it.
pub(super) enum Greeting {
    /// The first frame.
    Frame(Value),
    /// The status of an answer that is no upgrade.
    Refused(u16),
}

/// There was an upgrade, and no frame after it.
#[derive(Debug, thiserror::Error)]
pub(super) enum GreetingError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("upgraded, and then cut off: {0}")]
    Cut(#[from] std::io::Error),
    #[error("upgraded, but what came first is no frame of a Pusher server")]
    Strange,
}

/// Connects with this key, as a page of `origin`.
pub(super) async fn greet(url: &Url, key: &str, origin: &str, tls: &TlsConnector) -> Result<Greeting, GreetingError> {
    let mut url = url.clone();
    url.set_path(&format!("{}/app/{key}", url.path().trim_end_matches('/')));
    url.set_query(Some("protocol=7&client=js&version=8.6.0&flash=false"));
    let nonce = BASE64_STANDARD.encode(rand::random::<[u8; 16]>());
    let mut headers = HeaderMap::new();
    let fields = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", nonce.as_str()),
        ("origin", origin),
    ];
    for (name, value) in fields {
        let value = HeaderValue::try_from(value).map_err(|error| HttpError::Request(error.into()))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    let mut sender = http_client::connect(&url, Some(tls)).await?;
    let request = http_client::request(&url, Method::GET, headers, String::new())?;
    let answer = sender.send_request(request).await.map_err(HttpError::from)?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Greeting::Refused(answer.status().as_u16()));
    }
    let upgraded = hyper::upgrade::on(answer).await.map_err(HttpError::from)?;
    first_frame(&mut TokioIo::new(upgraded)).await.map(Greeting::Frame)
}

/// The first frame, which a server sends whole and without a mask.
async fn first_frame(stream: &mut (impl AsyncRead + Unpin)) -> Result<Value, GreetingError> {
    let opcode = stream.read_u8().await?;
    let length = match stream.read_u8().await? {
        126 => u64::from(stream.read_u16().await?),
        127 => stream.read_u64().await?,
        short => u64::from(short),
    };
    if opcode != 0x81 || length > MAX_FRAME_BYTES {
        return Err(GreetingError::Strange);
    }
    let mut payload = vec![0; usize::try_from(length).map_err(|_| GreetingError::Strange)?];
    stream.read_exact(&mut payload).await?;
    serde_json::from_slice(&payload).map_err(|_| GreetingError::Strange)
}
