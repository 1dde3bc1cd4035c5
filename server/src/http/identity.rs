//! Who asks: by the session's cookie, or by a bearer token with its abilities.

use app::accounts::{CurrentUser, Role, User};
use app::error::AppError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::cookies;
use super::session_renewal::SessionRenewal;
use crate::domain::{Ability, BearerToken, Session};
use crate::state::AppState;

/// Who asks, and how they proved it.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Nobody that we know.
    Nobody,
    /// A browser with a session.
    Session(Session),
    /// A program with a token. A request with a token is never looked at for a cookie.
    Token(BearerToken),
}

/// Somebody who is signed in. Without one the request is answered with 401.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Their token, if that is how they came in.
    token: Option<BearerToken>,
}

/// An admin with a session, or with a token that allows everything.
#[derive(Debug, Clone)]
pub struct Admin(pub User);

/// The bearer token of a request, in clear.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl Identity {
    /// Finds out who asks. A session's cookie that has to be set again is left in `renewal`.
    ///
    /// # Errors
    /// `Internal` or `Unavailable` if the database does not answer.
    pub async fn of(state: &AppState, headers: &HeaderMap, renewal: Option<&SessionRenewal>) -> Result<Self, AppError> {
        if let Some(token) = bearer(headers) {
            return Ok(state.tokens.find(token).await?.map_or(Self::Nobody, Self::Token));
        }
        let Some(token) = cookies::value(headers, cookies::SESSION) else { return Ok(Self::Nobody) };
        let Some(session) = state.sessions.find(&token).await? else { return Ok(Self::Nobody) };
        if let (Some(max_age_s), Some(renewal)) = (session.renewed_max_age_s, renewal) {
            renewal.set(token, max_age_s);
        }
        Ok(Self::Session(session))
    }

    /// The person.
    pub const fn user(&self) -> Option<&User> {
        match self {
            Self::Nobody => None,
            Self::Session(session) => Some(&session.user),
            Self::Token(token) => Some(&token.user),
        }
    }

    /// Whether they may do this here: with a session everything that the person may, with a token what it allows.
    pub fn allows(&self, ability: Ability) -> bool {
        match self {
            Self::Nobody => false,
            Self::Session(_) => true,
            Self::Token(token) => token.allows(ability),
        }
    }

    /// The same for pages.
    pub fn current_user(&self) -> CurrentUser {
        CurrentUser(self.user().cloned())
    }
}

impl SignedIn {
    /// The person, if their token allows this.
    ///
    /// # Errors
    /// `Forbidden` names the ability that is missing.
    pub fn with(self, ability: Ability) -> Result<User, AppError> {
        match &self.token {
            Some(token) if !token.allows(ability) => {
                Err(AppError::Forbidden(format!("this token lacks the ability {ability}")))
            }
            _ => Ok(self.user),
        }
    }
}

impl FromRequestParts<AppState> for Identity {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        Self::of(state, &parts.headers, SessionRenewal::of(&parts.extensions).as_ref()).await
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        match Identity::from_request_parts(parts, state).await? {
            Identity::Nobody => Err(AppError::Unauthenticated),
            Identity::Session(session) => Ok(Self { user: session.user, token: None }),
            Identity::Token(token) => Ok(Self { user: token.user.clone(), token: Some(token) }),
        }
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let user = SignedIn::from_request_parts(parts, state).await?.with(Ability::Everything)?;
        if user.role == Role::Admin { Ok(Self(user)) } else { Err(AppError::Forbidden("only admins may".to_owned())) }
    }
}
