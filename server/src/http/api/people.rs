//! `/api/people` and `/api/presence`: who there is, how each wants to be seen, and who is blocked.

use std::sync::Arc;

use app::accounts::{User, UserSummary};
use app::error::AppError;
use app::ids::UserId;
use app::people::{ChooseStatus, ChosenStatus, PeoplePage, PeopleQuery, PeopleService, PersonProfile};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::domain::Ability;
use crate::http::extract::{JsonBody, PathParam, QueryParams};
use crate::http::identity::SignedIn;
use crate::state::AppState;

pub(super) async fn list(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
    QueryParams(query): QueryParams<PeopleQuery>,
) -> Result<Json<PeoplePage>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    people.people(&reader, query).await.map(Json)
}

pub(super) async fn profile(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
    PathParam(id): PathParam<UserId>,
) -> Result<Json<PersonProfile>, AppError> {
    let reader = signed_in.with(Ability::ChatRead)?;
    people.profile(&reader, id).await.map(Json)
}

/// Everybody whom the one who asks has blocked.
pub(super) async fn blocked(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
) -> Result<Json<Vec<UserSummary>>, AppError> {
    let user = signed_in.with(Ability::ChatRead)?;
    people.blocked(&user).await.map(Json)
}

pub(super) async fn block(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
    PathParam(id): PathParam<UserId>,
) -> Result<StatusCode, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    people.set_blocked(&user, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unblock(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
    PathParam(id): PathParam<UserId>,
) -> Result<StatusCode, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    people.set_blocked(&user, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn chosen_status(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
) -> Result<Json<ChooseStatus>, AppError> {
    let user = signed_in.with(Ability::ChatRead)?;
    Ok(Json(ChooseStatus { status: people.chosen_status(&user).await? }))
}

pub(super) async fn choose_status(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(ChooseStatus { status }): JsonBody<ChooseStatus>,
) -> Result<StatusCode, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    set_status(&state, &user, status).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets how somebody wants to be seen. Their browsers were let into the room unseen while they were invisible: they come
/// back at once, to be seen.
pub(crate) async fn set_status(state: &AppState, user: &User, status: ChosenStatus) -> Result<(), AppError> {
    let before = state.people.chosen_status(user).await?;
    state.people.choose_status(user, status).await?;
    if before == ChosenStatus::Invisible && status != ChosenStatus::Invisible {
        let sessions = state.sessions.list(user.id, 0).await?;
        let ids = sessions.iter().map(|it| it.id).collect();
        state.hub.terminate_sockets(state.authorized.of_sessions(&ids));
    }
    Ok(())
}

/// The person does something: to be told at most once a minute.
pub(super) async fn be_active(
    State(people): State<Arc<dyn PeopleService>>,
    signed_in: SignedIn,
) -> Result<StatusCode, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    people.be_active(&user).await?;
    Ok(StatusCode::NO_CONTENT)
}
