//! `GET /app/{key}`: from an HTTP request to a connection of the hub (section 2 of the protocol).

mod admission;
mod negotiation;
mod origin;
mod takeover;

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::{FromRef, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Router, body::Body};

use crate::http::origin::RequestOrigin;
use crate::hub::{Handshake, Hub};

pub use origin::is_allowed;

/// The route of the WebSocket, `/app/{key}`.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Hub>: FromRef<S>,
{
    Router::new().route("/app/{key}", any(upgrade))
}

/// Upgrades the request and hands its socket to the hub. What is wrong with the application or the origin is told over
/// the WebSocket, since browsers hide the status of a failed upgrade (section 2.2).
pub async fn upgrade(State(hub): State<Arc<Hub>>, Path(key): Path<String>, request: Request) -> Response {
    let accept = match negotiation::accept_key(&request) {
        Ok(accept) => accept,
        Err(refusal) => return refusal.into_response(),
    };
    let query = admission::ClientQuery::of(request.uri().query().unwrap_or_default());
    let came = request.extensions().get::<RequestOrigin>();
    let client = admission::Client {
        address: came.map_or(Ipv4Addr::UNSPECIFIED.into(), |it| it.client_address),
        is_https: came.is_some_and(|it| it.is_https),
        origin: request.headers().get(header::ORIGIN),
    };
    let outcome = admission::admit(&hub, &key, &client);
    let handshake = Handshake { outcome, client: query.client, protocol: query.protocol };
    tokio::spawn(takeover::take_over(hub, hyper::upgrade::on(request), handshake));
    let headers = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "Upgrade"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
        // A test of Reverb asks for it (rule CON-3).
        (header::HeaderName::from_static("x-powered-by"), "Laravel Reverb"),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}
