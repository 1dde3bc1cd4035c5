//! The REST API as script calls it: with the session's cookie, the CSRF token and the id of the page's own socket.

use std::future::Future;
use std::pin::Pin;

use gloo_net::http::{Request, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::accounts::CsrfToken;
use crate::error::{AppError, Problem};
use crate::json;
use crate::realtime::SocketId;
use crate::ui::browser::cookie;

/// How long an answer may take. What takes longer is as good as lost, and is sent again where that is safe.
const TIMEOUT_MS: u32 = 15_000;

/// The same for what is soon worth nothing.
const PASSING_MS: u32 = 1_000;

/// Declares what a page asks when it begins: `page_function! { "endpoint", /** docs */ pub async fn … }`. The server runs
/// the body while it renders the page, and for `GET /fn/{endpoint}`, which the browser asks when somebody comes from
/// another page.
macro_rules! page_function {
    (
        $endpoint:literal,
        $(#[$doc:meta])*
        pub async fn $name:ident($($(#[$argument_doc:meta])* $argument:ident: $type:ty),* $(,)?) -> Result<$answer:ty, AppError>
        $body:block
    ) => {
        $(#[$doc])*
        #[cfg(feature = "ssr")]
        #[leptos::prelude::server(prefix = "/fn", endpoint = $endpoint, input = leptos::server_fn::codec::GetUrl)]
        pub async fn $name($($(#[$argument_doc])* $argument: $type),*) -> Result<$answer, AppError> $body

        $(#[$doc])*
        #[cfg(not(feature = "ssr"))]
        pub async fn $name($($argument: $type),*) -> Result<$answer, AppError> {
            let arguments = [$((stringify!($argument), $crate::rest::argument(&$argument))),*];
            send_wrapper::SendWrapper::new($crate::rest::function($endpoint, &arguments)).await
        }
    };
}
pub(crate) use page_function;

/// Asks what [`page_function`] declares.
///
/// # Errors
/// What the server said, or `Unreachable`.
#[cfg(not(feature = "ssr"))]
pub(crate) async fn function<T: DeserializeOwned>(
    endpoint: &str,
    arguments: &[(&str, Result<String, serde_json::Error>)],
) -> Result<T, AppError> {
    let mut path = "/fn/".to_owned() + endpoint;
    let mut sign = '?';
    for (name, value) in arguments {
        let value = value.as_ref().map_err(|error| AppError::invalid(*name, error.to_string()))?;
        // What is not given is left out; a text stands without the marks that make it JSON.
        if value != "null" {
            let text = json::from_str::<String>(value);
            path.push(sign);
            path += name;
            path.push('=');
            path += &String::from(js_sys::encode_uri_component(text.as_deref().unwrap_or(value)));
            sign = '&';
        }
    }
    let request = Request::get(&path).header("Accept", "application/json").abort_signal(Some(&deadline()));
    // An error of ours comes as such.
    let failure = |status, text: &str| json::from_str(text).unwrap_or_else(|_| from_status(status));
    parsed(&asked(request.build(), failure).await?)
}

/// An argument of [`function`]: a word, a number or nothing, as JSON has it.
#[cfg(not(feature = "ssr"))]
pub(crate) fn argument(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

/// Asks for something.
///
/// # Errors
/// What the server said, or `Unreachable`.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, AppError> {
    let request = Request::get(path).header("Accept", "application/json").abort_signal(Some(&deadline()));
    parsed(&send(request.build()).await?)
}

/// Sends a command and reads its answer.
///
/// # Errors
/// What the server said, or `Unreachable`: then nobody knows whether the command was done.
pub async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, AppError> {
    parsed(&send(with_body(command(Request::post(path)), body)?).await?)
}

/// Sends a command that has no body and whose answer says nothing but that it is done.
///
/// # Errors
/// As [`post`].
pub async fn post_empty(path: &str) -> Result<(), AppError> {
    send(command(Request::post(path)).build()).await.map(drop)
}

/// Sends a command that has no body, and reads its answer.
///
/// # Errors
/// As [`post`].
pub async fn post_nothing<T: DeserializeOwned>(path: &str) -> Result<T, AppError> {
    parsed(&send(command(Request::post(path)).build()).await?)
}

/// Sends a command that is worth nothing a second later. `socket_id` is that of this browser's line, which is not told
/// again what it did itself.
///
/// # Errors
/// As [`post`].
pub async fn post_passing(path: &str, body: &impl Serialize, socket_id: Option<SocketId>) -> Result<(), AppError> {
    let soon = web_sys::AbortSignal::timeout_with_u32(PASSING_MS);
    let mut request = command(Request::post(path)).abort_signal(Some(&soon));
    if let Some(socket_id) = socket_id {
        request = request.header("X-Socket-Id", &socket_id.to_string());
    }
    send(with_body(request, body)?).await.map(drop)
}

/// Changes something, and reads how it is after that.
///
/// # Errors
/// As [`post`].
pub async fn patch<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, AppError> {
    parsed(&send(with_body(command(Request::patch(path)), body)?).await?)
}

/// Sends a command whose refusals are no problem documents: gives the answer's status and text, whatever they are.
///
/// # Errors
/// `Unreachable`.
pub async fn post_plain(path: &str, body: &impl Serialize) -> Result<(u16, String), AppError> {
    answered(with_body(command(Request::post(path)), body)?).await
}

/// Puts something in the place of what was there; the answer says nothing but that it is done.
///
/// # Errors
/// As [`post`].
pub async fn put_empty(path: &str, body: &impl Serialize) -> Result<(), AppError> {
    send(with_body(command(Request::put(path)), body)?).await.map(drop)
}

/// Takes something away.
///
/// # Errors
/// As [`post`].
pub async fn delete(path: &str) -> Result<(), AppError> {
    send(command(Request::delete(path)).build()).await.map(drop)
}

fn with_body(request: RequestBuilder, body: &impl Serialize) -> Result<Result<Request, gloo_net::Error>, AppError> {
    let body = serde_json::to_string(body).map_err(|error| AppError::invalid("request", error.to_string()))?;
    Ok(request.header("Content-Type", "application/json").body(body))
}

fn command(request: RequestBuilder) -> RequestBuilder {
    let mut request = request.header("Accept", "application/json");
    if let Some(token) = cookie(CsrfToken::COOKIE) {
        request = request.header(CsrfToken::HEADER, &token);
    }
    request.abort_signal(Some(&deadline()))
}

/// Ends a request that a half-open line would hold for minutes.
fn deadline() -> web_sys::AbortSignal {
    web_sys::AbortSignal::timeout_with_u32(TIMEOUT_MS)
}

/// An answer on its way: of one type whatever is asked, so that the browser's code for it is there once.
type Answer<T> = Pin<Box<dyn Future<Output = Result<T, AppError>>>>;

/// Sends a command or a question of the API, whose errors are problem documents.
fn send(request: Result<Request, gloo_net::Error>) -> Answer<String> {
    asked(request, |status, text| json::from_str::<Problem>(text).map_or_else(|_| from_status(status), AppError::from))
}

/// The text of an answer that says yes; of any other, what `failure` makes of it.
fn asked(request: Result<Request, gloo_net::Error>, failure: fn(u16, &str) -> AppError) -> Answer<String> {
    Box::pin(async move {
        match answered(request).await? {
            (200..=299, text) => Ok(text),
            (status, text) => Err(failure(status, &text)),
        }
    })
}

/// An answer's status and text, whatever they are.
fn answered(request: Result<Request, gloo_net::Error>) -> Answer<(u16, String)> {
    Box::pin(async move {
        let unreachable = |error: gloo_net::Error| AppError::Unreachable(error.to_string());
        let response = request.map_err(unreachable)?.send().await.map_err(unreachable)?;
        // Of an answer that says no, the status is enough.
        let text = response.text().await;
        let text = if response.ok() { text.map_err(unreachable)? } else { text.unwrap_or_default() };
        Ok((response.status(), text))
    })
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, AppError> {
    json::from_str(text).map_err(|error| AppError::Unreachable(error.to_string()))
}

/// What a status alone says: a proxy's answer, which is no problem document of ours.
fn from_status(status: u16) -> AppError {
    match status {
        401 => AppError::Unauthenticated,
        403 => AppError::Forbidden("not allowed".to_owned()),
        413 => AppError::invalid("body", "is too long"),
        419 => AppError::CsrfMismatch,
        429 => AppError::TooManyRequests { retry_after_s: 10 },
        502..=504 => AppError::Unavailable("the server can't answer right now".to_owned()),
        _ => AppError::Internal,
    }
}
