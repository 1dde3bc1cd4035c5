//! `/smartlink/status`, `/smartlink/restart` and `/smartlink/tap`: what the commands of the same names ask a running
//! server.
//!
//! Requests are signed with the secret of the app's own application, as those of Pusher's HTTP API are, so whoever can
//! publish there can ask here, and nobody else.

mod status;
mod tap;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

use super::pusher::{ApiError, SignedRequest};
use crate::config::Config;
use crate::state::AppState;

pub(crate) use status::STATUS_PATH;
pub use status::{ApplicationStatus, Health, ServerStatus, Totals, WebhooksStatus};
pub(crate) use tap::{TAP_PATH, TapLine};

/// Where a restart is asked for.
pub(crate) const RESTART_PATH: &str = "/smartlink/restart";

/// All routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(STATUS_PATH, get(status::status))
        .route(RESTART_PATH, post(restart))
        .route(TAP_PATH, get(tap::tap))
}

/// Stops the server in order, to begin anew in the same process with the same sockets.
async fn restart(State(state): State<AppState>, request: Request) -> Result<Response, ApiError> {
    authorize(&state, request).await?;
    let Some(sources) = state.start.sources.get() else {
        return Ok((StatusCode::CONFLICT, "nobody would start this server again").into_response());
    };
    if let Err(error) = Config::load(sources) {
        return Ok(
            (StatusCode::CONFLICT, format!("the next start would fail, so nothing was done: {error}")).into_response()
        );
    }
    state.start.again.cancel();
    state.shutdown.cancel();
    Ok(Json(serde_json::json!({})).into_response())
}

/// Only the app's own application may ask.
async fn authorize(state: &AppState, request: Request) -> Result<SignedRequest, ApiError> {
    let request = SignedRequest::from_request(request, state).await?;
    if request.application.id == *state.own.id() { Ok(request) } else { Err(ApiError::Signature) }
}
