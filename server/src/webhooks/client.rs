//! Sends a request to a receiver, over a connection that is kept for the next one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use hyper::client::conn::http1::SendRequest;
use tokio_rustls::TlsConnector;
use url::Url;

use super::EndpointKey;
use crate::http_client::{self, HttpError};
use crate::tls;

/// The answer's body is thrown away; with more than this the connection goes, too.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Why a receiver has not taken a request.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("it did not answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Sends to all receivers.
pub(super) struct Client {
    timeout: Duration,
    tls: OnceLock<Result<TlsConnector, String>>,
    idle: Mutex<HashMap<EndpointKey, SendRequest<Body>>>,
}

/// The client where several workers use it.
pub(super) type SharedClient = Arc<Client>;

impl Client {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, tls: OnceLock::new(), idle: Mutex::default() }
    }

    /// Sends one request, and waits for its answer. Any status from 200 to 299 is success (rule WHK-5).
    pub(super) async fn post(&self, endpoint: &EndpointKey, headers: &HeaderMap, body: &str) -> Result<(), PostError> {
        let answer = tokio::time::timeout(self.timeout, self.try_post(endpoint, headers, body));
        answer.await.map_err(|_| PostError::Timeout(self.timeout))?
    }

    async fn try_post(&self, endpoint: &EndpointKey, headers: &HeaderMap, body: &str) -> Result<(), PostError> {
        let url = Url::parse(&endpoint.url).map_err(|_| HttpError::Address)?;
        let request = || http_client::request(&url, Method::POST, headers.clone(), body.to_owned());
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).remove(endpoint);
        if let Some(mut kept) = kept
            && kept.ready().await.is_ok()
        {
            // The receiver may close a kept connection at any time, so its failure is not yet the receiver's.
            match self.exchange(kept, endpoint, request()?).await {
                Err(PostError::Http(error)) => {
                    tracing::debug!(%error, url = %endpoint.url, "a kept connection to a receiver was closed");
                }
                other => return other,
            }
        }
        let tls = match url.scheme() {
            "https" => Some(self.tls()?),
            _ => None,
        };
        let sender = http_client::connect(&url, tls).await?;
        self.exchange(sender, endpoint, request()?).await
    }

    async fn exchange(
        &self,
        mut sender: SendRequest<Body>,
        endpoint: &EndpointKey,
        request: Request<Body>,
    ) -> Result<(), PostError> {
        let answer = sender.send_request(request).await.map_err(HttpError::from)?;
        let status = answer.status();
        if axum::body::to_bytes(Body::new(answer.into_body()), MAX_ANSWER_BYTES).await.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint.clone(), sender);
        }
        if status.is_success() { Ok(()) } else { Err(PostError::Status(status.as_u16())) }
    }

    fn tls(&self) -> Result<&TlsConnector, HttpError> {
        let tls = self.tls.get_or_init(|| tls::client_connector(None).map_err(|error| error.to_string()));
        tls.as_ref().map_err(|error| HttpError::Tls(error.clone()))
    }
}

/// The headers that every request of a receiver bears, in the order of the specification.
pub(super) fn headers(key: &str, signature: &str, more: &[(String, String)]) -> Result<HeaderMap, PostError> {
    let fixed = [
        ("content-type", "application/json"), // without a charset: two SDKs compare it literally (rule WHK-2)
        ("x-pusher-key", key),
        ("x-pusher-signature", signature),
        ("user-agent", concat!("smartlink/", env!("CARGO_PKG_VERSION"))),
    ];
    let more = more.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut headers = HeaderMap::new();
    for (name, value) in fixed.into_iter().chain(more) {
        let name = header::HeaderName::try_from(name).map_err(|error| HttpError::Request(error.into()))?;
        let value = header::HeaderValue::try_from(value).map_err(|error| HttpError::Request(error.into()))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
