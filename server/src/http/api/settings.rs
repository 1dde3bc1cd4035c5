//! `/api/settings`: what somebody has chosen.

use std::sync::Arc;

use app::error::AppError;
use app::settings::{Settings, SettingsService};
use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::domain::Ability;
use crate::http::extract::JsonBody;
use crate::http::identity::SignedIn;
use crate::http::origin::SocketIdHeader;

pub(super) async fn settings(
    State(settings): State<Arc<dyn SettingsService>>,
    signed_in: SignedIn,
) -> Result<Json<Settings>, AppError> {
    let user = signed_in.with(Ability::Everything)?;
    settings.settings(user.id).await.map(Json)
}

/// Takes what is to change, in the form of the whole, and answers with the whole.
pub(super) async fn change_settings(
    State(settings): State<Arc<dyn SettingsService>>,
    signed_in: SignedIn,
    SocketIdHeader(except): SocketIdHeader,
    JsonBody(changes): JsonBody<Value>,
) -> Result<Json<Settings>, AppError> {
    let user = signed_in.with(Ability::Everything)?;
    settings.change_settings(user.id, changes, except).await.map(Json)
}
