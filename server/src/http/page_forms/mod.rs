//! The plain forms of pages, for browsers without script: each is answered with the page that it came from.

mod password;
mod settings;

use std::sync::Arc;

use app::error::AppError;
use app::ids::{NotificationId, UserId};
use app::notifications::{MarkNotifications, NotificationService};
use app::people::PeopleService;
use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::post;
use serde::Deserialize;

use super::extract::FormBody;
use super::identity::{Identity, SignedIn};
use crate::domain::Ability;
use crate::state::AppState;

/// `POST /notifications/read`, `POST /settings` and what is below it.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/notifications/read", post(read_notifications))
        .route("/settings/unblock", post(unblock))
        .route("/settings/sign-out", post(sign_out))
        .route("/settings/password", post(password::change))
        .merge(settings::router())
}

#[derive(Deserialize)]
struct ReadFields {
    /// This one; without it all there are.
    id: Option<NotificationId>,
}

async fn read_notifications(
    State(notifications): State<Arc<dyn NotificationService>>,
    signed_in: SignedIn,
    form: FormBody<ReadFields>,
) -> Result<Redirect, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    let which = match form.fields.id {
        Some(id) => MarkNotifications { notification_ids: vec![id], up_to: None },
        None => MarkNotifications { notification_ids: Vec::new(), up_to: Some(NotificationId(i64::MAX)) },
    };
    notifications.mark_read(user.id, which).await?;
    Ok(Redirect::to("/notifications"))
}

#[derive(Deserialize)]
struct UnblockFields {
    id: UserId,
}

async fn unblock(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
    form: FormBody<UnblockFields>,
) -> Result<Redirect, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    people.set_blocked(&user, form.fields.id, false).await?;
    Ok(Redirect::to("/settings/privacy"))
}

#[derive(Deserialize)]
struct SignOutFields {
    /// This session; without it all but the one that asks.
    id: Option<i64>,
}

async fn sign_out(
    State(state): State<AppState>,
    identity: Identity,
    form: FormBody<SignOutFields>,
) -> Result<Redirect, AppError> {
    let Identity::Session(current) = identity else { return Err(AppError::Unauthenticated) };
    match form.fields.id {
        // One that has ended meanwhile is as it should be.
        Some(id) => drop(state.sessions.end_one(current.user.id, id).await?),
        None => drop(state.sessions.end_all(current.user.id, Some(current.id)).await?),
    }
    state.authorized.look_again();
    Ok(Redirect::to("/settings/security"))
}
