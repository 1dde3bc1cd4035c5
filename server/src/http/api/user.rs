//! `/api/user`: who the session or the token belongs to, their name and their password.

use app::accounts::{ChangeName, ChangePassword, User};
use app::error::AppError;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::domain::{Ability, Session};
use crate::http::extract::JsonBody;
use crate::http::identity::{Identity, SignedIn};
use crate::http::origin::RequestOrigin;
use crate::state::AppState;

/// Works with every token, whatever it allows: whose it is may be known to who has it.
pub(super) async fn who_am_i(signed_in: SignedIn) -> Json<User> {
    Json(signed_in.user)
}

/// Gives the person another name, and answers with who they are now.
pub(super) async fn change_name(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(form): JsonBody<ChangeName>,
) -> Result<Json<User>, AppError> {
    let user = signed_in.with(Ability::Everything)?;
    state.accounts.change_name(&user, form).await.map(Json)
}

/// With a session alone: a token opens no other doors. Those of the person's other browsers are ended.
pub(super) async fn change_password(
    State(state): State<AppState>,
    identity: Identity,
    origin: RequestOrigin,
    JsonBody(form): JsonBody<ChangePassword>,
) -> Result<StatusCode, AppError> {
    let session = match identity {
        Identity::Session(session) => session,
        Identity::Token(_) => {
            return Err(AppError::Forbidden("a token can't change the password: sign in with a browser".to_owned()));
        }
        Identity::Nobody => return Err(AppError::Unauthenticated),
    };
    set_password(&state, &session, form, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password and ends all other sessions: whoever changes it may well fear that somebody else is signed in.
pub(crate) async fn set_password(
    state: &AppState,
    session: &Session,
    form: ChangePassword,
    origin: &RequestOrigin,
) -> Result<(), AppError> {
    state.accounts.change_password(&session.user, form, origin.client_address).await?;
    state.sessions.end_all(session.user.id, Some(session.id)).await?;
    state.authorized.look_again();
    Ok(())
}
