//! Which pages may connect (rule CON-8).

use axum::http::{HeaderValue, Uri};

use crate::wildcard::fits;

/// Whether the host of this `Origin` fits one of the patterns. `*` alone lets everybody in, also without an origin.
pub fn is_allowed(patterns: &[String], origin: Option<&HeaderValue>) -> bool {
    if patterns.iter().any(|it| it == "*") {
        return true;
    }
    let Some(host) = origin.and_then(|it| it.to_str().ok()).and_then(host_of) else { return false };
    patterns.iter().any(|pattern| fits(pattern, &host))
}

/// The host of an origin, lower-cased, without scheme and port.
fn host_of(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    uri.scheme()?;
    uri.host().filter(|it| !it.is_empty()).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_8_the_host_is_compared_with_the_patterns() {
        for (pattern, origin, expected) in [
            ("*", None, true),
            ("laravel.com", Some("http://laravel.com"), true),
            ("laravel.com", Some("https://LARAVEL.com:8443"), true),
            ("laravel.com", Some("https://www.laravel.com"), false),
            ("laravel.com", None, false),
            ("laravel.com", Some("null"), false),
            ("laravel.com", Some("laravel.com"), false),
            ("*.laravel.com", Some("https://app.laravel.com"), true),
            ("*.laravel.com", Some("https://a.b.laravel.com"), true),
            ("*.laravel.com", Some("https://laravel.com"), false),
            ("*.laravel.com", Some("https://evillaravel.com"), false),
            ("*laravel.com", Some("https://laravel.com"), true),
            ("*laravel.com", Some("https://evillaravel.com"), true),
            ("sub.*.com", Some("https://sub.laravel.com"), true),
            ("sub.*.com", Some("https://sub.a.b.com"), true),
            ("sub.*.com", Some("https://laravel.com"), false),
            ("https://laravel.com", Some("https://laravel.com"), false),
            ("laravel.com:8443", Some("https://laravel.com:8443"), false),
            ("[::1]", Some("http://[::1]:8080"), true),
        ] {
            let origin = origin.map(HeaderValue::from_static);
            assert_eq!(is_allowed(&[pattern.to_owned()], origin.as_ref()), expected, "{pattern} {origin:?}");
        }
    }
}
