//! The checks of section 2.2, in their order, and what the address says about the client.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderValue;
use percent_encoding::percent_decode_str;

use crate::hub::{Admission, Hub, Refusal};
use crate::websocket::origin;

/// The version of the protocol that a client speaks that does not say (rule CON-1).
const DEFAULT_PROTOCOL: u32 = 7;

/// What a client says about itself in its address; the rest is ignored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientQuery {
    pub(super) client: Option<String>,
    pub(super) protocol: u32,
}

impl ClientQuery {
    pub(super) fn of(query: &str) -> Self {
        let value = |name: &str| {
            let pair = query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='))?;
            Some(percent_decode_str(pair).decode_utf8_lossy())
        };
        Self {
            client: value("client").map(Cow::into_owned),
            protocol: value("protocol").and_then(|it| it.parse().ok()).unwrap_or(DEFAULT_PROTOCOL),
        }
    }
}

/// How the client has come.
pub(super) struct Client<'a> {
    pub(super) address: IpAddr,
    /// Whether it speaks TLS, with us or with a trusted proxy.
    pub(super) is_https: bool,
    /// The header `Origin`.
    pub(super) origin: Option<&'a HeaderValue>,
}

/// A place for a connection to the application with this key, or the first check that fails.
pub(super) fn admit(hub: &Hub, key: &str, client: &Client<'_>) -> Result<Admission, Refusal> {
    let applications = hub.applications();
    let application = applications.by_key(key).ok_or(Refusal::UnknownApplication)?;
    if !application.is_enabled {
        return Err(Refusal::ApplicationDisabled);
    }
    if application.tls_only && !client.is_https {
        return Err(Refusal::TlsRequired);
    }
    let admission = hub.admit(Arc::clone(application), client.address);
    // The quota comes before the origin, and room on this node last.
    if matches!(admission, Err(Refusal::OverConnectionQuota)) {
        return admission;
    }
    if !origin::is_allowed(&application.allowed_origins, client.origin) {
        return Err(Refusal::OriginNotAllowed);
    }
    admission
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_any_query_is_taken() {
        for (query, client, protocol) in [
            ("", None, 7),
            ("protocol=7&client=js&version=8.6.0&flash=false", Some("js"), 7),
            ("client=java-client&protocol=5", Some("java-client"), 5),
            ("protocol=x&&=&client", None, 7),
            ("client=pusher%2Ddotnet", Some("pusher-dotnet"), 7),
        ] {
            let expected = ClientQuery { client: client.map(str::to_owned), protocol };
            assert_eq!(ClientQuery::of(query), expected, "{query}");
        }
    }
}
