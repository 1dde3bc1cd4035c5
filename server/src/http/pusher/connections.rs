//! `GET /apps/{id}/connections`: how many WebSockets are open (rule API-22).

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::PusherApi;
use super::answer::{ApiError, json};
use super::signed_request::SignedRequest;

#[derive(Serialize)]
struct Connections {
    connections: usize,
}

pub(super) async fn count(State(api): State<PusherApi>, request: SignedRequest) -> Result<Response, ApiError> {
    Ok(json(&Connections { connections: api.hub.connections(&request.application.id) }))
}
