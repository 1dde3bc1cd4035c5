//! Bodies, queries and paths as values; what does not fit is told with its field.

use std::str::FromStr;

use app::error::AppError;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use super::problem::BodyLimit;

/// A JSON body. A body with another content type is refused, and so is an object with a field of the wrong type.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

/// A JSON body that may be left out; then it is the default.
#[derive(Debug)]
pub struct OptionalJsonBody<T>(pub T);

/// The query.
#[derive(Debug)]
pub struct QueryParams<T>(pub T);

/// The one parameter of the path, by `FromStr`.
#[derive(Debug)]
pub struct PathParam<T>(pub T);

/// The body of a form, or of a script that sends the same fields as JSON.
#[derive(Debug)]
pub struct FormBody<T> {
    /// The fields.
    pub fields: T,
    /// Whether it came from a script, which wants JSON back.
    pub is_json: bool,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        if let Some(media_type) = media_type(request.headers())
            && !is_json(&media_type)
        {
            let detail = format!("has the content type {media_type}: expected application/json");
            return Err(AppError::invalid("body", detail));
        }
        from_json(&read(request, state).await?).map(Self)
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let is_readable = media_type(request.headers()).is_none_or(|it| is_json(&it));
        let body = read(request, state).await?;
        // What is no JSON was not meant as one: a form of a library that always sends something.
        if body.is_empty() || !is_readable { Ok(Self(T::default())) } else { from_json(&body).map(Self) }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for FormBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let wants_json =
            request.headers().get(header::ACCEPT).is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
        let has_json = media_type(request.headers()).is_some_and(|it| is_json(&it));
        let body = read(request, state).await?;
        // A script that has nothing to say sends nothing.
        let fields = if has_json && !body.is_empty() { from_json(&body)? } else { from_form(&body)? };
        Ok(Self { fields, is_json: has_json || wants_json })
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        from_form(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}

impl<T, S> FromRequestParts<S> for PathParam<T>
where
    T: FromStr<Err: std::fmt::Display> + Send,
    S: Send + Sync,
{
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| AppError::invalid("path", error.body_text()))?;
        text.parse().map(Self).map_err(|error: T::Err| AppError::invalid("id", error.to_string()))
    }
}

/// The media type in lower case, without its parameters; `None` if the request names none.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or("unreadable");
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()).filter(|it| !it.is_empty())
}

/// Whether a media type is JSON.
pub fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// The whole body, unless it is larger than the limit.
///
/// # Errors
/// `TooLarge`, or `Invalid` if the client did not send what it had promised.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, AppError> {
    let limit = request.extensions().get::<BodyLimit>().map_or(0, |it| it.0);
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            AppError::TooLarge { limit_bytes: limit }
        } else {
            AppError::invalid("body", "did not arrive whole")
        }
    })
}

/// Reads JSON.
///
/// # Errors
/// `Invalid` names the field at fault, or `body` if it is no JSON at all.
pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| invalid(&error.path().to_string(), &error.into_inner().to_string()))?;
    deserializer.end().map_err(|error| invalid(".", &error.to_string()))?;
    Ok(value)
}

/// Reads form fields, of a body or a query.
///
/// # Errors
/// `Invalid` names the field at fault.
pub fn from_form<T: DeserializeOwned>(text: &[u8]) -> Result<T, AppError> {
    let deserializer = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text));
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| invalid(&error.path().to_string(), &error.into_inner().to_string()))
}

/// The field and what is wrong with it, out of serde's words.
fn invalid(path: &str, message: &str) -> AppError {
    // Serde names a missing field in its message, since it has no place in the document.
    let missing = message.strip_prefix("missing field `").and_then(|it| it.split('`').next());
    // `.` is the document itself, `?` a place in it that is no JSON.
    let parent = path.trim_end_matches(['.', '?']);
    match missing {
        Some(field) if parent.is_empty() => AppError::invalid(field, "is missing"),
        Some(field) => AppError::invalid(format!("{parent}.{field}"), "is missing"),
        None if parent.is_empty() => AppError::invalid("body", message),
        None => AppError::invalid(parent, message),
    }
}

#[cfg(test)]
mod tests {
    use app::chat::{HistoryQuery, NewMessage};
    use app::error::FieldError;
    use proptest::prelude::*;

    use super::*;

    fn error_of<T: std::fmt::Debug>(result: Result<T, AppError>) -> FieldError {
        let Err(AppError::Invalid(errors)) = result else { panic!("{result:?} is no complaint about a field") };
        errors.into_iter().next().expect("an error")
    }

    #[test]
    fn a_wrong_field_is_named() {
        let error = error_of(from_json::<NewMessage>(br#"{"body":5}"#));
        assert_eq!(error.field, "body");
        assert!(error.detail.contains("expected a string"), "{error}");
        assert_eq!(error_of(from_json::<NewMessage>(br#"{"client_id":"x","body":""}"#)).field, "client_id");
        assert_eq!(
            error_of(from_json::<NewMessage>(b"{}")),
            FieldError { field: "body".into(), detail: "is missing".into() }
        );
        assert_eq!(error_of(from_form::<HistoryQuery>(b"limit=many")).field, "limit");
        assert_eq!(error_of(from_json::<NewMessage>(br#"{"body":"a"} x"#)).field, "body");
    }

    #[test]
    fn a_query_is_read_into_numbers() {
        let query: HistoryQuery = from_form(b"before=7&limit=2&unknown=1").expect("a query");
        assert_eq!((query.before.map(|it| it.0), query.limit), (Some(7), Some(2)));
    }

    proptest! {
        #[test]
        fn no_bytes_do_worse_than_a_complaint(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_json::<NewMessage>(&bytes);
            let _ = from_form::<HistoryQuery>(&bytes);
        }
    }
}
