//! `GET /apps/{id}/channels/{channel}/users`: the members of a presence channel (section 15.7).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;

use super::PusherApi;
use super::answer::{ApiError, json};
use super::channel::channel_name;
use super::signed_request::SignedRequest;

#[derive(Serialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Serialize)]
struct User {
    /// In the JSON type in which the member joined (rule API-20).
    id: Box<RawValue>,
}

pub(super) async fn list(State(api): State<PusherApi>, request: SignedRequest) -> Result<Response, ApiError> {
    let name = channel_name(&request)?;
    if !name.kind().is_presence() {
        return Err(ApiError::Empty(StatusCode::BAD_REQUEST));
    }
    let members = api.hub.members(&request.application.id, &name);
    if members.is_empty() {
        return Err(ApiError::Empty(StatusCode::NOT_FOUND));
    }
    let users = members.into_iter().filter_map(|it| RawValue::from_string(it.user_id_json.as_ref().to_owned()).ok());
    Ok(json(&Users { users: users.map(|id| User { id }).collect() }))
}
