//! Sign in, sign up, sign out: plain forms that need no script, and the same for scripts that send JSON.
//!
//! A form is answered with 303: to where its person wanted to go, or back to the form with what was wrong. A script is
//! answered with JSON.

use app::accounts::{Credentials, CsrfToken, FormFlash, FormKind, SignUp, User, next_path};
use app::error::AppError;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Deserializer};

use super::extract::FormBody;
use super::origin::RequestOrigin;
use super::{cookies, csrf, flash};
use crate::domain::SessionOrigin;
use crate::state::AppState;

/// `POST /sign-in`, `POST /sign-up`, `POST /sign-out`.
pub fn router() -> Router<AppState> {
    Router::new().route("/sign-in", post(sign_in)).route("/sign-up", post(sign_up)).route("/sign-out", post(sign_out))
}

#[derive(Deserialize)]
struct SignInFields {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default, deserialize_with = "ticked")]
    remember: bool,
    next: Option<String>,
}

#[derive(Deserialize)]
struct SignUpFields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    /// Asked of people; whoever writes a script has agreed before.
    #[serde(default, deserialize_with = "ticked")]
    terms: bool,
    next: Option<String>,
}

/// Only the place to go to.
#[derive(Deserialize)]
struct NextField {
    next: Option<String>,
}

/// A box as a form sends it (`on`, `true` or nothing at all), or a truth as JSON does.
fn ticked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Tick {
        Truth(bool),
        Text(String),
    }
    Ok(match Tick::deserialize(deserializer)? {
        Tick::Truth(truth) => truth,
        Tick::Text(text) => !matches!(text.as_str(), "" | "false" | "off" | "0"),
    })
}

async fn sign_in(
    State(state): State<AppState>,
    origin: RequestOrigin,
    headers: HeaderMap,
    form: FormBody<SignInFields>,
) -> Response {
    let FormBody { fields, is_json } = form;
    let SignInFields { email, password, remember, next } = fields;
    let credentials = Credentials { email: email.clone(), password, remember };
    let entered = async {
        let user = state.accounts.sign_in(credentials, origin.client_address).await?;
        enter(&state, user, remember, &origin, &headers).await
    };
    match entered.await {
        Ok(entry) if is_json => entry.answer(StatusCode::OK, &origin),
        Ok(entry) => entry.redirect(next.as_deref(), &origin),
        Err(error) if is_json => error.into_response(),
        Err(error) => {
            let flash = FormFlash { form: FormKind::SignIn, error, name: String::new(), email, remember };
            back_to_form("/sign-in", next.as_deref(), &state, flash, &origin)
        }
    }
}

async fn sign_up(
    State(state): State<AppState>,
    origin: RequestOrigin,
    headers: HeaderMap,
    form: FormBody<SignUpFields>,
) -> Response {
    let FormBody { fields: SignUpFields { name, email, password, terms, next }, is_json } = form;
    let entered = async {
        if !terms && !is_json {
            return Err(AppError::invalid("terms", "is not ticked: expected agreement to the terms"));
        }
        let form = SignUp { name: name.clone(), email: email.clone(), password };
        let user = state.accounts.sign_up(form, origin.client_address).await?;
        enter(&state, user, false, &origin, &headers).await
    };
    match entered.await {
        Ok(entry) if is_json => entry.answer(StatusCode::CREATED, &origin),
        Ok(entry) => entry.redirect(next.as_deref(), &origin),
        Err(error) if is_json => error.into_response(),
        Err(error) => {
            let flash = FormFlash { form: FormKind::SignUp, error, name, email, remember: false };
            back_to_form("/sign-up", next.as_deref(), &state, flash, &origin)
        }
    }
}

async fn sign_out(
    State(state): State<AppState>,
    origin: RequestOrigin,
    headers: HeaderMap,
    form: FormBody<NextField>,
) -> Response {
    let FormBody { fields, is_json } = form;
    if let Some(token) = cookies::value(&headers, cookies::SESSION)
        && let Err(error) = state.sessions.end(&token).await
    {
        return AppError::from(error).into_response();
    }
    state.authorized.look_again();
    let mut response = if is_json {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let to = if fields.next.is_some() { next_path(fields.next.as_deref()) } else { "/sign-in" };
        Redirect::to(to).into_response()
    };
    let headers = response.headers_mut();
    cookies::set(headers, cookies::no_session(origin.is_https));
    // The next form belongs to a new visitor, so that nothing of the old session is good any more.
    let visitor = csrf::new_visitor();
    cookies::set(headers, cookies::visitor(&visitor, origin.is_https));
    cookies::set(headers, cookies::csrf(&csrf::token_of(&state.signer, &visitor), origin.is_https));
    response
}

/// Somebody who has just come in.
struct Entry {
    user: User,
    token: String,
    csrf_token: CsrfToken,
    max_age_s: Option<i64>,
}

/// Begins a session, and ends the one that the browser had: a session that others may know is never promoted.
async fn enter(
    state: &AppState,
    user: User,
    is_remembered: bool,
    origin: &RequestOrigin,
    headers: &HeaderMap,
) -> Result<Entry, AppError> {
    if let Some(old) = cookies::value(headers, cookies::SESSION) {
        state.sessions.end(&old).await?;
        state.authorized.look_again();
    }
    let user_agent = headers.get(header::USER_AGENT).map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    let session_origin = SessionOrigin { user_agent, address: Some(origin.client_address) };
    let session = state.sessions.create(user.id, is_remembered, session_origin).await?;
    let csrf_token = CsrfToken(csrf::token_of(&state.signer, &session.token));
    Ok(Entry { user, token: session.token, csrf_token, max_age_s: session.max_age_s })
}

impl Entry {
    fn redirect(self, next: Option<&str>, origin: &RequestOrigin) -> Response {
        let mut response = Redirect::to(next_path(next)).into_response();
        self.set_cookies(response.headers_mut(), origin);
        response
    }

    fn answer(self, status: StatusCode, origin: &RequestOrigin) -> Response {
        let mut response = (status, Json(serde_json::json!({ "user": self.user }))).into_response();
        self.set_cookies(response.headers_mut(), origin);
        response
    }

    fn set_cookies(&self, headers: &mut HeaderMap, origin: &RequestOrigin) {
        cookies::set(headers, cookies::session(&self.token, self.max_age_s, origin.is_https));
        cookies::set(headers, cookies::csrf(&self.csrf_token.0, origin.is_https));
    }
}

/// Back to the form, which shows what was wrong and what had been typed, but for the password.
fn back_to_form(
    path: &str,
    next: Option<&str>,
    state: &AppState,
    flash: FormFlash,
    origin: &RequestOrigin,
) -> Response {
    let to = match next_path(next) {
        "/" => path.to_owned(),
        next => {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            format!("{path}?{query}")
        }
    };
    let mut response = Redirect::to(&to).into_response();
    cookies::set(response.headers_mut(), cookies::flash(&flash::seal(&state.signer, flash), origin.is_https));
    response
}
