//! `/api/notifications`: what needs somebody's attention.

use std::sync::Arc;

use app::error::AppError;
use app::ids::NotificationId;
use app::notifications::{
    MarkNotifications, MarkedNotifications, NotificationPage, NotificationQuery, NotificationService,
};
use axum::Json;
use axum::extract::State;

use crate::domain::Ability;
use crate::http::extract::{JsonBody, PathParam, QueryParams};
use crate::http::identity::SignedIn;

pub(super) async fn list(
    State(notifications): State<Arc<dyn NotificationService>>,
    signed_in: SignedIn,
    QueryParams(query): QueryParams<NotificationQuery>,
) -> Result<Json<NotificationPage>, AppError> {
    let user = signed_in.with(Ability::ChatRead)?;
    notifications.notifications(user.id, query).await.map(Json)
}

pub(super) async fn mark_read(
    State(notifications): State<Arc<dyn NotificationService>>,
    signed_in: SignedIn,
    JsonBody(which): JsonBody<MarkNotifications>,
) -> Result<Json<MarkedNotifications>, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    notifications.mark_read(user.id, which).await.map(Json)
}

pub(super) async fn mark_one_read(
    State(notifications): State<Arc<dyn NotificationService>>,
    signed_in: SignedIn,
    PathParam(id): PathParam<NotificationId>,
) -> Result<Json<MarkedNotifications>, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    let which = MarkNotifications { notification_ids: vec![id], up_to: None };
    notifications.mark_read(user.id, which).await.map(Json)
}

pub(super) async fn mark_unread(
    State(notifications): State<Arc<dyn NotificationService>>,
    signed_in: SignedIn,
    JsonBody(which): JsonBody<MarkNotifications>,
) -> Result<Json<MarkedNotifications>, AppError> {
    let user = signed_in.with(Ability::ChatWrite)?;
    notifications.mark_unread(user.id, which).await.map(Json)
}
