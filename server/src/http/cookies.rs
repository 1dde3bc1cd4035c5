//! The cookies that the server sets, each with the attributes it needs.

use app::accounts::CsrfToken;
use app::shell::Theme;
use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

/// The session's cookie: a random value, whose hash is stored.
pub const SESSION: &str = "smartlink_session";

/// A random value for browsers without a session, to which their CSRF token belongs.
pub const VISITOR: &str = "smartlink_visitor";

/// What was wrong with the form that was just sent.
pub const FLASH: &str = "smartlink_flash";

const ONE_YEAR_S: i64 = 365 * 24 * 60 * 60;

/// Long enough for a redirect over a slow line, short enough not to surprise anybody later.
const FLASH_LIFETIME_S: i64 = 60;

/// The value of a cookie of the request.
pub fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    CookieJar::from_headers(headers).get(name).map(|it| it.value().to_owned()).filter(|it| !it.is_empty())
}

/// The session's cookie, for `max_age_s` seconds or until the browser closes.
pub fn session(token: &str, max_age_s: Option<i64>, is_secure: bool) -> Cookie<'static> {
    lasting(hidden(SESSION, token, is_secure), max_age_s)
}

/// Takes the session's cookie back.
pub fn no_session(is_secure: bool) -> Cookie<'static> {
    lasting(hidden(SESSION, "", is_secure), Some(0))
}

/// The visitor's cookie.
pub fn visitor(id: &str, is_secure: bool) -> Cookie<'static> {
    hidden(VISITOR, id, is_secure)
}

/// The CSRF token as scripts read it.
pub fn csrf(token: &str, is_secure: bool) -> Cookie<'static> {
    readable(CsrfToken::COOKIE, token, is_secure)
}

/// The signed flash.
pub fn flash(signed: &str, is_secure: bool) -> Cookie<'static> {
    lasting(hidden(FLASH, signed, is_secure), Some(FLASH_LIFETIME_S))
}

/// Takes the flash back, once it was shown.
pub fn no_flash(is_secure: bool) -> Cookie<'static> {
    lasting(hidden(FLASH, "", is_secure), Some(0))
}

/// The theme.
pub fn theme(theme: Theme, is_secure: bool) -> Cookie<'static> {
    lasting(readable(Theme::COOKIE, theme.name(), is_secure), Some(ONE_YEAR_S))
}

/// Adds the cookie to an answer.
pub fn set(headers: &mut HeaderMap, cookie: Cookie<'static>) {
    // Names and values are ours: letters, digits and a few signs that every header can hold.
    if let Ok(line) = HeaderValue::from_str(&cookie.encoded().to_string()) {
        headers.append(header::SET_COOKIE, line);
    }
}

fn hidden(name: &'static str, value: &str, is_secure: bool) -> Cookie<'static> {
    let mut cookie = readable(name, value, is_secure);
    cookie.set_http_only(true);
    cookie
}

fn readable(name: &'static str, value: &str, is_secure: bool) -> Cookie<'static> {
    let cookie = Cookie::build((name, value.to_owned())).path("/").same_site(SameSite::Lax);
    if is_secure { cookie.secure(true).build() } else { cookie.build() }
}

fn lasting(mut cookie: Cookie<'static>, max_age_s: Option<i64>) -> Cookie<'static> {
    cookie.set_max_age(max_age_s.map(cookie::time::Duration::seconds));
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_hidden_from_scripts_and_from_other_sites() {
        let line = session("abc", Some(60), true).to_string();
        for part in ["smartlink_session=abc", "HttpOnly", "SameSite=Lax", "Path=/", "Secure", "Max-Age=60"] {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
        let line = session("abc", None, false).to_string();
        assert!(!line.contains("Secure") && !line.contains("Max-Age"), "{line}");
    }

    #[test]
    fn scripts_read_the_csrf_token() {
        assert!(!csrf("abc", false).to_string().contains("HttpOnly"));
    }
}
