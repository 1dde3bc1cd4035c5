//! Who calls, and whether the call is signed (rules API-1 and API-5 to API-9).

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRef, FromRequest, OriginalUri, RawPathParams, Request};
use md5::{Digest, Md5};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::answer::ApiError;
use super::query::Query;
use super::{PusherApi, PusherApiLimits};
use crate::application::{Application, ApplicationId, Applications};
use crate::signature;

/// A request whose signature fits its application.
pub(in crate::http) struct SignedRequest {
    pub(in crate::http) application: Arc<Application>,
    pub(super) query: Query,
    pub(super) body: Bytes,
    parameters: Vec<(String, String)>,
}

impl SignedRequest {
    /// A part of the path, percent-decoded once.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A parameter of the query, decoded.
    pub(in crate::http) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }

    /// The body as a JSON object.
    pub(super) fn json(&self) -> Result<Map<String, Value>, ApiError> {
        serde_json::from_slice(&self.body).map_err(|_| ApiError::NotAnObject)
    }
}

impl<S> FromRequest<S> for SignedRequest
where
    S: Send + Sync,
    PusherApi: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let api = PusherApi::from_ref(state);
        let (mut parts, body) = request.into_parts();
        let body = read(body, api.limits).await?;
        let path = parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |it| it.0.clone());
        let parameters = raw_parameters(&mut parts, state).await?;
        let query = Query::parse(path.query().unwrap_or_default());
        let application = find(&api.hub.applications(), &parameters, &query)?;
        verify(&application, parts.method.as_str(), &paths(path.path(), &api.path_prefix), &query, &body)?;
        verify_timestamp(&query, api.clock.now().unix_ms().div_euclid(1_000), api.limits)?;
        Ok(Self { application, query, body, parameters })
    }
}

async fn read(body: Body, limits: PusherApiLimits) -> Result<Bytes, ApiError> {
    let reading = axum::body::to_bytes(body, limits.max_body_bytes);
    let read = tokio::time::timeout(limits.body_timeout, reading).await.map_err(|_| ApiError::BodyTimeout)?;
    read.map_err(|error| {
        // The limit is the one failure that is not the connection's own end.
        let source = std::error::Error::source(&error);
        if source.is_some_and(|it| it.to_string() == "length limit exceeded") {
            ApiError::BodyTooLarge
        } else {
            ApiError::BadRequest("Bad request.".to_owned())
        }
    })
}

async fn raw_parameters<S: Send + Sync>(
    parts: &mut axum::http::request::Parts,
    state: &S,
) -> Result<Vec<(String, String)>, ApiError> {
    use axum::extract::FromRequestParts;
    let bad_request = |_| ApiError::BadRequest("Bad request.".to_owned());
    let raw = RawPathParams::from_request_parts(parts, state).await.map_err(bad_request)?;
    Ok(raw.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

/// The application named by the path, or by its key where the path names none (rule API-9).
fn find(
    applications: &Applications,
    parameters: &[(String, String)],
    query: &Query,
) -> Result<Arc<Application>, ApiError> {
    let found = match parameters.iter().find(|(key, _)| key == "application") {
        Some((_, id)) => applications
            .by_id(&ApplicationId(id.as_str().into()))
            .ok_or_else(|| ApiError::NoApplication(id.chars().take(100).collect()))?,
        None => query.get("auth_key").and_then(|key| applications.by_key(key)).ok_or(ApiError::Signature)?,
    };
    if found.is_enabled { Ok(Arc::clone(found)) } else { Err(ApiError::Disabled) }
}

/// The paths that may have been signed: without our prefix and as received, each as it stands and decoded.
fn paths<'a>(received: &'a str, prefix: &str) -> Vec<Cow<'a, str>> {
    let mut paths = Vec::with_capacity(4);
    for path in [received.strip_prefix(prefix).filter(|it| it.starts_with('/')).unwrap_or(received), received] {
        for form in [Cow::Borrowed(path), percent_decode_str(path).decode_utf8_lossy()] {
            if !paths.contains(&form) {
                paths.push(form);
            }
        }
    }
    paths
}

