//! `POST /apps/{id}/users/{user}/terminate_connections`: disconnects a user everywhere (section 15.8).

use axum::extract::State;
use axum::response::Response;

use super::PusherApi;
use super::answer::{ApiError, accepted};
use super::signed_request::SignedRequest;

pub(super) async fn disconnect(State(api): State<PusherApi>, request: SignedRequest) -> Result<Response, ApiError> {
    api.hub.terminate_user(&request.application.id, request.parameter("user"));
    Ok(accepted())
}
