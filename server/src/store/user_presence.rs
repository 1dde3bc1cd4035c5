//! Queries of who is there.

use app::accounts::UserSummary;
use app::ids::UserId;
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::{Store, StoreError, Tx};

/// Somebody who may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineRow {
    /// Who.
    pub user: UserSummary,
    /// Since when, if the table has them as online.
    pub online_since: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    online_since: Option<DateTime<Utc>>,
}

impl From<Row> for OnlineRow {
    fn from(row: Row) -> Self {
        let user = UserSummary { id: UserId(row.id), name: row.name };
        Self { user, online_since: row.online_since.map(timestamp) }
    }
}

impl Tx {
    /// Notes that somebody has come. False if they were there, or have no account.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_online(&mut self, user_id: UserId, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "\
            insert into user_presence \
                (user_id, last_seen, is_online, online_since, last_active_at, created_at, updated_at) \
            select id, $2, true, $2, $2, $2, $2 from users where id = $1 \
            on conflict (user_id) do update \
                set last_seen = excluded.last_seen, is_online = true, online_since = excluded.online_since, \
                    is_away = false, last_active_at = excluded.last_active_at, updated_at = excluded.updated_at \
                where not user_presence.is_online";
        let count = with_tx!(self, connection =>
            sqlx::query(SQL).bind(user_id.0).bind(bound(at)).execute(connection).await?.rows_affected());
        Ok(count > 0)
    }

    /// Notes that somebody has gone. False if they were not there.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_offline(&mut self, user_id: UserId, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "\
            update user_presence set last_seen = $2, is_online = false, online_since = null, updated_at = $2 \
            where user_id = $1 and is_online";
        let count = with_tx!(self, connection =>
            sqlx::query(SQL).bind(user_id.0).bind(bound(at)).execute(connection).await?.rows_affected());
        Ok(count > 0)
    }
}

impl Store {
    /// Up to `limit` people that the table has as online, by number, after the one given.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn online_after(&self, after: UserId, limit: i64) -> Result<Vec<UserId>, StoreError> {
        const SQL: &str = "\
            select user_id from user_presence where is_online and user_id > $1 order by user_id limit $2";
        let ids: Vec<i64> =
            with_pool!(self, pool => sqlx::query_scalar(SQL).bind(after.0).bind(limit).fetch_all(pool).await?);
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// Whether somebody is there without doing anything, or has said that they are away.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn is_away(&self, user_id: UserId) -> Result<bool, StoreError> {
        const SQL: &str = "\
            select is_away or chosen_status = 'away' from user_presence where user_id = $1";
        let is_away: Option<bool> =
            with_pool!(self, pool => sqlx::query_scalar(SQL).bind(user_id.0).fetch_optional(pool).await?);
        Ok(is_away.unwrap_or_default())
    }

    /// Names of the people given, and since when they are there; by name. Who has no account is left out.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn people(&self, ids: &[UserId]) -> Result<Vec<OnlineRow>, StoreError> {
        const POSTGRES: &str = "\
            select u.id, u.name, p.online_since from users u left join user_presence p on p.user_id = u.id \
            where u.id = any($1) order by lower(u.name), u.id";
        const SQLITE: &str = "\
            select u.id, u.name, p.online_since from users u left join user_presence p on p.user_id = u.id \
            where u.id in (select value from json_each($1)) order by lower(u.name), u.id";
        let ids: Vec<i64> = ids.iter().map(|it| it.0).collect();
        let rows: Vec<Row> = match self {
            Self::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await?,
            Self::Sqlite(pools) => sqlx::query_as(SQLITE).bind(json_array(&ids)).fetch_all(&pools.reader).await?,
        };
        Ok(rows.into_iter().map(OnlineRow::from).collect())
    }
}

/// Numbers as SQLite takes a list of them.
pub(super) fn json_array(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}
