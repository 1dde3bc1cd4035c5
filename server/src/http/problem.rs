//! Answers to what no handler is there for, in the same form as every other failure.

use app::error::{AppError, Problem};
use axum::Json;
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The largest body that a request may have; stands in the request's extensions for messages.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub usize);

/// A path of the API that does not exist.
pub async fn no_such_path(OriginalUri(uri): OriginalUri) -> AppError {
    AppError::NotFound(format!("the path {}", uri.path()))
}

/// Gives an answer of 405 or 413 without a body the body that every failure has; its headers stay, `Allow` above all.
pub async fn describe_bare_failures(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let response = next.run(request).await;
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    if !is_bare || response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allowed = response.headers().get(header::ALLOW).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let detail = format!("{method} is not answered here: expected {}", allowed.replace(',', ", "));
    let mut described = problem(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", detail);
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH {
            described.headers_mut().insert(name, value.clone());
        }
    }
    described
}

/// A problem document of a kind that [`AppError`] does not know.
pub fn problem(status: StatusCode, title: &str, detail: String) -> Response {
    let problem = Problem {
        r#type: "about:blank".to_owned(),
        title: title.to_owned(),
        status: status.as_u16(),
        detail,
        errors: Vec::new(),
        retry_after_s: None,
    };
    let mut response = (status, Json(problem)).into_response();
    let media_type = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}

/// What a panic of a handler becomes: a line in the log, and an answer that tells nothing of our insides.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over a box")]
pub fn answer_panic(payload: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&'static str>().copied())
        .unwrap_or("without a text");
    tracing::error!(panic = text, "a request's handler panicked");
    AppError::Internal.into_response()
}

/// Whether who asked would rather read a page than a problem document.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    accept.contains("text/html")
}
