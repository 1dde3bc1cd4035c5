//! `POST /theme`: light or dark, kept in a cookie; works as a plain form.

use app::accounts::next_path;
use app::error::AppError;
use app::shell::Theme;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::cookies;
use super::extract::FormBody;
use super::origin::RequestOrigin;

#[derive(Deserialize)]
pub(crate) struct ThemeFields {
    theme: String,
    next: Option<String>,
}

pub(crate) async fn set_theme(origin: RequestOrigin, form: FormBody<ThemeFields>) -> Result<Response, AppError> {
    let ThemeFields { theme, next } = form.fields;
    let theme: Theme =
        theme.parse().map_err(|error: app::shell::ThemeError| AppError::invalid("theme", error.to_string()))?;
    let mut response = if form.is_json {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Redirect::to(next_path(next.as_deref())).into_response()
    };
    cookies::set(response.headers_mut(), cookies::theme(theme, origin.is_https));
    Ok(response)
}
