//! Commands that come with a cookie must come from our own pages.
//!
//! As Laravel's SPA clients know it: `GET /sanctum/csrf-cookie`, or any page, sets the cookie `XSRF-TOKEN`; a command
//! sends its value back as the header `X-XSRF-TOKEN` (or `X-CSRF-TOKEN`), a plain form as the field `_token`. The token is
//! an HMAC over the session's cookie, or the visitor's before there is a session, so one that was planted is worth nothing.
//! Requests with a bearer token need none: no browser adds that by itself.

use app::accounts::CsrfToken;
use app::error::AppError;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::extract;
use super::identity::bearer;
use super::origin::RequestOrigin;
use super::signer::Signer;
use super::{cookies, plain_page, problem};
use crate::state::AppState;

const PURPOSE: &str = "csrf";

/// Laravel's other header, which Echo takes from the page's `<meta name="csrf-token">`.
const OTHER_HEADER: &str = "x-csrf-token";

/// The token of this request's session or visitor, and a visitor's id if there had to be a new one.
#[derive(Debug, Clone)]
pub struct CsrfContext {
    /// What forms and scripts send.
    pub token: CsrfToken,
    new_visitor: Option<String>,
    is_cookie_right: bool,
}

/// The token that belongs to a session's cookie.
pub fn token_of(signer: &Signer, session_or_visitor: &str) -> String {
    signer.sign(PURPOSE, session_or_visitor)
}

/// What the token of a request hangs on: the session's cookie, else the visitor's.
fn binding(headers: &HeaderMap) -> Option<String> {
    cookies::value(headers, cookies::SESSION).or_else(|| cookies::value(headers, cookies::VISITOR))
}

/// A new visitor's id: 128 random bits.
pub fn new_visitor() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

impl CsrfContext {
    /// Of a request with these headers.
    pub fn of(signer: &Signer, headers: &HeaderMap) -> Self {
        let (binding, new_visitor) = if let Some(binding) = binding(headers) {
            (binding, None)
        } else {
            let id = new_visitor();
            (id.clone(), Some(id))
        };
        let token = token_of(signer, &binding);
        let is_cookie_right = cookies::value(headers, CsrfToken::COOKIE).is_some_and(|it| it == token);
        Self { token: CsrfToken(token), new_visitor, is_cookie_right }
    }

    /// Sets what the browser lacks.
    pub fn set_cookies(&self, headers: &mut HeaderMap, is_secure: bool) {
        if let Some(id) = &self.new_visitor {
            cookies::set(headers, cookies::visitor(id, is_secure));
        }
        if !self.is_cookie_right {
            cookies::set(headers, cookies::csrf(&self.token.0, is_secure));
        }
    }
}

impl FromRequestParts<AppState> for CsrfContext {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&state.signer, &parts.headers))
    }
}

/// `GET /sanctum/csrf-cookie`: 204 with the cookie.
pub async fn csrf_cookie(context: CsrfContext, origin: RequestOrigin) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let fresh = CsrfContext { is_cookie_right: false, ..context };
    fresh.set_cookies(response.headers_mut(), origin.is_https);
    response
}

/// Lets a command pass only if it came from one of our pages, or bears a token that no browser adds by itself.
pub async fn protect(State(state): State<AppState>, origin: RequestOrigin, request: Request, next: Next) -> Response {
    if request.method().is_safe() || bearer(request.headers()).is_some() {
        return next.run(request).await;
    }
    let wants_page = problem::wants_page(request.headers());
    match check(&state, &origin, request).await {
        Ok(request) => next.run(request).await,
        Err(AppError::CsrfMismatch) if wants_page => expired_page(),
        Err(error) => error.into_response(),
    }
}

async fn check(state: &AppState, origin: &RequestOrigin, request: Request) -> Result<Request, AppError> {
    if is_cross_site(request.headers(), origin, state.config.app.url.as_deref()) {
        return Err(AppError::Forbidden("commands from pages of another site are refused".to_owned()));
    }
    let has_session = cookies::value(request.headers(), cookies::SESSION).is_some();
    // Without a session there is only one thing to protect: nobody may be signed in by a foreign page's form.
    if !has_session && !is_form(&request) {
        return Ok(request);
    }
    let Some(binding) = binding(request.headers()) else { return Err(AppError::CsrfMismatch) };
    let sent = header_token(request.headers());
    let (request, sent) = match sent {
        Some(sent) => (request, Some(sent)),
        None => form_token(state, request).await?,
    };
    match sent {
        Some(sent) if state.signer.is_signed(PURPOSE, &binding, sent.trim()) => Ok(request),
        _ => Err(AppError::CsrfMismatch),
    }
}

