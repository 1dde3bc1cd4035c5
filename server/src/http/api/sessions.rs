//! `/api/sessions`: where somebody is signed in. With a session alone: a token ends no sessions.

use app::error::AppError;
use app::settings::SessionInfo;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::domain::Session;
use crate::http::extract::PathParam;
use crate::http::identity::Identity;
use crate::state::AppState;

/// The session's number in a path.
#[derive(Debug)]
pub(super) struct SessionId(i64);

impl std::str::FromStr for SessionId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = text.parse().ok().filter(|it| *it > 0);
        id.map(Self).ok_or_else(|| format!("`{text}` is no id: expected a whole number from 1 on"))
    }
}

fn own_session(identity: Identity) -> Result<Session, AppError> {
    match identity {
        Identity::Session(session) => Ok(session),
        Identity::Token(_) => Err(AppError::Forbidden("a token can't see sessions: sign in with a browser".to_owned())),
        Identity::Nobody => Err(AppError::Unauthenticated),
    }
}

pub(super) async fn list(
    State(state): State<AppState>,
    identity: Identity,
) -> Result<Json<Vec<SessionInfo>>, AppError> {
    let current = own_session(identity)?;
    Ok(Json(state.sessions.list(current.user.id, current.id).await?))
}

pub(super) async fn end(
    State(state): State<AppState>,
    identity: Identity,
    PathParam(SessionId(id)): PathParam<SessionId>,
) -> Result<StatusCode, AppError> {
    let current = own_session(identity)?;
    if state.sessions.end_one(current.user.id, id).await? {
        state.authorized.look_again();
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(AppError::NotFound(format!("session {id}")))
    }
}

/// Ends all but the one that asks.
pub(super) async fn end_others(State(state): State<AppState>, identity: Identity) -> Result<StatusCode, AppError> {
    let current = own_session(identity)?;
    state.sessions.end_all(current.user.id, Some(current.id)).await?;
    state.authorized.look_again();
    Ok(StatusCode::NO_CONTENT)
}
