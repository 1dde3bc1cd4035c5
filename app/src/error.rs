//! Every failure that a person or an API client can see, and its answer over HTTP.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A failure that leaves the process. What caused it inside has been logged where it became one of these.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppError {
    /// Nobody is signed in, or the session or token has ended.
    #[error("sign in first, or send a bearer token that is valid")]
    Unauthenticated,
    /// The right person, but not allowed to; the text says why.
    #[error("{0}")]
    Forbidden(String),
    /// The thing named does not exist, or must not be known to exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// One or more fields are not as they must be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// The command contradicts what is stored; the text says how.
    #[error("{0}")]
    Conflict(String),
    /// The command came with a session cookie, but without the token that proves it came from our own page.
    #[error("the CSRF token is missing or does not match: send the XSRF-TOKEN cookie's value as X-XSRF-TOKEN")]
    CsrfMismatch,
    /// The request's body is larger than the limit.
    #[error("the request is too large: at most {limit_bytes} bytes are taken")]
    TooLarge {
        /// The largest body that is taken.
        limit_bytes: usize,
    },
    /// Too often; another try makes sense after the pause.
    #[error("too many tries, try again in {retry_after_s} s")]
    TooManyRequests {
        /// Seconds to wait, at least 1.
        retry_after_s: u64,
    },
    /// The server can't answer now but will again: it is starting, stopping, or its database is away.
    #[error("{0}")]
    Unavailable(String),
    /// The server was not reached, or its answer was not understood. Made in the browser only.
    #[error("the server could not be reached: {0}")]
    Unreachable(String),
    /// A fault of ours. The log says more, the reader learns nothing of our insides.
    #[error("something went wrong on our side")]
    Internal,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{field}: {detail}")]
pub struct FieldError {
    /// The field's name as the request spells it, e.g. `client_id`.
    pub field: String,
    /// What is wrong, the value at fault, and what would be right.
    pub detail: String,
}

impl AppError {
    /// One field at fault.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), detail: detail.into() }])
    }

    /// The HTTP status of the answer. 419 is Laravel's for a CSRF mismatch, which its SPA clients know.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound(_) => 404,
            Self::Conflict(_) => 409,
            Self::TooLarge { .. } => 413,
            Self::CsrfMismatch => 419,
            Self::Invalid(_) => 422,
            Self::TooManyRequests { .. } => 429,
            Self::Internal => 500,
            Self::Unreachable(_) => 502,
            Self::Unavailable(_) => 503,
        }
    }

    /// The short title of the kind of failure, the same for each of its kind.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "Unauthenticated",
            Self::Forbidden(_) => "Forbidden",
            Self::NotFound(_) => "Not found",
            Self::Conflict(_) => "Conflict",
            Self::TooLarge { .. } => "Payload too large",
            Self::CsrfMismatch => "CSRF token mismatch",
            Self::Invalid(_) => "Invalid fields",
            Self::TooManyRequests { .. } => "Too many requests",
            Self::Internal => "Internal error",
            Self::Unreachable(_) => "Unreachable",
            Self::Unavailable(_) => "Unavailable",
        }
    }

    /// The answer's body: an RFC 9457 problem document, with the fields at fault under `errors`.
    pub fn problem(&self) -> Problem {
        let errors = if let Self::Invalid(errors) = self { errors.clone() } else { Vec::new() };
        let retry_after_s =
            if let Self::TooManyRequests { retry_after_s } = self { Some(*retry_after_s) } else { None };
        Problem {
            r#type: "about:blank".to_owned(),
            title: self.title().to_owned(),
            status: self.status(),
            detail: self.to_string(),
            errors,
            retry_after_s,
        }
    }
}

/// An RFC 9457 problem document, media type `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI of the kind of problem; `about:blank` where the status says it all.
    pub r#type: String,
    /// The kind of problem in words.
    pub title: String,
    /// The HTTP status, again.
    pub status: u16,
    /// This very problem in words.
    pub detail: String,
    /// The fields at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Seconds to wait before another try, as in the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

impl From<Problem> for AppError {
    /// What a client makes of an answer: the failure that the server meant.
    fn from(problem: Problem) -> Self {
        match problem.status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden(problem.detail),
            404 => Self::NotFound(problem.detail.trim_end_matches(" does not exist").to_owned()),
            409 => Self::Conflict(problem.detail),
            413 => Self::invalid("body", problem.detail),
            419 => Self::CsrfMismatch,
            422 => Self::Invalid(problem.errors),
            429 => Self::TooManyRequests { retry_after_s: problem.retry_after_s.unwrap_or(1) },
            503 => Self::Unavailable(problem.detail),
            _ => Self::Internal,
        }
    }
}

#[cfg(feature = "ssr")]
impl leptos::prelude::FromServerFnError for AppError {
    type Encoder = leptos::server_fn::codec::JsonEncoding;

    fn from_server_fn_error(error: leptos::prelude::ServerFnErrorErr) -> Self {
        use leptos::prelude::ServerFnErrorErr;
        match error {
            ServerFnErrorErr::Args(detail) | ServerFnErrorErr::Deserialization(detail) => {
                Self::invalid("request", detail)
            }
            ServerFnErrorErr::MissingArg(field) => Self::invalid(field, "is missing"),
            ServerFnErrorErr::Request(detail) | ServerFnErrorErr::Response(detail) => Self::Unreachable(detail),
            _ => Self::Internal,
        }
    }
}

#[cfg(feature = "ssr")]
impl axum::response::IntoResponse for AppError {
    fn into_response(self) -> axum::response::Response {
        use axum::http::{HeaderValue, StatusCode, header};
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.problem())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Self::TooManyRequests { retry_after_s } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_tells_a_client_what_the_server_meant() {
        for error in [
            AppError::Unauthenticated,
            AppError::Forbidden("only its owner may".into()),
            AppError::NotFound("message 7".into()),
            AppError::invalid("body", "is empty: expected 1 to 4000 characters"),
            AppError::Conflict("this email has an account".into()),
            AppError::CsrfMismatch,
            AppError::TooManyRequests { retry_after_s: 42 },
            AppError::Unavailable("the server is stopping".into()),
            AppError::Internal,
        ] {
            assert_eq!(AppError::from(error.problem()), error);
        }
    }
}
