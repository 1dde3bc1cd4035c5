//! Bearer tokens: shown once, stored hashed, with abilities and an end.

use std::fmt;
use std::str::FromStr;

use app::accounts::User;
use app::error::AppError;
use app::ids::UserId;
use app::time::Timestamp;

use super::secret;
use crate::clock::Clock;
use crate::store::{NewTokenRow, Store, StoreError};

/// What every token begins with, so that a scanner for leaked secrets knows one.
const PREFIX: &str = "smartlink_";

const MAX_NAME_CHARS: usize = 80;

const MS_PER_MINUTE: i64 = 60_000;

/// Something that a token may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ability {
    /// `*`: everything that its owner may.
    Everything,
    /// `chat:read`: read messages and who is online.
    ChatRead,
    /// `chat:write`: send messages, tell that one types or has read.
    ChatWrite,
    /// `broadcasting`: subscribe to private and presence channels.
    Broadcasting,
}

/// A text that names no ability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no ability: expected *, chat:read, chat:write or broadcasting")]
pub struct AbilityError(String);

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Everything => "*",
            Self::ChatRead => "chat:read",
            Self::ChatWrite => "chat:write",
            Self::Broadcasting => "broadcasting",
        })
    }
}

impl FromStr for Ability {
    type Err = AbilityError;

    fn from_str(text: &str) -> Result<Self, AbilityError> {
        [Self::Everything, Self::ChatRead, Self::ChatWrite, Self::Broadcasting]
            .into_iter()
            .find(|it| it.to_string() == text)
            .ok_or_else(|| AbilityError(text.chars().take(100).collect()))
    }
}

/// All bearer tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tokens {
    store: Store,
    clock: Clock,
}

/// A token that has just been made.
#[derive(Clone)]
pub struct NewToken {
    /// What goes after `Authorization: Bearer `; shown this once.
    pub plain_text: String,
    /// The token's number, by which it can be revoked.
    pub id: i64,
}

/// A token that is good.
#[derive(Debug, Clone)]
pub struct BearerToken {
    /// The token's number.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// Who acts.
    pub user: User,
    /// What they may do with it.
    pub abilities: Vec<Ability>,
}

impl BearerToken {
    /// Whether the token allows this.
    pub fn allows(&self, ability: Ability) -> bool {
        self.abilities.iter().any(|it| matches!(it, Ability::Everything) || *it == ability)
    }
}

impl Tokens {
    /// The tokens in this store.
    pub const fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Makes a token for somebody; it ends at `expires_at`, or never.
    ///
    /// # Errors
    /// `Invalid` names `name`, `abilities` or `expires_at`.
    pub async fn create(
        &self,
        user_id: UserId,
        name: &str,
        abilities: &[Ability],
        expires_at: Option<Timestamp>,
    ) -> Result<NewToken, AppError> {
        let (name, now) = (name.trim(), self.clock.now());
        let chars = name.chars().count();
        if !(1..=MAX_NAME_CHARS).contains(&chars) || name.chars().any(char::is_control) {
            let detail = format!("has {chars} characters: expected 1 to {MAX_NAME_CHARS} visible ones");
            return Err(AppError::invalid("name", detail));
        }
        if abilities.is_empty() {
            return Err(AppError::invalid("abilities", "is empty: expected at least one"));
        }
        if expires_at.is_some_and(|it| it <= now) {
            return Err(AppError::invalid("expires_at", "is past: expected a time to come"));
        }
        let plain_text = format!("{PREFIX}{}", secret::new_secret());
        let abilities: Vec<String> = abilities.iter().map(ToString::to_string).collect();
        let id = self
            .store
            .insert_token(NewTokenRow {
                user_id,
                name,
                token_hash: &secret::hash(&plain_text),
                abilities: &abilities.join(" "),
                at: now,
                expires_at,
            })
            .await?;
        Ok(NewToken { plain_text, id })
    }

    /// The token that a request bears, unless it is unknown, revoked, past its end, or its owner is kept out.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn find(&self, plain_text: &str) -> Result<Option<BearerToken>, StoreError> {
        if !plain_text.starts_with(PREFIX) {
            return Ok(None);
        }
        let now = self.clock.now();
        let Some(row) = self.store.token(&secret::hash(plain_text), now).await? else { return Ok(None) };
        if row.last_used_at.is_none_or(|it| now >= it.plus_ms(MS_PER_MINUTE)) {
            // A full disk must not keep programs from reading: the token is good as it stands.
            if let Err(error) = self.store.touch_token(row.id, now).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a token's last use is not noted");
            }
        }
        // An ability that only a newer version knows allows nothing here.
        let abilities = row.abilities.split(' ').filter_map(|it| it.parse().ok()).collect();
        Ok(Some(BearerToken { id: row.id, name: row.name, user: row.user, abilities }))
    }

    /// Revokes a token of this user. False if they have none with this number that is not revoked already.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn revoke(&self, user_id: UserId, id: i64) -> Result<bool, StoreError> {
        self.store.revoke_token(user_id, id, self.clock.now()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ability_and_back_is_the_same() {
        for text in ["*", "chat:read", "chat:write", "broadcasting"] {
            assert_eq!(text.parse::<Ability>().unwrap().to_string(), text);
        }
        assert!("chat".parse::<Ability>().is_err());
    }
}
