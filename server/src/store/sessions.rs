//! Queries of browsers' sessions.

use app::accounts::{Role, User};
use app::ids::UserId;
use app::settings::SessionInfo;
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::user_presence::json_array;
use super::users::role_from;
use super::{Store, StoreError};

/// A session that is to be.
#[derive(Debug)]
pub struct NewSessionRow<'a> {
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the cookie's value.
    pub token_hash: &'a [u8],
    /// Whether it outlives the browser.
    pub is_remembered: bool,
    /// What the browser calls itself.
    pub user_agent: Option<&'a str>,
    /// Where it came from.
    pub address: Option<String>,
    /// Now.
    pub at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

/// A session that has not ended, with its user, who is not kept out.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// The session's number.
    pub id: i64,
    /// Whose.
    pub user: User,
    /// Whether it outlives the browser.
    pub is_remembered: bool,
    /// When it was used last, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    is_remembered: bool,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    user_id: i64,
    name: String,
    email: String,
    role: String,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: i64,
    user_agent: Option<String>,
    address: Option<String>,
    is_remembered: bool,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

impl TryFrom<Row> for SessionRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let role = role_from(&row.role)?;
        Ok(Self {
            id: row.id,
            user: User { id: UserId(row.user_id), name: row.name, email: row.email, role },
            is_remembered: row.is_remembered,
            last_seen_at: timestamp(row.last_seen_at),
            expires_at: timestamp(row.expires_at),
        })
    }
}

impl Store {
    /// Adds a session.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_session(&self, row: NewSessionRow<'_>) -> Result<i64, StoreError> {
        const SQL: &str = "\
            insert into sessions \
                (user_id, token_hash, is_remembered, user_agent, address, created_at, last_seen_at, expires_at) \
            values ($1, $2, $3, $4, $5, $6, $6, $7) returning id";
        Ok(with_writer!(self, pool =>
            sqlx::query_scalar(SQL)
                .bind(row.user_id.0)
                .bind(row.token_hash)
                .bind(row.is_remembered)
                .bind(row.user_agent)
                .bind(row.address)
                .bind(bound(row.at))
                .bind(bound(row.expires_at))
                .fetch_one(pool)
                .await?))
    }

    /// The session with this hash that has not ended.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn session(&self, token_hash: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        const SQL: &str = "\
            select s.id, s.is_remembered, s.last_seen_at, s.expires_at, s.user_id, u.name, u.email, u.role \
            from sessions s join users u on u.id = s.user_id \
            where s.token_hash = $1 and s.expires_at > $2 and not u.is_disabled";
        let row = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(SQL).bind(token_hash).bind(bound(now)).fetch_optional(pool).await?);
        row.map(SessionRow::try_from).transpose()
    }

    /// Notes that a session was used, which puts off its end.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn touch_session(&self, id: i64, now: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "update sessions set last_seen_at = $2, expires_at = $3 where id = $1";
        with_writer!(self, pool =>
            sqlx::query(SQL).bind(id).bind(bound(now)).bind(bound(expires_at)).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Ends the session with this hash. False if there is none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_session(&self, token_hash: &[u8]) -> Result<bool, StoreError> {
        const SQL: &str = "delete from sessions where token_hash = $1";
        let count = with_writer!(self, pool => sqlx::query(SQL).bind(token_hash).execute(pool).await?.rows_affected());
        Ok(count > 0)
    }

    /// Somebody's sessions that have not ended, the last used first; at most 100.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn sessions_of(
        &self,
        user_id: UserId,
        current: i64,
        now: Timestamp,
    ) -> Result<Vec<SessionInfo>, StoreError> {
        const SQL: &str = "\
            select id, user_agent, address, is_remembered, created_at, last_seen_at from sessions \
            where user_id = $1 and expires_at > $2 order by last_seen_at desc, id desc limit 100";
        let rows: Vec<ListedRow> = with_pool!(self, pool =>
            sqlx::query_as(SQL).bind(user_id.0).bind(bound(now)).fetch_all(pool).await?);
        let info = |row: ListedRow| SessionInfo {
            id: row.id,
            user_agent: row.user_agent,
            address: row.address,
            is_remembered: row.is_remembered,
            created_at: timestamp(row.created_at),
            last_seen_at: timestamp(row.last_seen_at),
            is_current: row.id == current,
        };
        Ok(rows.into_iter().map(info).collect())
    }

    /// Ends one session of somebody. False if they have no such session.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_session_of(&self, user_id: UserId, id: i64) -> Result<bool, StoreError> {
        const SQL: &str = "delete from sessions where user_id = $1 and id = $2";
        let count =
            with_writer!(self, pool => sqlx::query(SQL).bind(user_id.0).bind(id).execute(pool).await?.rows_affected());
        Ok(count > 0)
    }

    /// Ends all sessions of somebody but the one named; returns how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_sessions_of(&self, user_id: UserId, but: Option<i64>) -> Result<u64, StoreError> {
        const SQL: &str = "delete from sessions where user_id = $1 and id <> $2";
        // No session has the number 0.
        Ok(with_writer!(self, pool =>
            sqlx::query(SQL).bind(user_id.0).bind(but.unwrap_or(0)).execute(pool).await?.rows_affected()))
    }

    /// Which of these sessions have not ended, each with what its user may do now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn good_sessions(&self, ids: &[i64], now: Timestamp) -> Result<Vec<(i64, Role)>, StoreError> {
        const POSTGRES: &str = "\
            select s.id, u.role from sessions s join users u on u.id = s.user_id \
            where s.id = any($1) and s.expires_at > $2 and not u.is_disabled";
        const SQLITE: &str = "\
            select s.id, u.role from sessions s join users u on u.id = s.user_id \
            where s.id in (select value from json_each($1)) and s.expires_at > $2 and not u.is_disabled";
        let rows: Vec<(i64, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).bind(bound(now)).fetch_all(pool).await?,
            Self::Sqlite(pools) => {
                sqlx::query_as(SQLITE).bind(json_array(ids)).bind(bound(now)).fetch_all(&pools.reader).await?
            }
        };
        rows.into_iter().map(|(id, role)| Ok((id, role_from(&role)?))).collect()
    }

    /// Deletes up to `limit` sessions that have ended; returns how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_ended_sessions(&self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        const SQL: &str = "\
            delete from sessions where id in \
                (select id from sessions where expires_at <= $1 order by expires_at limit $2)";
        Ok(with_writer!(self, pool =>
            sqlx::query(SQL).bind(bound(now)).bind(limit).execute(pool).await?.rows_affected()))
    }
}
