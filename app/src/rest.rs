//! The REST API as script calls it: with the session's cookie, the CSRF token and the id of the page's own socket.

use std::future::Future;
use std::pin::Pin;

use gloo_net::http::{Request, RequestBuilder, Response};
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
    parsed(&asked(request).await?)
}

/// The answer to what [`function`] asks; an error of ours comes in it as such.
#[cfg(not(feature = "ssr"))]
fn asked(request: RequestBuilder) -> Answer<String> {
    Box::pin(async move {
        let sent = request.send().await.map_err(|error| AppError::Unreachable(error.to_string()))?;
        let (status, text) = (sent.status(), sent.text().await);
        if sent.ok() {
            return text.map_err(|error| AppError::Unreachable(error.to_string()));
        }
        Err(text.ok().and_then(|it| json::from_str(&it).ok()).unwrap_or_else(|| from_status(status)))
    })
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
    parsed(&text_of(request.build()).await?)
}

/// Sends a command and reads its answer. `socket_id` is the page's own, which is not told again what it did itself.
///
/// # Errors
/// What the server said, or `Unreachable`: then nobody knows whether the command was done.
pub async fn post<T: DeserializeOwned>(
    path: &str,
    body: &impl Serialize,
    socket_id: Option<SocketId>,
) -> Result<T, AppError> {
    parsed(&text_of(with_body(command(Request::post(path), socket_id), body)?).await?)
}

/// Sends a command that has no body and whose answer says nothing but that it is done.
///
/// # Errors
/// As [`post`].
pub async fn post_empty(path: &str, socket_id: Option<SocketId>) -> Result<(), AppError> {
    send(command(Request::post(path), socket_id).build()).await.map(drop)
}

/// Sends a command that has no body, and reads its answer.
///
/// # Errors
/// As [`post`].
pub async fn post_nothing<T: DeserializeOwned>(path: &str) -> Result<T, AppError> {
    parsed(&text_of(command(Request::post(path), None).build()).await?)
}

/// Sends a command that is worth nothing a second later.
///
/// # Errors
/// As [`post`].
pub async fn post_passing(path: &str, body: &impl Serialize, socket_id: Option<SocketId>) -> Result<(), AppError> {
    let soon = web_sys::AbortSignal::timeout_with_u32(PASSING_MS);
    let request = command(Request::post(path), socket_id).abort_signal(Some(&soon));
    send(with_body(request, body)?).await.map(drop)
}

/// Changes something, and reads how it is after that.
///
/// # Errors
/// As [`post`].
pub async fn patch<T: DeserializeOwned>(
    path: &str,
    body: &impl Serialize,
    socket_id: Option<SocketId>,
) -> Result<T, AppError> {
    parsed(&text_of(with_body(command(Request::patch(path), socket_id), body)?).await?)
}

/// Puts something in the place of what was there; the answer says nothing but that it is done.
///
/// # Errors
/// As [`post`].
pub async fn put_empty(path: &str, body: &impl Serialize) -> Result<(), AppError> {
    send(with_body(command(Request::put(path), None), body)?).await.map(drop)
}

/// Takes something away.
///
/// # Errors
/// As [`post`].
pub async fn delete(path: &str) -> Result<(), AppError> {
    send(command(Request::delete(path), None).build()).await.map(drop)
}

fn with_body(request: RequestBuilder, body: &impl Serialize) -> Result<Result<Request, gloo_net::Error>, AppError> {
    let body = serde_json::to_string(body).map_err(|error| AppError::invalid("request", error.to_string()))?;
    Ok(request.header("Content-Type", "application/json").body(body))
}

fn command(request: RequestBuilder, socket_id: Option<SocketId>) -> RequestBuilder {
    let mut request = request.header("Accept", "application/json");
    if let Some(token) = cookie(CsrfToken::COOKIE) {
        request = request.header(CsrfToken::HEADER, &token);
    }
    if let Some(socket_id) = socket_id {
        request = request.header("X-Socket-Id", &socket_id.to_string());
    }
    request.abort_signal(Some(&deadline()))
}

/// Ends a request that a half-open line would hold for minutes.
fn deadline() -> web_sys::AbortSignal {
    web_sys::AbortSignal::timeout_with_u32(TIMEOUT_MS)
}

/// An answer on its way: of one type whatever is asked, so that the browser's code for it is there once.
type Answer<T> = Pin<Box<dyn Future<Output = Result<T, AppError>>>>;

fn send(request: Result<Request, gloo_net::Error>) -> Answer<Response> {
    Box::pin(async move {
        let sent = match request {
            Ok(request) => request.send().await,
            Err(error) => Err(error),
        };
        let response = sent.map_err(|error| AppError::Unreachable(error.to_string()))?;
        if response.ok() {
            return Ok(response);
        }
        let status = response.status();
        let problem = response.text().await.ok().and_then(|it| json::from_str::<Problem>(&it).ok());
        Err(problem.map_or_else(|| from_status(status), AppError::from))
    })
}

fn text_of(request: Result<Request, gloo_net::Error>) -> Answer<String> {
    Box::pin(async move {
        let response = send(request).await?;
        response.text().await.map_err(|error| AppError::Unreachable(error.to_string()))
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
