//! Queries of settings.

use std::collections::HashMap;

use app::ids::UserId;
use app::settings::Settings;
use app::time::Timestamp;

use super::time::bound;
use super::user_presence::json_array;
use super::{Store, StoreError, Tx};

/// The settings that a row holds.
fn parsed(user_id: i64, text: &str) -> Result<Settings, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Malformed(format!("the settings of user {user_id}: {error}")))
}

impl Store {
    /// Somebody's settings; the defaults without a row.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn settings(&self, user_id: UserId) -> Result<Settings, StoreError> {
        const SQL: &str = "select settings from user_settings where user_id = $1";
        let text: Option<String> =
            with_pool!(self, pool => sqlx::query_scalar(SQL).bind(user_id.0).fetch_optional(pool).await?);
        text.map_or_else(|| Ok(Settings::default()), |text| parsed(user_id.0, &text))
    }

    /// The settings of the people given, as far as they have chosen anything.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn settings_of(&self, ids: &[UserId]) -> Result<HashMap<UserId, Settings>, StoreError> {
        const POSTGRES: &str = "select user_id, settings from user_settings where user_id = any($1)";
        const SQLITE: &str =
            "select user_id, settings from user_settings where user_id in (select value from json_each($1))";
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<i64> = ids.iter().map(|it| it.0).collect();
        let rows: Vec<(i64, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await?,
            Self::Sqlite(pools) => sqlx::query_as(SQLITE).bind(json_array(&ids)).fetch_all(&pools.reader).await?,
        };
        rows.into_iter().map(|(id, text)| Ok((UserId(id), parsed(id, &text)?))).collect()
    }
}

impl Tx {
    /// Somebody's settings as they are stored; `None` without a row.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn stored_settings(&mut self, user_id: UserId) -> Result<Option<String>, StoreError> {
        const SQL: &str = "select settings from user_settings where user_id = $1";
        Ok(with_tx!(self, connection => sqlx::query_scalar(SQL).bind(user_id.0).fetch_optional(connection).await?))
    }

    /// Stores somebody's settings.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn store_settings(&mut self, user_id: UserId, settings: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "\
            insert into user_settings (user_id, settings, updated_at) values ($1, $2, $3) \
            on conflict (user_id) do update set settings = excluded.settings, updated_at = excluded.updated_at";
        with_tx!(self, connection =>
            sqlx::query(SQL).bind(user_id.0).bind(settings).bind(bound(at)).execute(connection).await.map(drop)?);
        Ok(())
    }
}
