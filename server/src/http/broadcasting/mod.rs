//! `/broadcasting/auth` and `/broadcasting/user-auth`: signs what a person may subscribe to (protocol, section 17).

mod authorized;
mod request;
mod rules;

use std::collections::BTreeMap;

use app::realtime::frames::SIGN_IN_FIRST;
use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::identity::Identity;
use super::origin::RequestOrigin;
use super::session_renewal::SessionRenewal;
use super::{cookies, csrf};
use crate::domain::Ability;
use crate::encryption;
use crate::signature::{sign_channel, sign_user};
use crate::state::AppState;
pub use authorized::{AuthorizationSweep, AuthorizedSockets};
use request::{ChannelRequest, UserRequest};

/// Both addresses, by GET and POST alike (rule AUT-1).
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/broadcasting/auth", get(authorize_channel).post(authorize_channel))
        .route("/broadcasting/user-auth", get(authenticate_user).post(authenticate_user))
}

/// What a client passes on to the WebSocket; `channel_data` and `user_data` are the very texts that were signed.
#[derive(Debug, Default, Serialize)]
struct Grant {
    auth: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_secret: Option<String>,
}

/// Why nothing is signed.
#[derive(Debug)]
enum Denial {
    /// 403.
    Forbidden(&'static str),
    /// 419: a CSRF token was sent, and is not this session's (rule AUT-3).
    CsrfMismatch,
    /// 422, by field (rule AUT-2).
    Invalid(BTreeMap<&'static str, Vec<String>>),
    /// Any other status: what went wrong has been logged.
    Failed(StatusCode, String),
}

async fn authorize_channel(State(state): State<AppState>, origin: RequestOrigin, request: Request) -> Response {
    let (headers, renewal) = (request.headers().clone(), SessionRenewal::of(request.extensions()));
    let answer = async {
        refuse_foreign_pages(&state, &origin, &headers)?;
        let fields = ChannelRequest::read(request, &state).await?;
        let identity = identify(&state, &headers, renewal.as_ref()).await?;
        let user = identity.user().ok_or(Denial::Forbidden(SIGN_IN_FIRST))?;
        let application = state.own.now();
        let mut member = rules::decide(&fields.channel, user)?;
        if let Some(member) = &mut member {
            let is_hidden = state.people.is_invisible(user.id).await;
            if is_hidden.map_err(|error| Denial::Failed(status_of(error.status()), error.to_string()))? {
                member["is_hidden"] = true.into();
            }
        }
        // Before anything is signed, so that no socket gets in that is not known.
        state.authorized.note(&identity, fields.socket_id);
        let channel_data = member.map(|it| it.to_string());
        let signature = sign_channel(&application.secret, fields.socket_id, &fields.channel, channel_data.as_deref());
        let shared_secret =
            fields.channel.kind().is_encrypted().then(|| shared_secret(&state, fields.channel.as_str()));
        Ok(Grant {
            auth: format!("{}:{signature}", application.key),
            channel_data,
            shared_secret: shared_secret.transpose()?,
            user_data: None,
        })
    };
    respond(answer.await)
}

async fn authenticate_user(State(state): State<AppState>, origin: RequestOrigin, request: Request) -> Response {
    let (headers, renewal) = (request.headers().clone(), SessionRenewal::of(request.extensions()));
    let answer = async {
        refuse_foreign_pages(&state, &origin, &headers)?;
        let fields = UserRequest::read(request, &state).await?;
        let identity = identify(&state, &headers, renewal.as_ref()).await?;
        let user = identity.user().ok_or(Denial::Forbidden(SIGN_IN_FIRST))?;
        let user_data = rules::user_data(user).to_string();
        state.authorized.note(&identity, fields.socket_id);
        let application = state.own.now();
        let signature = sign_user(&application.secret, fields.socket_id, &user_data);
        Ok(Grant { auth: format!("{}:{signature}", application.key), user_data: Some(user_data), ..Grant::default() })
    };
    respond(answer.await)
}

/// Who asks, if their token allows to subscribe.
async fn identify(state: &AppState, headers: &HeaderMap, renewal: Option<&SessionRenewal>) -> Result<Identity, Denial> {
    let identity = Identity::of(state, headers, renewal)
        .await
        .map_err(|error| Denial::Failed(status_of(error.status()), error.to_string()))?;
    match &identity {
        Identity::Token(_) if !identity.allows(Ability::Broadcasting) => {
            Err(Denial::Forbidden("This token lacks the ability broadcasting."))
        }
        _ => Ok(identity),
    }
}

/// A cookie counts on our own pages alone; a CSRF token is not demanded, but if one is sent it must be right (AUT-3).
fn refuse_foreign_pages(state: &AppState, origin: &RequestOrigin, headers: &HeaderMap) -> Result<(), Denial> {
    let by_cookie = super::identity::bearer(headers).is_none() && cookies::value(headers, cookies::SESSION).is_some();
    if !by_cookie {
        return Ok(());
    }
    if csrf::is_cross_site(headers, origin, state.config.app.url.as_deref()) {
        return Err(Denial::Forbidden("Pages of another site can't use this one's session."));
    }
    if csrf::has_wrong_token(&state.signer, headers) {
        return Err(Denial::CsrfMismatch);
    }
    Ok(())
}

/// The key of an encrypted channel, in base64 (section 8).
fn shared_secret(state: &AppState, channel: &str) -> Result<String, Denial> {
    let Some(master_key) = state.config.encryption_master_key() else {
        tracing::error!(
            channel,
            "an encrypted channel was asked for, but application.encryption_master_key is not set"
        );
        return Err(Denial::Failed(StatusCode::INTERNAL_SERVER_ERROR, "encrypted channels are not set up".to_owned()));
    };
    Ok(BASE64_STANDARD.encode(encryption::shared_secret(channel, &master_key)))
}

fn respond(answer: Result<Grant, Denial>) -> Response {
    let mut response = match answer {
        Ok(grant) => Json(grant).into_response(),
        Err(denial) => denial.into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn status_of(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, serde_json::json!({ "message": message })),
            Self::CsrfMismatch => (status_of(419), serde_json::json!({ "message": "CSRF token mismatch." })),
            Self::Invalid(errors) => {
                let message = errors.values().flatten().next().cloned().unwrap_or_default();
                (StatusCode::UNPROCESSABLE_ENTITY, serde_json::json!({ "message": message, "errors": errors }))
            }
            Self::Failed(status, message) => (status, serde_json::json!({ "message": message })),
        };
        (status, Json(body)).into_response()
    }
}
