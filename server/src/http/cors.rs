//! Pages on another origin: which of them may read our answers (rule AUT-5).
//!
//! Never with the session's cookie: such a page brings a bearer token.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;
use crate::websocket::is_allowed;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, X-CSRF-TOKEN, X-Socket-ID, X-XSRF-TOKEN");
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static("Retry-After");
const TWO_HOURS: HeaderValue = HeaderValue::from_static("7200");

/// Says which other origins may read the answer, and answers the browser's question before a request.
pub async fn allow(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let allowed = allowed_origin(&state.own.now().allowed_origins, request.headers());
    let is_question =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_question { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(allowed) = allowed else { return response };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    if is_question {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, TWO_HOURS);
    }
    response
}

/// What the answer's `Access-Control-Allow-Origin` is; `None` if the request has no origin, or one that may not.
fn allowed_origin(patterns: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    if patterns.iter().any(|it| it == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    is_allowed(patterns, Some(origin)).then(|| origin.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(patterns: &[&str], origin: &str) -> Option<String> {
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        let headers = [(header::ORIGIN, origin.parse().expect("a header"))].into_iter().collect();
        allowed_origin(&patterns, &headers).map(|it| it.to_str().expect("text").to_owned())
    }

    #[test]
    fn origins_are_compared_as_sockets_are() {
        assert_eq!(allowed(&["*"], "https://x.example").as_deref(), Some("*"));
        assert_eq!(
            allowed(&["*.laravel.com"], "https://a.b.laravel.com:8443").as_deref(),
            Some("https://a.b.laravel.com:8443")
        );
        assert_eq!(allowed(&["sub.*.com"], "https://sub.a.b.com").as_deref(), Some("https://sub.a.b.com"));
        for (pattern, origin) in [
            ("*.laravel.com", "https://laravel.com"),
            ("laravel.com", "https://www.laravel.com"),
            ("https://laravel.com", "https://laravel.com"),
            ("laravel.com", "null"),
        ] {
            assert_eq!(allowed(&[pattern], origin), None, "{pattern} {origin}");
        }
    }
}
