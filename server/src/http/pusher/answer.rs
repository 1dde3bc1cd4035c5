//! Answers of the HTTP API, byte for byte as server SDKs expect them (rules API-1, API-2 and API-11).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::PusherApiLimits;

/// A refused request. All bodies are plain text but those of 422.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) enum ApiError {
    /// 400: what is wrong, in one sentence.
    BadRequest(String),
    /// 400: the body is no JSON object.
    NotAnObject,
    /// 401: the signature does not fit.
    Signature,
    /// 401: the timestamp is too far from our clock; both in Unix seconds.
    Timestamp { given: String, now_s: i64, max_skew_s: u64 },
    /// 403: the operator has switched the application off.
    Disabled,
    /// 404: no application has this id.
    NoApplication(String),
    /// 404 or 400 with an empty JSON object, as the routes about one channel answer.
    Empty(StatusCode),
    /// 413: the whole body.
    BodyTooLarge,
    /// 413: one event's data.
    DataTooLarge { limit_bytes: usize },
    /// 429: the application publishes more in a second than it may.
    TooManyPublishes,
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 422: Laravel's field errors, in the order in which they were found.
    Fields(Object<Vec<String>>),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::BadRequest(sentence) => (StatusCode::BAD_REQUEST, sentence).into_response(),
            Self::NotAnObject => (StatusCode::BAD_REQUEST, "The request body must be a JSON object.").into_response(),
            Self::Signature => (StatusCode::UNAUTHORIZED, "Authentication signature invalid.").into_response(),
            Self::Timestamp { given, now_s, max_skew_s } => {
                let sentence = format!(
                    "Timestamp expired: the given timestamp ({given}) is not within {max_skew_s}s of the server time ({now_s})"
                );
                (StatusCode::UNAUTHORIZED, sentence).into_response()
            }
            Self::Disabled => (StatusCode::FORBIDDEN, "Application disabled").into_response(),
            Self::NoApplication(id) => {
                (StatusCode::NOT_FOUND, format!("No matching application for ID [{id}].")).into_response()
            }
            Self::Empty(status) => (status, json(&Object::<()>::default())).into_response(),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Payload too large.").into_response(),
            Self::DataTooLarge { limit_bytes } => {
                let sentence = format!(
                    "The data content of this event exceeds the allowed maximum ({limit_bytes} bytes). See \
                     https://pusher.com/docs/channels/server_api/http-api#publishing-events for more info"
                );
                (StatusCode::PAYLOAD_TOO_LARGE, sentence).into_response()
            }
            Self::TooManyPublishes => {
                let sentence = "The application publishes more events in a second than it may.";
                (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")], sentence).into_response()
            }
            Self::BodyTimeout => {
                // What has not arrived would be taken for the next request.
                let close = [(header::CONNECTION, "close")];
                (StatusCode::REQUEST_TIMEOUT, close, "The request body did not arrive in time.").into_response()
            }
            Self::Fields(errors) => (StatusCode::UNPROCESSABLE_ENTITY, json(&errors)).into_response(),
        }
    }
}

impl ApiError {
    /// One field at fault.
    pub(super) fn field(name: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self::Fields(Object(vec![(name.into(), vec![sentence.into()])]))
    }

    pub(super) fn data_too_large(limits: PusherApiLimits) -> Self {
        Self::DataTooLarge { limit_bytes: limits.max_event_data_bytes }
    }
}

/// A JSON object whose keys keep the order in which they were put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Object<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for Object<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// 200 with `{}`.
pub(super) fn accepted() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], "{}").into_response()
}

/// A JSON body with its length, never chunked.
pub(super) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// 404 for a path that is none of the API's.
pub(super) async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Not found.")
}

/// 405; axum adds `Allow` itself.
pub(super) async fn method_not_allowed() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed.")
}