fn verify(
    application: &Application,
    method: &str,
    paths: &[Cow<'_, str>],
    query: &Query,
    body: &[u8],
) -> Result<(), ApiError> {
    let body_md5 = hex::encode(Md5::digest(body));
    if query.get("auth_key") != Some(application.key.as_str())
        || query.get("auth_version").is_some_and(|it| it != "1.0")
        || query.get("body_md5").is_some_and(|it| !it.eq_ignore_ascii_case(&body_md5))
    {
        return Err(ApiError::Signature);
    }
    let given = query.get("auth_signature").unwrap_or_default();
    let implied_md5 = (!body.is_empty()).then_some(body_md5.as_str());
    for text in query.signed_texts(implied_md5) {
        for path in paths {
            let parts: [&[u8]; 5] = [method.as_bytes(), b"\n", path.as_bytes(), b"\n", text.as_bytes()];
            if signature::verify(&application.secret, &parts, given) {
                return Ok(());
            }
        }
    }
    Err(ApiError::Signature)
}

fn verify_timestamp(query: &Query, now_s: i64, limits: PusherApiLimits) -> Result<(), ApiError> {
    let given = query.get("auth_timestamp").unwrap_or_default();
    let is_near = given.parse::<i64>().is_ok_and(|it| it.abs_diff(now_s) <= limits.max_clock_skew_s);
    if is_near || limits.max_clock_skew_s == 0 {
        return Ok(());
    }
    Err(ApiError::Timestamp { given: given.chars().take(30).collect(), now_s, max_skew_s: limits.max_clock_skew_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"name":"App\\Events\\OrderShipped","data":"{\"id\":1}","channel":"orders"}"#;
    const QUERY: &str = "auth_key=reverb-key&auth_timestamp=1700000000&auth_version=1.0";

    fn application() -> Application {
        Application::new("123456", "reverb-key", "reverb-secret")
    }

    fn check(method: &str, path: &str, query: &str, body: &[u8]) -> Result<(), ApiError> {
        verify(&application(), method, &paths(path, "/ws"), &Query::parse(query), body)
    }

    #[test]
    fn api_5_the_worked_example_is_taken_with_and_without_its_digest() {
        let signature = "auth_signature=186d209d369a24f869e1386edfbb127af07e39b03b134ed870ff4a2518e114b3";
        let md5 = "body_md5=017ca3c37d82828a01ff37a197f8c709";
        let path = "/apps/123456/events";
        assert_eq!(check("POST", path, &format!("{QUERY}&{md5}&{signature}"), BODY), Ok(()));
        assert_eq!(check("POST", path, &format!("{signature}&{QUERY}&{md5}"), BODY), Ok(()));
        assert_eq!(check("POST", path, &format!("{QUERY}&{signature}"), BODY), Ok(()));
        assert_eq!(check("POST", "/ws/apps/123456/events", &format!("{QUERY}&{signature}"), BODY), Ok(()));
        assert_eq!(check("POST", path, &format!("{QUERY}&{signature}"), b"{}"), Err(ApiError::Signature));
        assert_eq!(check("GET", path, &format!("{QUERY}&{signature}"), BODY), Err(ApiError::Signature));
    }

    #[test]
    fn api_6_a_space_in_the_prefix_may_be_escaped_or_not() {
        let rest =
            "info=subscription_count&auth_signature=f2908560796e80272b4d547b02bd7e610bb95dbd0837070cc08036d1796b9213";
        for prefix in ["a b", "a+b", "a%20b"] {
            let query = format!("{QUERY}&filter_by_prefix={prefix}&{rest}");
            assert_eq!(check("GET", "/apps/123456/channels", &query, b""), Ok(()), "{prefix}");
        }
    }

    #[test]
    fn api_5_the_digest_of_nothing_takes_part_when_it_is_given() {
        let path = "/apps/123456/channels/presence-room.1/users";
        let with = "body_md5=d41d8cd98f00b204e9800998ecf8427e&auth_signature=559952f5a66eb09f2ccdf06940f51200d23ea60b1b1c3c005036988b08635e56";
        let without = "auth_signature=e87a5eeeccec313046df37cc295bf326f39d2814118248c2a78647ca2feda93f";
        assert_eq!(check("GET", path, &format!("{QUERY}&{with}"), b""), Ok(()));
        assert_eq!(check("GET", path, &format!("{QUERY}&{without}"), b""), Ok(()));
    }

    #[test]
    fn api_7_key_version_and_time_must_fit() {
        let path = "/apps/123456/channels/presence-room.1/users";
        let signature = "auth_signature=e87a5eeeccec313046df37cc295bf326f39d2814118248c2a78647ca2feda93f";
        let other_key = format!("auth_key=other&auth_timestamp=1700000000&auth_version=1.0&{signature}");
        assert_eq!(check("GET", path, &other_key, b""), Err(ApiError::Signature));
        let limits = PusherApiLimits::default();
        let query = Query::parse(QUERY);
        assert_eq!(verify_timestamp(&query, 1_700_000_600, limits), Ok(()));
        assert!(verify_timestamp(&query, 1_700_000_601, limits).is_err());
        assert!(verify_timestamp(&query, 1_700_000_601, PusherApiLimits { max_clock_skew_s: 0, ..limits }).is_ok());
        assert!(verify_timestamp(&Query::default(), 1_700_000_000, limits).is_err());
    }
}
