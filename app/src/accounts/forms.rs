//! What the server tells a page of plain forms: the token that a form must carry, and what became of the last try.
//!
//! The forms are `POST /sign-in`, `POST /sign-up` and `POST /sign-out`, `application/x-www-form-urlencoded`. Each carries
//! [`CsrfToken::FIELD`]; sign-in and sign-up also `next`, the path to go to afterwards.

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// Proves that a form came from a page of ours. Given as context to every page by the server; the empty text where none is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsrfToken(pub String);

impl CsrfToken {
    /// The hidden field that carries it.
    pub const FIELD: &str = "_token";
    /// The cookie that script reads it from.
    pub const COOKIE: &str = "XSRF-TOKEN";
    /// The header in which script sends it.
    pub const HEADER: &str = "X-XSRF-TOKEN";
}

/// One of the forms that the server may refuse and show again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// [`super::Credentials`].
    SignIn,
    /// [`super::SignUp`].
    SignUp,
    /// A section of the settings; its name is the flash's `name`.
    Settings,
}

/// A form that was refused: why, and what had been filled in. Given as context to the one page that shows it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormFlash {
    /// Which form it was; another page does not show it.
    pub form: FormKind,
    /// Why: `Invalid` names the fields, `TooManyRequests` says how long to wait.
    pub error: AppError,
    /// The name as it was filled in.
    #[serde(default)]
    pub name: String,
    /// The address as it was filled in. A password is never kept.
    #[serde(default)]
    pub email: String,
    /// Whether "Keep me signed in" was ticked.
    #[serde(default)]
    pub remember: bool,
}

/// The path to go to after signing in: `next` if it is a path of this site, the home page otherwise.
///
/// A path of another site, `//host` or `/\host`, would send a person who just typed a password to a stranger.
pub fn next_path(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains(|it: char| it == '\\' || it.is_control()) =>
        {
            path
        }
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_one_of_ours() {
        assert_eq!(next_path(Some("/chat?at=7")), "/chat?at=7");
        for next in [
            None,
            Some(""),
            Some("//evil.example"),
            Some("/\\evil.example"),
            Some("/\t/evil.example"),
            Some("https://evil.example"),
        ] {
            assert_eq!(next_path(next), "/");
        }
    }
}
