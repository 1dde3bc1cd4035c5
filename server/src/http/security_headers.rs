//! Headers that keep a browser from doing with our answers what nobody meant.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What is said of every answer.
pub fn add(response: &mut Response) {
    for (name, value) in ALWAYS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// The content security policy of a page whose scripts bear this nonce.
///
/// Scripts: ours and those with the nonce, and WASM. Connections: our own origin, also by WebSocket, which not every
/// browser counts as `'self'`. Styles in attributes are let through, since a width in percent is one.
pub fn page_policy(nonce: &str, host: &str, has_live_reload: bool) -> HeaderValue {
    let is_host = !host.is_empty() && host.bytes().all(|it| it.is_ascii_alphanumeric() || b".-:[]".contains(&it));
    let sockets = if is_host { format!(" ws://{host} wss://{host}") } else { String::new() };
    let reload = if has_live_reload { " ws://localhost:* ws://127.0.0.1:*" } else { "" };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'{sockets}{reload}; object-src 'none'; \
         base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_host_does_not_get_into_the_policy() {
        let policy = page_policy("n", "evil; script-src *", false);
        assert!(!policy.to_str().expect("text").contains("evil"));
        let policy = page_policy("n", "us.example:8080", false);
        assert!(policy.to_str().expect("text").contains("wss://us.example:8080"));
    }
}
