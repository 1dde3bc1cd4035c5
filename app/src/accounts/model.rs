//! People with an account, and the rules for their names, addresses and passwords, the same in the form and on the server.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::letters::lower;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everybody who signed up.
    Member,
    /// Sees and changes everything on the dashboard.
    Admin,
}

/// A person as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The account's number.
    pub id: UserId,
    /// 1 to 80 characters, shown to everybody.
    pub name: String,
    /// In lower case; shown to nobody but themselves and admins.
    pub email: String,
    /// What they may do.
    pub role: Role,
}

/// A person as everybody sees them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct UserSummary {
    /// The account's number.
    pub id: UserId,
    /// 1 to 80 characters.
    pub name: String,
}

impl From<&User> for UserSummary {
    fn from(user: &User) -> Self {
        Self { id: user.id, name: user.name.clone() }
    }
}

/// How many characters a password has. The upper bound keeps a hash from being made to work for minutes.
pub const PASSWORD_CHARS: RangeInclusive<usize> = 12..=256;

/// The name as it is stored, trimmed.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the field's name.
pub fn validate_name(name: &str) -> Result<String, String> {
    let name = name.trim();
    let chars = name.chars().count();
    if !(1..=80).contains(&chars) {
        return Err(format!("has {chars} characters: expected 1 to 80"));
    }
    if name.chars().any(is_deceptive) {
        return Err("has control or invisible characters: expected visible ones".to_owned());
    }
    Ok(name.to_owned())
}

/// The address as it is stored, trimmed and in lower case.
///
/// Whether an address exists only a message to it can tell, so this asks for no more than `name@host`.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the field's name.
pub fn validate_email(email: &str) -> Result<String, String> {
    let email = lower(email.trim());
    let is_plausible = email.len() <= 254
        && !email.chars().any(|it| it.is_whitespace() || is_deceptive(it))
        && email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
    if is_plausible { Ok(email) } else { Err(format!("`{email}` is no email address: expected name@example.com")) }
}

/// Whether a new password is long enough.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the field's name; never the password itself.
pub fn validate_password(password: &str) -> Result<(), String> {
    let chars = password.chars().count();
    if PASSWORD_CHARS.contains(&chars) {
        Ok(())
    } else {
        Err(format!("has {chars} characters: expected {} to {}", PASSWORD_CHARS.start(), PASSWORD_CHARS.end()))
    }
}

/// Characters that a name could deceive with: controls, and marks that turn the direction of writing or show nothing.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_visible() {
        assert_eq!(validate_name("  Zoë 東京 "), Ok("Zoë 東京".to_owned()));
        for name in ["", "   ", "a\u{202e}b", "a\nb", &"x".repeat(81)] {
            assert!(validate_name(name).is_err(), "{name:?} was taken for a name");
        }
    }

    #[test]
    fn an_email_is_kept_in_lower_case() {
        assert_eq!(validate_email(" Ada@Example.COM "), Ok("ada@example.com".to_owned()));
        for email in ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@c", "ada@.com", "ada@com."] {
            assert!(validate_email(email).is_err(), "{email:?} was taken for an address");
        }
    }

    #[test]
    fn a_password_is_counted_in_characters() {
        assert!(validate_password("ŵŵŵŵŵŵŵŵŵŵŵŵ").is_ok());
        assert!(validate_password("elevenchars").is_err());
        assert!(validate_password(&"x".repeat(257)).is_err());
    }
}
