//! Queries of bearer tokens.

use app::accounts::{Role, User};
use app::ids::UserId;
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::user_presence::json_array;
use super::users::role_from;
use super::{Store, StoreError};

/// A token that is to be.
#[derive(Debug)]
pub struct NewTokenRow<'a> {
    /// Whose.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: &'a str,
    /// SHA-256 of the token.
    pub token_hash: &'a [u8],
    /// With a space between them.
    pub abilities: &'a str,
    /// Now.
    pub at: Timestamp,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// A token that is neither revoked nor past its end, with its user, who is not kept out.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// The token's number.
    pub id: i64,
    /// Whose.
    pub user: User,
    /// What its owner calls it.
    pub name: String,
    /// With a space between them.
    pub abilities: String,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A token in the list that its owner's operator sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedToken {
    /// The token's number.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// With a space between them.
    pub abilities: String,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: i64,
    name: String,
    abilities: String,
    last_used_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    token_name: String,
    abilities: String,
    last_used_at: Option<DateTime<Utc>>,
    user_id: i64,
    name: String,
    email: String,
    role: String,
}

impl TryFrom<Row> for TokenRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let role = role_from(&row.role)?;
        Ok(Self {
            id: row.id,
            user: User { id: UserId(row.user_id), name: row.name, email: row.email, role },
            name: row.token_name,
            abilities: row.abilities,
            last_used_at: row.last_used_at.map(timestamp),
        })
    }
}

impl Store {
    /// Adds a token.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_token(&self, row: NewTokenRow<'_>) -> Result<i64, StoreError> {
        const SQL: &str = "\
            insert into personal_access_tokens (user_id, name, token_hash, abilities, created_at, expires_at) \
            values ($1, $2, $3, $4, $5, $6) returning id";
        Ok(with_writer!(self, pool =>
            sqlx::query_scalar(SQL)
                .bind(row.user_id.0)
                .bind(row.name)
                .bind(row.token_hash)
                .bind(row.abilities)
                .bind(bound(row.at))
                .bind(row.expires_at.map(bound))
                .fetch_one(pool)
                .await?))
    }

    /// The token with this hash, if it is still good.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn token(&self, token_hash: &[u8], now: Timestamp) -> Result<Option<TokenRow>, StoreError> {
        const SQL: &str = "\
            select t.id, t.name as token_name, t.abilities, t.last_used_at, t.user_id, u.name, u.email, u.role \
            from personal_access_tokens t join users u on u.id = t.user_id \
            where t.token_hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2) \
                and not u.is_disabled";
        let row = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(SQL).bind(token_hash).bind(bound(now)).fetch_optional(pool).await?);
        row.map(TokenRow::try_from).transpose()
    }

    /// Somebody's tokens that are not revoked, by number; at most a thousand.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn tokens_of(&self, user_id: UserId) -> Result<Vec<ListedToken>, StoreError> {
        const SQL: &str = "\
            select id, name, abilities, last_used_at, expires_at from personal_access_tokens \
            where user_id = $1 and revoked_at is null order by id limit 1000";
        let rows: Vec<ListedRow> = with_pool!(self, pool => sqlx::query_as(SQL).bind(user_id.0).fetch_all(pool).await?);
        let listed = rows.into_iter().map(|row| ListedToken {
            id: row.id,
            name: row.name,
            abilities: row.abilities,
            last_used_at: row.last_used_at.map(timestamp),
            expires_at: row.expires_at.map(timestamp),
        });
        Ok(listed.collect())
    }

    /// Which of these tokens are good still, each with what its owner may do now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn good_tokens(&self, ids: &[i64], now: Timestamp) -> Result<Vec<(i64, Role)>, StoreError> {
        const POSTGRES: &str = "\
            select t.id, u.role from personal_access_tokens t join users u on u.id = t.user_id \
            where t.id = any($1) and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2) \
                and not u.is_disabled";
        const SQLITE: &str = "\
            select t.id, u.role from personal_access_tokens t join users u on u.id = t.user_id \
            where t.id in (select value from json_each($1)) and t.revoked_at is null \
                and (t.expires_at is null or t.expires_at > $2) and not u.is_disabled";
        let rows: Vec<(i64, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).bind(bound(now)).fetch_all(pool).await?,
            Self::Sqlite(pools) => {
                sqlx::query_as(SQLITE).bind(json_array(ids)).bind(bound(now)).fetch_all(&pools.reader).await?
            }
        };
        rows.into_iter().map(|(id, role)| Ok((id, role_from(&role)?))).collect()
    }

    /// Notes that a token was used.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn touch_token(&self, id: i64, now: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "update personal_access_tokens set last_used_at = $2 where id = $1";
        with_writer!(self, pool => sqlx::query(SQL).bind(id).bind(bound(now)).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Revokes a token of this user. False if they have no such token, or it is revoked already.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn revoke_token(&self, user_id: UserId, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "\
            update personal_access_tokens set revoked_at = $3 \
            where id = $1 and user_id = $2 and revoked_at is null";
        let count = with_writer!(self, pool =>
            sqlx::query(SQL).bind(id).bind(user_id.0).bind(bound(now)).execute(pool).await?.rows_affected());
        Ok(count > 0)
    }
}
