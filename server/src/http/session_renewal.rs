//! The cookie of a remembered session, set again as the session is used: the browser must not drop it while its end in the
//! database is put off.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use super::cookies;
use super::origin::RequestOrigin;

/// Stands in a request's extensions; whoever finds out who asks leaves here what the answer has to set.
#[derive(Debug, Clone, Default)]
pub struct SessionRenewal(Arc<OnceLock<(String, i64)>>);

impl SessionRenewal {
    /// Of a request, if its route is below [`renew`].
    pub fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get::<Self>().cloned()
    }

    /// Has the cookie set once more, for so many seconds.
    pub fn set(&self, token: String, max_age_s: i64) {
        // The same session twice in one request is one cookie.
        let _is_first = self.0.set((token, max_age_s));
    }
}

/// Sets the cookie on the answer, unless the answer sets or takes it itself.
pub async fn renew(origin: RequestOrigin, mut request: Request, next: Next) -> Response {
    let renewal = SessionRenewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = next.run(request).await;
    if let Some((token, max_age_s)) = renewal.0.get()
        && !sets_session(response.headers())
    {
        cookies::set(response.headers_mut(), cookies::session(token, Some(*max_age_s), origin.is_https));
    }
    response
}

fn sets_session(headers: &HeaderMap) -> bool {
    let is_session =
        |line: &[u8]| line.strip_prefix(cookies::SESSION.as_bytes()).is_some_and(|it| it.starts_with(b"="));
    headers.get_all(header::SET_COOKIE).iter().any(|it| is_session(it.as_bytes()))
}
