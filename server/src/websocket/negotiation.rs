//! RFC 6455's opening handshake, the server's part of it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// What every server appends to the key before hashing (RFC 6455, section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request that can't be upgraded (rule CON-4).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum UpgradeRefusal {
    /// No upgrade to WebSocket was asked for.
    NotAsked,
    /// A version that is not 13.
    Version,
    /// Something that the protocol demands is missing or wrong.
    Malformed(&'static str),
}

/// The value of `Sec-WebSocket-Accept` for a right request.
pub(super) fn accept_key<B>(request: &Request<B>) -> Result<String, UpgradeRefusal> {
    let headers = request.headers();
    let is_upgrade =
        has_token(headers, header::CONNECTION, "upgrade") && has_token(headers, header::UPGRADE, "websocket");
    if request.method() != Method::GET || !is_upgrade {
        return Err(UpgradeRefusal::NotAsked);
    }
    if request.version() < Version::HTTP_11 {
        return Err(UpgradeRefusal::Malformed("WebSocket needs HTTP/1.1."));
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|it| it.as_bytes() != b"13") {
        return Err(UpgradeRefusal::Version);
    }
    let key =
        headers.get(header::SEC_WEBSOCKET_KEY).ok_or(UpgradeRefusal::Malformed("Sec-WebSocket-Key is missing."))?;
    let is_key = STANDARD.decode(key.as_bytes()).is_ok_and(|it| it.len() == 16);
    if !is_key {
        return Err(UpgradeRefusal::Malformed("Sec-WebSocket-Key is not 16 bytes in base64."));
    }
    Ok(STANDARD.encode(Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize()))
}

/// Whether a comma-separated header has this word, in any case.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let words = |it: &HeaderValue| {
        it.to_str().is_ok_and(|text| text.split(',').any(|word| word.trim().eq_ignore_ascii_case(token)))
    };
    headers.get_all(name).iter().any(words)
}

impl IntoResponse for UpgradeRefusal {
    fn into_response(self) -> Response {
        let upgrade = (header::UPGRADE, "websocket");
        match self {
            Self::NotAsked => {
                (StatusCode::UPGRADE_REQUIRED, [upgrade, (header::CONNECTION, "Upgrade")], "Upgrade required.")
                    .into_response()
            }
            Self::Version => {
                let headers = [upgrade, (header::SEC_WEBSOCKET_VERSION, "13")];
                (StatusCode::UPGRADE_REQUIRED, headers, "Only version 13 is spoken.").into_response()
            }
            Self::Malformed(what) => (StatusCode::BAD_REQUEST, what).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let builder = Request::builder().uri("/app/key");
        headers.iter().fold(builder, |it, (name, value)| it.header(*name, *value)).body(()).unwrap()
    }

    const RIGHT: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn con_3_the_accept_key_is_that_of_the_rfc() {
        assert_eq!(accept_key(&request(&RIGHT)).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn con_4_a_broken_upgrade_is_refused() {
        for (missing, (name, _)) in RIGHT.iter().enumerate() {
            let headers: Vec<_> =
                RIGHT.iter().copied().enumerate().filter(|(at, _)| *at != missing).map(|it| it.1).collect();
            assert!(accept_key(&request(&headers)).is_err(), "{name} may be missing");
        }
        let mut wrong = RIGHT;
        wrong[2].1 = "8";
        assert_eq!(accept_key(&request(&wrong)), Err(UpgradeRefusal::Version));
        wrong = RIGHT;
        wrong[3].1 = "short";
        assert!(matches!(accept_key(&request(&wrong)), Err(UpgradeRefusal::Malformed(_))));
    }
}