/// The token of the headers.
fn header_token(headers: &HeaderMap) -> Option<String> {
    let value = [CsrfToken::HEADER, OTHER_HEADER].into_iter().find_map(|name| headers.get(name))?;
    Some(value.to_str().unwrap_or_default().to_owned())
}

/// Whether a header bears a token, and not the session's.
pub fn has_wrong_token(signer: &Signer, headers: &HeaderMap) -> bool {
    let (Some(sent), Some(binding)) = (header_token(headers), binding(headers)) else { return false };
    !signer.is_signed(PURPOSE, &binding, sent.trim())
}

/// What a page of another site can send without being asked first.
fn is_form(request: &Request) -> bool {
    extract::media_type(request.headers()).is_some_and(|it| {
        matches!(it.as_str(), "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain")
    })
}

/// The field `_token` of a form, and the request with its body whole again.
async fn form_token(state: &AppState, request: Request) -> Result<(Request, Option<String>), AppError> {
    let is_form = extract::media_type(request.headers()).is_some_and(|it| it == "application/x-www-form-urlencoded");
    if !is_form {
        return Ok((request, None));
    }
    let limit_bytes = state.config.max_body_bytes();
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, limit_bytes).await.map_err(|_| AppError::TooLarge { limit_bytes })?;
    let token =
        url::form_urlencoded::parse(&body).find(|(name, _)| name == CsrfToken::FIELD).map(|(_, it)| it.into_owned());
    Ok((Request::from_parts(parts, Body::from(body)), token))
}

/// Whether a browser says that a page of another site sent this.
///
/// A browser's word is `Sec-Fetch-Site`; older ones send `Origin` alone. Programs send neither, and are no danger here.
pub fn is_cross_site(headers: &HeaderMap, origin: &RequestOrigin, app_url: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|it| it.to_str().unwrap_or("unreadable"));
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return false,
        Some("cross-site") => return true,
        // `same-site`: a sister host, which need not be ours; its `Origin` says whether it is.
        _ => {}
    }
    let Some(sender) = text(header::ORIGIN.as_str()) else { return false };
    let Ok(sender) = Url::parse(sender) else { return true };
    !(host_of(&sender) == with_port(&origin.host, sender.scheme())
        || app_url.and_then(|it| Url::parse(it).ok()).is_some_and(|it| host_of(&it) == host_of(&sender)))
}

/// Host and port of an address, also where the port is the scheme's own.
fn host_of(url: &Url) -> Option<(String, u16)> {
    Some((url.host_str()?.to_lowercase(), url.port_or_known_default()?))
}

fn with_port(host: &str, scheme: &str) -> Option<(String, u16)> {
    host_of(&Url::parse(&format!("{scheme}://{host}")).ok()?)
}

/// What somebody sees whose form was older than their session.
fn expired_page() -> Response {
    const TEXT: &str = "It was open for too long, or you have signed in or out elsewhere. Go back, reload the page and \
        send the form again.";
    let status = StatusCode::from_u16(AppError::CsrfMismatch.status()).unwrap_or(StatusCode::FORBIDDEN);
    plain_page::page(status, "This page has expired", TEXT, &[("/", "To the start")])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_foreign(headers: &[(&'static str, &'static str)], host: &str) -> bool {
        let origin = RequestOrigin { client_address: [127, 0, 0, 1].into(), is_https: false, host: host.to_owned() };
        let map = headers.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
        is_cross_site(&map.collect(), &origin, Some("https://chat.example"))
    }

    #[test]
    fn another_site_is_known_by_what_browsers_say() {
        assert!(is_foreign(&[("sec-fetch-site", "cross-site")], "us:80"));
        assert!(is_foreign(&[("origin", "https://evil.example")], "us.example"));
        assert!(is_foreign(&[("origin", "null")], "us.example"));
        assert!(is_foreign(&[("origin", "http://us.example:81")], "us.example"));
        assert!(is_foreign(&[("sec-fetch-site", "same-site"), ("origin", "http://sister.us.example")], "us.example"));
        assert!(!is_foreign(&[], "us.example"));
        assert!(!is_foreign(&[("sec-fetch-site", "same-origin"), ("origin", "http://x")], "us.example"));
        assert!(!is_foreign(&[("origin", "http://us.example")], "us.example:80"));
        assert!(!is_foreign(&[("origin", "http://127.0.0.1:8080")], "127.0.0.1:8080"));
        assert!(
            !is_foreign(&[("origin", "https://chat.example")], "10.0.0.7:8080"),
            "behind a proxy that changes the host"
        );
    }
}
